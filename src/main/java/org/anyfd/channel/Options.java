package org.anyfd.channel;

import java.io.IOException;
import java.net.SocketOption;
import java.util.Set;

/** Placeholder until the option table lands. */
final class Options {
    static final Options STREAM = new Options();
    static final Options LISTENER = new Options();
    static final Options UNIX_STREAM = new Options();
    static final Options UNIX_LISTENER = new Options();

    static final class Row {
        void check(Object value) {
        }

        void set(int fd, int domain, Object value) throws IOException {
        }

        Object get(int fd, int domain) throws IOException {
            return null;
        }
    }

    Row require(SocketOption<?> name) {
        throw new UnsupportedOperationException("'" + name + "' not supported");
    }

    Set<SocketOption<?>> supported() {
        return Set.of();
    }
}
