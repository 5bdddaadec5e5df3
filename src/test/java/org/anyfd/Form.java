package org.anyfd;

import java.io.IOException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.HashMap;
import java.util.Map;

/** The ways to select: what the selection reported, as ready sets by key. */
enum Form {
    SELECTED_KEYS {
        @Override
        Map<SelectionKey, Integer> select(Selector selector, long millis) throws IOException {
            if (millis == 0) {
                selector.selectNow();
            } else {
                selector.select(millis);
            }
            Map<SelectionKey, Integer> ready = new HashMap<>();
            selector.selectedKeys().forEach(key -> ready.put(key, key.readyOps()));
            selector.selectedKeys().clear();
            return ready;
        }
    },
    ACTION {
        @Override
        Map<SelectionKey, Integer> select(Selector selector, long millis) throws IOException {
            Map<SelectionKey, Integer> ready = new HashMap<>();
            if (millis == 0) {
                selector.selectNow(key -> ready.put(key, key.readyOps()));
            } else {
                selector.select(key -> ready.put(key, key.readyOps()), millis);
            }
            return ready;
        }
    };

    private static final long PATIENCE_MILLIS = 20_000;

    /** @param millis how long it may take; 0 only looks */
    abstract Map<SelectionKey, Integer> select(Selector selector, long millis) throws IOException;

    Map<SelectionKey, Integer> look(Selector selector) throws IOException {
        return select(selector, 0);
    }

    /** What there is as soon as there is anything. */
    Map<SelectionKey, Integer> await(Selector selector) throws IOException {
        long deadline = System.nanoTime() + PATIENCE_MILLIS * 1_000_000;
        Map<SelectionKey, Integer> ready;
        do {
            ready = select(selector, PATIENCE_MILLIS);
        } while (ready.isEmpty() && System.nanoTime() < deadline);
        return ready;
    }
}
