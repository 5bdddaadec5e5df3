package org.anyfd.channel;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Keys whose interest may differ from what the kernel watches, each at most once. Any thread adds, without a lock; the
 * selecting thread takes all.
 *
 * <pre>
 *   idle: null --add: CAS--&gt; queued: END, or an older node --next()--&gt; idle: null
 * </pre>
 *
 * <p>{@link #next} makes a node idle before its caller reads the interest. A thread that changes the interest and then
 * finds the node queued has therefore changed it before that read; one that finds it idle queues it again.
 */
final class UpdateQueue {
    /** What is queued: a part of, and made with, a key. */
    static class Node {
        /**
         * Null if idle. Whoever queued the node hangs it on another, and after the take the selecting thread: each opaquely,
         * for {@link #head} orders the two.
         */
        private volatile Node next;
    }

    /** What the oldest node hangs on. */
    private static final Node END = new Node();

    private static final VarHandle HEAD;
    private static final VarHandle NEXT;

    static {
        try {
            HEAD = MethodHandles.lookup().findVarHandle(UpdateQueue.class, "head", Node.class);
            NEXT = MethodHandles.lookup().findVarHandle(Node.class, "next", Node.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** The newest node; the others hang on it, oldest last. */
    private volatile Node head = END;
    /** Selecting thread only: taken from {@link #head}, oldest first. */
    private Node taken = END;

    /**
     * Queues a node, unless it is.
     *
     * @return whether this call did; while it is under way, a take may pass the node by, which others find queued already
     */
    boolean add(Node node) {
        if (node.next == null && NEXT.compareAndSet(node, null, END)) {
            Node seen = head;
            Node top;
            do {
                top = seen;
                NEXT.setOpaque(node, top);
                seen = (Node) HEAD.compareAndExchange(this, top, node);
            } while (seen != top);
            return true;
        }
        return false;
    }

    /** Takes what is queued now, to be got by {@link #next}. Selecting thread only. */
    void take() {
        if (head == END) {
            return;
        }
        Node newest = (Node) HEAD.getAndSet(this, END);
        Node oldest = taken;
        while (newest != END) {
            Node older = newest.next;
            NEXT.setOpaque(newest, oldest);
            oldest = newest;
            newest = older;
        }
        taken = oldest;
    }

    /** The oldest taken node, idle again, or null. Selecting thread only. */
    Node next() {
        Node node = taken;
        if (node == END) {
            return null;
        }
        taken = node.next;
        node.next = null;
        return node;
    }
}
