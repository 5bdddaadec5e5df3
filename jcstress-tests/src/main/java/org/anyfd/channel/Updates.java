package org.anyfd.channel;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.anyfd.Window;

/** A selector's keys, as far as interests go: changed by any thread, brought in line by the selecting one. */
interface Updates {
    /** Adds operations to a key's interest set and queues the key; whether the selector is to be woken. Any thread. */
    boolean or(int key, int ops);

    /** Arms the queued keys for their interests; returns how many were queued. Selecting thread. */
    int reconcile();

    int armed(int key);

    /** {@link UpdateQueue} and {@link Interest}, used as {@link NativeSelectionKey} and {@link NativeSelector} do. */
    final class Real implements Updates {
        private final UpdateQueue queue = new UpdateQueue();
        private final Interest[] interests;
        private final int[] armed;

        Real(int keys) {
            interests = new Interest[keys];
            for (int i = 0; i < keys; i++) {
                interests[i] = new Interest(null, 0);
            }
            armed = new int[keys];
        }

        @Override
        public boolean or(int key, int ops) {
            return queue.link(interests[key], interests[key].getAndOr(ops));
        }

        @Override
        public int reconcile() {
            int count = 0;
            queue.take();
            for (UpdateQueue.Node node = queue.next(); node != null; node = queue.next()) {
                armed[node == interests[0] ? 0 : 1] = ((Interest) node).ops();
                count++;
            }
            return count;
        }

        @Override
        public int armed(int key) {
            return armed[key];
        }
    }

    /** The right thing, but that it never says that the selector is to be woken; each other twin below does one step wrong. */
    abstract class Copy implements Updates {
        static final class Key {
            final AtomicInteger interest = new AtomicInteger();
            final AtomicBoolean queued = new AtomicBoolean();
            Key next;
            int armed;
        }

        final AtomicReference<Key> head = new AtomicReference<>();
        private final Key[] keys;

        Copy(int count) {
            keys = new Key[count];
            for (int i = 0; i < count; i++) {
                keys[i] = new Key();
            }
        }

        @Override
        public boolean or(int key, int ops) {
            keys[key].interest.getAndUpdate(old -> old | ops);
            if (mark(keys[key])) {
                push(keys[key]);
            }
            return false;
        }

        boolean mark(Key key) {
            return key.queued.compareAndSet(false, true);
        }

        void push(Key key) {
            do {
                key.next = head.get();
            } while (!head.compareAndSet(key.next, key));
        }

        Key takeAll() {
            return head.getAndSet(null);
        }

        void arm(Key key) {
            key.queued.set(false);
            key.armed = key.interest.get();
        }

        @Override
        public int reconcile() {
            int count = 0;
            Key next;
            // A broken list may be a ring.
            for (Key key = takeAll(); key != null && count < 4; key = next, count++) {
                next = key.next;
                arm(key);
            }
            return count;
        }

        @Override
        public int armed(int key) {
            return keys[key].armed;
        }
    }

    /** Broken: a change between the look at the interest and the clearing of the mark is not queued, and not seen. */
    final class IdleTooLate extends Copy {
        IdleTooLate(int count) {
            super(count);
        }

        @Override
        void arm(Key key) {
            key.armed = key.interest.get();
            Window.widen();
            key.queued.set(false);
        }
    }

    /** Broken: two threads find the key idle, and both queue it. */
    final class LookThenQueue extends Copy {
        LookThenQueue(int count) {
            super(count);
        }

        @Override
        boolean mark(Key key) {
            boolean idle = !key.queued.get();
            Window.widen();
            key.queued.set(true);
            return idle;
        }
    }

    /** Broken: two threads find the same head, and the later one pushes the other's key off the list. */
    final class LookThenPush extends Copy {
        LookThenPush(int count) {
            super(count);
        }

        @Override
        void push(Key key) {
            key.next = head.get();
            Window.widen();
            head.set(key);
        }
    }

    /** Broken: a key that is pushed between the look and the clearing is forgotten. */
    final class LookThenTake extends Copy {
        LookThenTake(int count) {
            super(count);
        }

        @Override
        Key takeAll() {
            Key all = head.get();
            Window.widen();
            head.set(null);
            return all;
        }
    }

    /** Broken: whoever finds the key marked counts on a take that may come before the push. */
    final class NobodyWakes extends Copy {
        NobodyWakes(int count) {
            super(count);
        }

        @Override
        void push(Key key) {
            Window.widen();
            super.push(key);
        }
    }
}
