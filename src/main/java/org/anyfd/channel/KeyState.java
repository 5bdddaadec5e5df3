package org.anyfd.channel;

import java.nio.channels.SelectableChannel;

/**
 * Internal. A key as it was at some moment.
 *
 * @param fd the number that the selector watches
 * @param armed the events that the kernel watches
 * @param idleNanos how long it was not ready, as far as is known; -1 as long as {@link OpenSelectors#time} was not called
 */
public record KeyState(SelectableChannel channel, int fd, int interest, int armed, int ready, long idleNanos) {
}
