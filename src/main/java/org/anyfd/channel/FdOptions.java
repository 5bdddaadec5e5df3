package org.anyfd.channel;

import java.io.IOException;
import java.net.SocketOption;
import java.nio.channels.ClosedChannelException;
import org.anyfd.poll.Fd;

/**
 * The options of one socket: the table of its kind, and the number that they are set on. Any thread may call any method.
 */
record FdOptions(Options table, Family family, Fd fd) {
    /**
     * Sets an option.
     *
     * @return the option's row
     * @throws ClosedChannelException if the descriptor is closed
     */
    Options.Row set(SocketOption<?> name, Object value) throws IOException {
        Options.Row row = table.require(name);
        row.check(value);
        Numbered.use(fd, number -> row.set(number, family.domain(), value));
        return row;
    }

    /** @throws ClosedChannelException if the descriptor is closed */
    @SuppressWarnings("unchecked") // the row's value is of the option's type
    <T> T get(SocketOption<T> name) throws IOException {
        Options.Row row = table.require(name);
        Object[] value = new Object[1];
        Numbered.use(fd, number -> value[0] = row.get(number, family.domain()));
        return (T) value[0];
    }
}
