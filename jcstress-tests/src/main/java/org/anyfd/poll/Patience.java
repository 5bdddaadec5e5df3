package org.anyfd.poll;

import java.io.IOException;
import java.io.UncheckedIOException;
import org.anyfd.Termination;
import org.anyfd.Window;
import org.anyfd.sys.Consts;
import org.anyfd.sys.Layouts;
import org.anyfd.sys.Scratch;
import org.anyfd.sys.Sys;

/**
 * What the twins with real descriptors wait in: poll(2) on a {@link Waker}. A wait that should last for ever is given
 * up soon with an exception, which jcstress counts as ERROR: a twin that hung in earnest would cost half a minute each
 * time.
 */
public final class Patience implements AutoCloseable {
    /** Longer than a thread has to wait for a processor, and short, for each twin waits for so long a few times. */
    public static final int MILLIS = 400;

    private final Waker waker;

    public Patience() {
        try {
            waker = Waker.open();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Any thread. */
    public void wake() {
        waker.signal();
    }

    /** Waits for a wake. */
    public void await() throws IOException {
        Scratch scratch = Scratch.take();
        try {
            scratch.small().putInt(Layouts.POLLFD_FD, waker.number());
            scratch.small().putShort(Layouts.POLLFD_EVENTS, (short) Consts.POLLIN);
            scratch.small().putShort(Layouts.POLLFD_REVENTS, (short) 0);
            if (Sys.poll(scratch.smallAddress(), 1, MILLIS) == 0) {
                throw new IOException("nobody woke the thread");
            }
        } finally {
            scratch.give();
        }
        waker.drain();
    }

    /** Forgets the wakes so far. */
    public void forget() {
        waker.drain();
    }

    @Override
    public void close() {
        waker.close();
    }

    /** A selection with {@link Gate.TwoFlags} for a gate. */
    public static final class WithTwoFlags implements AutoCloseable {
        private final Gate gate = new Gate.TwoFlags(Window::widenFar);
        private final Patience patience = new Patience();

        public void select() throws IOException {
            if (gate.enter()) {
                patience.await();
            }
            gate.leave();
        }

        public void wakeup() {
            if (gate.signal()) {
                patience.wake();
            }
        }

        @Override
        public void close() {
            patience.close();
        }
    }

    /** A blocking operation with {@link Latch.TwoSteps} for a latch, and its end. */
    public abstract static class WithTwoSteps extends Termination {
        private final Latch latch = new Latch.TwoSteps(Window::widenFar);
        private final Patience patience = new Patience();
        private volatile boolean open = true;

        public void actor() throws IOException {
            arrive();
            CloseLatch.Waiter waiter = patience::wake;
            try (patience) {
                while (open && latch.enter(waiter)) {
                    patience.await();
                    latch.leave(waiter);
                }
            }
        }

        public void signal() {
            arrive();
            open = false;
            latch.close();
        }
    }

    /** A blocking operation whose thread looks whether it is interrupted, and then waits, and the interrupt. */
    public abstract static class LookThenWait extends Termination {
        private final Patience patience = new Patience();

        public void actor() throws IOException {
            arrive();
            try (patience) {
                if (!Thread.currentThread().isInterrupted()) {
                    Window.widenFar();
                    patience.await();
                }
            }
        }

        public void signal(Thread actor) {
            arrive();
            interrupt(actor);
        }
    }
}
