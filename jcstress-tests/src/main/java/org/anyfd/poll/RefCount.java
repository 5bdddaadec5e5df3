package org.anyfd.poll;

import org.anyfd.Window;

/** What {@link Refs} does, by it and by a twin. */
interface RefCount {
    boolean acquire();

    boolean release();

    boolean close();

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
    }

    /** Broken: a flag and a count, each volatile, and every change of them in two steps. */
    final class TwoSteps implements RefCount {
        private volatile boolean closed;
        private volatile int count = 1;

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
            return closed && left == 0;
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
    }
}
