package org.anyfd.poll;

import java.io.IOException;
import org.anyfd.Window;
import org.anyfd.sys.Consts;
import org.anyfd.sys.Layouts;
import org.anyfd.sys.Scratch;
import org.anyfd.sys.Sys;

/**
 * What the twins with real descriptors wait in: poll(2) on a {@link Waker} and, if there is one, a descriptor. A wait
 * that should last for ever is given up soon with an exception, which jcstress counts as ERROR: a twin that hung in
 * earnest would cost half a minute each time.
 */
public final class Patience implements AutoCloseable {
    /** Longer than a thread has to wait for a processor, and short, for each twin waits for so long a few times. */
    public static final int MILLIS = 400;

    private final Waker waker;

    public Patience() throws IOException {
        waker = Waker.open();
    }

    /** Any thread. */
    public void wake() {
        waker.signal();
    }

    /** Waits until there is something to be read from the descriptor, or a wake. */
    public void await(int fd) throws IOException {
        Scratch scratch = Scratch.take();
        try {
            put(scratch, 0, fd);
            put(scratch, 1, waker.number());
            if (Sys.poll(scratch.smallAddress(), 2, MILLIS) == 0) {
                throw new IOException("nobody woke the thread");
            }
        } finally {
            scratch.give();
        }
        waker.drain();
    }

    /** Waits for a wake. */
    public void await() throws IOException {
        await(-1);
    }

    /** Forgets the wakes so far. */
    public void forget() {
        waker.drain();
    }

    private static void put(Scratch scratch, int index, int fd) {
        scratch.small().putInt(index * Layouts.POLLFD + Layouts.POLLFD_FD, fd);
        scratch.small().putShort(index * Layouts.POLLFD + Layouts.POLLFD_EVENTS, (short) Consts.POLLIN);
        scratch.small().putShort(index * Layouts.POLLFD + Layouts.POLLFD_REVENTS, (short) 0);
    }

    @Override
    public void close() {
        waker.close();
    }

    /** A selection with {@link Gate.TwoFlags} for a gate. */
    public static final class WithTwoFlags implements AutoCloseable {
        private final Gate gate = new Gate.TwoFlags(Window::widenFar);
        private final Patience patience;

        public WithTwoFlags() throws IOException {
            patience = new Patience();
        }

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

    /** A blocking operation with {@link Latch.TwoSteps} for a latch. */
    public static final class WithTwoSteps implements AutoCloseable {
        private final Latch latch = new Latch.TwoSteps(Window::widenFar);
        private final Patience patience;
        private volatile boolean open = true;

        public WithTwoSteps() throws IOException {
            patience = new Patience();
        }

        /** Blocks on a descriptor that has nothing to be read, until {@link #end}. */
        public void operate(int fd) throws IOException {
            CloseLatch.Waiter waiter = patience::wake;
            while (open && latch.enter(waiter)) {
                patience.await(fd);
                latch.leave(waiter);
            }
        }

        /** Any thread. */
        public void end() {
            open = false;
            latch.close();
        }

        @Override
        public void close() {
            patience.close();
        }
    }
}
