package org.anyfd.poll;

import java.util.concurrent.atomic.AtomicInteger;
import org.anyfd.Window;

/** What {@link WakeupGate} does, by it and by twins. */
interface Gate {
    boolean signal();

    boolean enter();

    boolean leave();

    void close();

    final class Real implements Gate {
        private final WakeupGate gate = new WakeupGate();

        @Override
        public boolean signal() {
            return gate.signal();
        }

        @Override
        public boolean enter() {
            return gate.enter();
        }

        @Override
        public boolean leave() {
            return gate.leave();
        }

        @Override
        public void close() {
            gate.close();
        }
    }

    /** Broken: what one word says is said by two, so that each side can miss what the other has just said. */
    final class TwoFlags implements Gate {
        private volatile boolean signalled;
        private volatile boolean blocked;
        private final Runnable window;

        TwoFlags(Runnable window) {
            this.window = window;
        }

        @Override
        public boolean signal() {
            signalled = true;
            return blocked;
        }

        @Override
        public boolean enter() {
            if (signalled) {
                return false;
            }
            window.run();
            blocked = true;
            return true;
        }

        @Override
        public boolean leave() {
            blocked = false;
            boolean consumed = signalled;
            signalled = false;
            return consumed;
        }

        @Override
        public void close() {
            signalled = true;
        }
    }

    /** The right thing; each twin below does one step of it wrong. */
    abstract class Copy implements Gate {
        static final int RUNNING = 0;
        static final int BLOCKED = 1;
        static final int SIGNALLED = 2;

        final AtomicInteger state = new AtomicInteger(RUNNING);

        @Override
        public boolean signal() {
            return state.getAndSet(SIGNALLED) == BLOCKED;
        }

        @Override
        public boolean enter() {
            return state.compareAndSet(RUNNING, BLOCKED);
        }

        @Override
        public boolean leave() {
            return state.getAndSet(RUNNING) == SIGNALLED;
        }

        @Override
        public void close() {
            throw new UnsupportedOperationException();
        }
    }

    /** Broken: a signal between the look and the clearing is forgotten. */
    final class ReadThenClear extends Copy {
        @Override
        public boolean leave() {
            boolean consumed = state.get() == SIGNALLED;
            Window.widen();
            state.set(RUNNING);
            return consumed;
        }
    }

    /** Broken: two threads look, and both find that the call is theirs to make. */
    final class LookThenSignal extends Copy {
        @Override
        public boolean signal() {
            boolean call = state.get() == BLOCKED;
            Window.widen();
            state.set(SIGNALLED);
            return call;
        }
    }

    /** Broken: a signal behind another only reads, which does not order the caller's writes before it. */
    final class ElidedSignal extends Copy {
        @Override
        public boolean signal() {
            return state.get() != SIGNALLED && super.signal();
        }
    }

    /** Broken: the close is a state like the others, which a later signal overwrites. */
    final class ClosedOverwritten extends Copy {
        private static final int CLOSED = 3;

        @Override
        public boolean leave() {
            return state.get() == CLOSED || super.leave();
        }

        @Override
        public void close() {
            state.set(CLOSED);
        }
    }
}
