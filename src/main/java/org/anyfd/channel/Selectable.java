package org.anyfd.channel;

import org.anyfd.poll.Fd;

/**
 * Internal. What a selector needs of a channel: its descriptor, and what NIO's operations mean for it in terms of
 * poll(2) events. Called by the selecting thread while other threads use the channel.
 */
public interface Selectable {
    Fd fd();

    /**
     * The channel's own reads and writes, if nothing else makes it cease to be ready: then a selector may watch it
     * edge-triggered, and notes that there. Else null.
     */
    default Io soleIo() {
        return null;
    }

    /** Says that another process is given the same file: what is done to the file itself would be done to its, too. */
    default void passed() {
    }

    /** The events to watch for the operations in {@code interest}, as the channel is now. */
    default int eventsFor(int interest) {
        return Ops.events(interest);
    }

    /**
     * The operations ready, given the events there are. May have bits that are not in {@code interest}, for which
     * alone a key is not selected.
     */
    default int readyFor(int events, int interest) {
        return Ops.ready(events, interest);
    }
}
