package org.anyfd.channel;

/**
 * A key's interest set, changed atomically by any thread, and its place in the update queue. A change marks it as queued,
 * unless it changes nothing; what it returns is for {@link #ops(int)}, and for {@link UpdateQueue#link}.
 */
final class Interest extends UpdateQueue.Node {
    final NativeSelectionKey key;

    Interest(NativeSelectionKey key, int ops) {
        this.key = key;
        this.word = ops & OWN;
    }

    int ops() {
        return word & OWN;
    }

    /** The operations before a change. */
    static int ops(int changed) {
        return changed & OWN;
    }

    int getAndSet(int newOps) {
        return change(0, newOps);
    }

    int getAndOr(int mask) {
        return change(-1, mask);
    }

    int getAndAnd(int mask) {
        return change(mask, 0);
    }

    /** @throws IllegalArgumentException if the operations would not go together */
    private int change(int kept, int added) {
        int seen;
        int ops;
        do {
            seen = word;
            ops = (seen & kept | added) & OWN;
            if ((added & Ops.EXTENDED) != 0) {
                Ops.requireCompatible(ops);
            }
            // Idle, and the same. Setting the interest has a one-shot key watched again, also if it stays the same; of one that is
            // queued this thread may count on the change of another, which still has to link it.
            if (ops == seen && (ops & Ops.ONESHOT) == 0) {
                return seen | UpdateQueue.QUEUED;
            }
        } while (!mark(seen, ops));
        return seen;
    }
}
