package org.anyfd.channel;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Keys whose interest may differ from what the kernel watches, each at most once. Any thread adds, without a lock; the
 * selecting thread takes all.
 *
 * <pre>
 *   node:   idle --add: CAS--&gt; queued --next()--&gt; idle
 * </pre>
 *
 * <p>{@link #next} makes a node idle before its caller reads the interest. A thread that changes the interest and then
 * finds the node queued has therefore changed it before that read; one that finds it idle queues it again.
 */
final class UpdateQueue {
    /** What is queued: a part of, and made with, a key. */
    static class Node {
        private volatile boolean queued;
        /** Written by the thread that made {@link #queued} true; read by the selecting thread before it makes it false. */
        private Node next;
    }

    private static final VarHandle HEAD;
    private static final VarHandle QUEUED;

    static {
        try {
            HEAD = MethodHandles.lookup().findVarHandle(UpdateQueue.class, "head", Node.class);
            QUEUED = MethodHandles.lookup().findVarHandle(Node.class, "queued", boolean.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** The newest node; the others hang on it, oldest last. */
    private volatile Node head;
    /** Selecting thread only: taken from {@link #head}, oldest first. */
    private Node taken;

    void add(Node node) {
        if (!node.queued && QUEUED.compareAndSet(node, false, true)) {
            Node seen = head;
            Node top;
            do {
                top = seen;
                node.next = top;
                seen = (Node) HEAD.compareAndExchange(this, top, node);
            } while (seen != top);
        }
    }

    /** Takes what is queued now, to be got by {@link #next}. Selecting thread only. */
    void take() {
        if (head == null) {
            return;
        }
        Node newest = (Node) HEAD.getAndSet(this, null);
        Node oldest = taken;
        while (newest != null) {
            Node older = newest.next;
            newest.next = oldest;
            oldest = newest;
            newest = older;
        }
        taken = oldest;
    }

    /** The oldest taken node, idle again, or null. Selecting thread only. */
    Node next() {
        Node node = taken;
        if (node != null) {
            taken = node.next;
            node.next = null;
            node.queued = false;
        }
        return node;
    }
}
