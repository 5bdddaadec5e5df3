package org.anyfd.channel;

import java.nio.channels.Pipe;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.Iterator;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.anyfd.Window;

/**
 * Two channels, A and B, that are ready, and a selected-key set that has A in it, from which a program takes keys while
 * a thread selects: under the set's monitor, as the javadoc of Selector has it.
 */
interface Picks {
    /** Selects into the set. */
    void select();

    /** Selects for an action; how often it was called. */
    int selectForAction();

    /** Takes all keys out of the set; how many. */
    int takeAll();

    /** How many are in the set. Ends everything. */
    int left();

    final class Real implements Picks {
        private final Selector selector = Fixtures.selector();
        private final Pipe a = Fixtures.pipe();
        private final Pipe b = Fixtures.pipe();

        Real() {
            Fixtures.register(selector, a.sink(), SelectionKey.OP_WRITE);
            select();
            Fixtures.register(selector, b.sink(), SelectionKey.OP_WRITE);
        }

        @Override
        public void select() {
            Fixtures.make(selector::selectNow);
        }

        @Override
        public int selectForAction() {
            AtomicInteger calls = new AtomicInteger();
            Fixtures.make(() -> selector.selectNow(key -> calls.incrementAndGet()));
            return calls.get();
        }

        @Override
        public int takeAll() {
            Set<SelectionKey> selected = selector.selectedKeys();
            synchronized (selected) {
                return Picks.takeAll(selected.iterator());
            }
        }

        @Override
        public int left() {
            int left = selector.selectedKeys().size();
            Fixtures.close(selector, a.source(), a.sink(), b.source(), b.sink());
            return left;
        }
    }

    /** Broken: nobody takes a lock, and a selection for an action goes by way of the set. */
    final class Unlocked implements Picks {
        private final Set<String> selected = ConcurrentHashMap.newKeySet();

        Unlocked() {
            selected.add("A");
        }

        @Override
        public void select() {
            selected.add("A");
            Window.widen();
            selected.add("B");
        }

        @Override
        public int selectForAction() {
            select();
            Window.widen();
            int calls = Picks.takeAll(selected.iterator());
            selected.add("A");
            return calls;
        }

        @Override
        public int takeAll() {
            return Picks.takeAll(selected.iterator());
        }

        @Override
        public int left() {
            return selected.size();
        }
    }

    private static int takeAll(Iterator<?> selected) {
        int taken = 0;
        while (selected.hasNext()) {
            selected.next();
            selected.remove();
            taken++;
        }
        return taken;
    }
}
