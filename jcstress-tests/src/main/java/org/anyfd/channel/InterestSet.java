package org.anyfd.channel;

import org.anyfd.Window;

/** What {@link Interest} does, by it and by a twin. */
interface InterestSet {
    int get();

    int getAndSet(int ops);

    int getAndOr(int mask);

    int getAndAnd(int mask);

    final class Real implements InterestSet {
        private final Interest interest;

        Real(int ops) {
            interest = new Interest(null, ops);
        }

        @Override
        public int get() {
            return interest.ops();
        }

        @Override
        public int getAndSet(int ops) {
            return Interest.ops(interest.getAndSet(ops));
        }

        @Override
        public int getAndOr(int mask) {
            return Interest.ops(interest.getAndOr(mask));
        }

        @Override
        public int getAndAnd(int mask) {
            return Interest.ops(interest.getAndAnd(mask));
        }
    }

    /** Broken: volatile, but changed in two steps. */
    final class GetThenSet implements InterestSet {
        private volatile int ops;

        GetThenSet(int ops) {
            this.ops = ops;
        }

        @Override
        public int get() {
            return ops;
        }

        @Override
        public int getAndSet(int newOps) {
            int before = ops;
            Window.widen();
            ops = newOps;
            return before;
        }

        @Override
        public int getAndOr(int mask) {
            int before = ops;
            Window.widen();
            ops = before | mask;
            return before;
        }

        @Override
        public int getAndAnd(int mask) {
            int before = ops;
            Window.widen();
            ops = before & mask;
            return before;
        }
    }
}
