package org.anyfd.poll;

import org.anyfd.Window;

/** What {@link Refs} does, by it and by a twin. */
interface RefCount {
    boolean acquire();

    boolean release();

    boolean close();

    boolean isOpen();

    /** Of one direction. */
    boolean hold();

    boolean letGo();

    final class Real implements RefCount {
        private final Refs refs = new Refs();

        @Override
        public boolean acquire() {
            return refs.acquire();
        }

        @Override
        public boolean release() {
            return refs.drop();
        }

        @Override
        public boolean close() {
            return refs.end();
        }

        @Override
        public boolean isOpen() {
            return refs.isOpen();
        }

        @Override
        public boolean hold() {
            return refs.hold(Refs.READING);
        }

        @Override
        public boolean letGo() {
            return refs.letGo(Refs.READING);
        }
    }

    /** Broken: a flag and a count, each volatile, and every change of them in two steps. */
    final class TwoSteps implements RefCount {
        private volatile boolean closed;
        private volatile int count = 1;
        private volatile boolean held;
        private volatile boolean freed;

        @Override
        public boolean acquire() {
            if (closed) {
                return false;
            }
            Window.widen();
            count = count + 1;
            return true;
        }

        @Override
        public boolean release() {
            int left = count - 1;
            Window.widen();
            count = left;
            return last();
        }

        @Override
        public boolean close() {
            if (closed) {
                return false;
            }
            Window.widen();
            closed = true;
            return true;
        }

        @Override
        public boolean isOpen() {
            return !closed;
        }

        @Override
        public boolean hold() {
            if (held) {
                return false;
            }
            Window.widen();
            held = true;
            return true;
        }

        @Override
        public boolean letGo() {
            held = false;
            return last();
        }

        private boolean last() {
            if (freed || !closed || count > 0 || held) {
                return false;
            }
            Window.widen();
            freed = true;
            return true;
        }
    }
}
