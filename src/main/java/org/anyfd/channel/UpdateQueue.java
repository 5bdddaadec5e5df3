package org.anyfd.channel;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Keys whose interest may differ from what the kernel watches, each at most once. Any thread adds, without a lock; the
 * selecting thread takes all.
 *
 * <pre>
 *   idle --mark--&gt; QUEUED, to be linked by the same thread --another's mark--&gt; QUEUED and CONTESTED
 *   QUEUED, CONTESTED or not --next()--&gt; idle
 * </pre>
 *
 * <p>The marks are in one word with the interest. {@link #next} makes a node idle before its caller reads the interest: a
 * change that finds the node queued is therefore in that read; one that finds it idle queues it again.
 *
 * <p>A take passes by a node that is marked and not linked yet, though another thread that changed it since may count on
 * that take. That thread has made the node contested before; the one that links it looks behind, and has the selector woken.
 */
final class UpdateQueue {
    static final int QUEUED = 1 << 30;
    private static final int CONTESTED = 1 << 31;

    /** What is queued: a part of, and made with, a key. */
    static class Node {
        /** The bits of {@link #word} that are the subclass's. */
        static final int OWN = ~(QUEUED | CONTESTED);

        private static final VarHandle WORD;

        static {
            try {
                WORD = MethodHandles.lookup().findVarHandle(Node.class, "word", int.class);
            } catch (ReflectiveOperationException e) {
                throw new ExceptionInInitializerError(e);
            }
        }

        /** Whether the node is queued, and what is the subclass's. */
        volatile int word;
        /** What it hangs on: written by whoever links it, and after the take by the selecting thread. */
        private Node next;

        /** Sets the own bits and marks the node as queued, if the word is as it was seen: see {@link #link}. */
        final boolean mark(int seen, int own) {
            int marks = (seen & QUEUED) == 0 ? QUEUED : QUEUED | CONTESTED;
            return WORD.compareAndSet(this, seen, own & OWN | marks);
        }

        private void idle() {
            next = null;
            WORD.getAndBitwiseAnd(this, OWN);
        }
    }

    /** What the oldest node hangs on. */
    private static final Node END = new Node();

    private static final VarHandle HEAD;

    static {
        try {
            HEAD = MethodHandles.lookup().findVarHandle(UpdateQueue.class, "head", Node.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** The newest node; the others hang on it, oldest last. */
    private volatile Node head = END;
    /** Selecting thread only: taken from {@link #head}, oldest first. */
    private Node taken = END;

    /** Queues a node, unless it is; returns as {@link #link}. */
    boolean add(Node node) {
        int seen;
        do {
            seen = node.word;
        } while (!node.mark(seen, seen));
        return link(node, seen);
    }

    /**
     * Does what {@link Node#mark} leaves to do.
     *
     * @param seen the word that was seen then; if QUEUED, nothing is left
     * @return whether the selector is to be woken: a selection may have begun without the node, though another thread has
     *     changed it before, and then woken the selector or selected itself
     */
    boolean link(Node node, int seen) {
        if ((seen & QUEUED) != 0) {
            return false;
        }
        Node found = head;
        Node top;
        do {
            top = found;
            node.next = top;
            found = (Node) HEAD.compareAndExchange(this, top, node);
        } while (found != top);
        return (node.word & CONTESTED) != 0;
    }

    /** Takes what is linked now, to be got by {@link #next}. Selecting thread only. */
    void take() {
        if (head == END) {
            return;
        }
        Node newest = (Node) HEAD.getAndSet(this, END);
        Node oldest = taken;
        while (newest != END) {
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
        if (node == END) {
            return null;
        }
        taken = node.next;
        node.idle();
        return node;
    }
}
