package org.anyfd.channel;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The options that a program has set on a socket before it bound it, kept for the case that the bind takes another socket
 * ({@link PassedFds}). One channel's; any thread may call any method.
 */
final class EarlyOptions {
    /** Guarded by its monitor; null if nothing need be kept. */
    private final Map<Options.Row, Object> values = PassedFds.TAKEN_BY_BIND ? new LinkedHashMap<>() : null;

    void set(Options.Row row, Object value) {
        if (values != null) {
            synchronized (values) {
                values.put(row, value);
            }
        }
    }

    /** Sets them on a socket, whose number stays open during the call. */
    void apply(int number, Family family) throws IOException {
        synchronized (values) {
            for (Map.Entry<Options.Row, Object> option : values.entrySet()) {
                option.getKey().set(number, family.domain(), option.getValue());
            }
        }
    }
}
