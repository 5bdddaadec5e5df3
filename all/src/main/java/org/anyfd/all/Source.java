package org.anyfd.all;

import java.io.IOException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;

/** Something that is watched. */
interface Source {
    /** What happens when its channel is ready. */
    interface Handler {
        /**
         * Prints what has happened, and takes it out of the channel; closes the channel if that was all.
         *
         * @return one more thing to watch from now on, or null
         * @throws IOException if it cannot be watched any longer
         */
        Source happened(SelectionKey key, Lines lines) throws IOException;
    }

    String name();

    /** What is said of it at the beginning. */
    String state();

    SelectableChannel channel();

    int ops();

    Source happened(SelectionKey key, Lines lines) throws IOException;

    static Source of(String name, String state, SelectableChannel channel, int ops, Handler handler) {
        record Handled(String name, String state, SelectableChannel channel, int ops, Handler handler) implements Source {
            @Override
            public Source happened(SelectionKey key, Lines lines) throws IOException {
                return handler.happened(key, lines);
            }
        }
        return new Handled(name, state, channel, ops, handler);
    }
}
