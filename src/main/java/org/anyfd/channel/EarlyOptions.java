package org.anyfd.channel;

import java.io.IOException;
import java.net.SocketOption;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The options that a program has set on a socket, kept for the case that the bind takes another socket
 * ({@link PassedFds}). One channel's; any thread may call any method.
 */
final class EarlyOptions {
    /** Guarded by its monitor; null if nothing need be kept. */
    private final Map<Options.Row, Object> values = PassedFds.TAKEN_BY_BIND ? new LinkedHashMap<>() : null;

    /**
     * Sets an option of the channel's socket, whichever that is, and keeps it.
     *
     * @throws java.nio.channels.ClosedChannelException if the channel is closed
     */
    void set(FdOptions options, SocketOption<?> name, Object value) throws IOException {
        if (values == null) {
            options.set(name, value);
            return;
        }
        synchronized (values) {
            values.put(options.set(name, value), value);
        }
    }

    /** A {@link PassedFds.HandOver}. */
    void handOver(int number, Family family, PassedFds.Change change) throws IOException {
        synchronized (values) {
            for (Map.Entry<Options.Row, Object> option : values.entrySet()) {
                option.getKey().set(number, family.domain(), option.getValue());
            }
            change.run();
        }
    }
}
