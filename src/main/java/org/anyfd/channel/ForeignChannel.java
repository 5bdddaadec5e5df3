package org.anyfd.channel;

import jnr.enxio.channels.NativeSelectableChannel;
import org.anyfd.poll.Fd;

/**
 * A channel of another library that says which fd it is, such as those of jnr-enxio and jnr-unixsocket. Its fd is
 * borrowed: the library closes it when it likes, and the key goes when the channel's close cancels it.
 */
record ForeignChannel(Fd fd) implements Selectable {
    ForeignChannel(NativeSelectableChannel channel) {
        this(Fd.borrow(channel.getFD()));
    }
}
