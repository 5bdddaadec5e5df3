package org.anyfd.channel;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/** A key's interest set, changed atomically by any thread, and its place in the update queue. */
final class Interest extends UpdateQueue.Node {
    private static final VarHandle OPS;

    static {
        try {
            OPS = MethodHandles.lookup().findVarHandle(Interest.class, "ops", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    final NativeSelectionKey key;
    private volatile int ops;

    Interest(NativeSelectionKey key, int ops) {
        this.key = key;
        this.ops = ops;
    }

    int ops() {
        return ops;
    }

    int getAndSet(int newOps) {
        return (int) OPS.getAndSet(this, newOps);
    }

    boolean compareAndSet(int oldOps, int newOps) {
        return OPS.compareAndSet(this, oldOps, newOps);
    }

    int getAndOr(int mask) {
        return (int) OPS.getAndBitwiseOr(this, mask);
    }

    int getAndAnd(int mask) {
        return (int) OPS.getAndBitwiseAnd(this, mask);
    }
}
