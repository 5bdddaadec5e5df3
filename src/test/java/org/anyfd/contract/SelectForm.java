package org.anyfd.contract;

import java.io.IOException;
import java.nio.channels.Selector;

/** The six ways to run a selection. Those that block would do so for longer than any test may take. */
enum SelectForm {
    SELECT {
        @Override
        int on(Selector selector) throws IOException {
            return selector.select();
        }
    },
    SELECT_TIMEOUT {
        @Override
        int on(Selector selector) throws IOException {
            return selector.select(LONG_MILLIS);
        }
    },
    SELECT_CONSUMER {
        @Override
        int on(Selector selector) throws IOException {
            return selector.select(key -> {});
        }
    },
    SELECT_CONSUMER_TIMEOUT {
        @Override
        int on(Selector selector) throws IOException {
            return selector.select(key -> {}, LONG_MILLIS);
        }
    },
    NOW {
        @Override
        int on(Selector selector) throws IOException {
            return selector.selectNow();
        }
    },
    NOW_CONSUMER {
        @Override
        int on(Selector selector) throws IOException {
            return selector.selectNow(key -> {});
        }
    };

    private static final long LONG_MILLIS = 600_000;

    abstract int on(Selector selector) throws IOException;
}
