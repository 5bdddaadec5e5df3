package org.anyfd.fd;

import java.io.IOException;
import org.anyfd.testing.Descriptors;
import org.anyfd.testing.Raw;

/**
 * Descriptors that bytes flow through, with O_NONBLOCK off, as another program would hand them over: {@code near} is the
 * one to be adopted, {@code far} the one at the other end.
 */
enum Kind {
    PIPE_READER(true, false) {
        @Override
        Raw.Pair make(Descriptors fds) throws IOException {
            return fds.pipe();
        }
    },
    PIPE_WRITER(false, true) {
        @Override
        Raw.Pair make(Descriptors fds) throws IOException {
            return swapped(fds.pipe());
        }
    },
    SOCKET(true, true) {
        @Override
        Raw.Pair make(Descriptors fds) throws IOException {
            return fds.sockets();
        }
    },
    TERMINAL(true, true) {
        @Override
        Raw.Pair make(Descriptors fds) throws IOException {
            return swapped(fds.pty());
        }
    },
    PTY_MASTER(true, true) {
        @Override
        Raw.Pair make(Descriptors fds) throws IOException {
            return fds.pty();
        }
    };

    final boolean readable;
    final boolean writable;

    Kind(boolean readable, boolean writable) {
        this.readable = readable;
        this.writable = writable;
    }

    static Kind[] readers() {
        return new Kind[] {PIPE_READER, SOCKET, TERMINAL, PTY_MASTER};
    }

    static Kind[] writers() {
        return new Kind[] {PIPE_WRITER, SOCKET, TERMINAL, PTY_MASTER};
    }

    /** Near end first. */
    abstract Raw.Pair make(Descriptors fds) throws IOException;

    /** Near end first, with a number that nobody else is given when it is closed. */
    Raw.Pair open(Descriptors fds) throws IOException {
        Raw.Pair pair = make(fds);
        return new Raw.Pair(fds.aside(pair.first()), pair.second());
    }

    private static Raw.Pair swapped(Raw.Pair pair) {
        return new Raw.Pair(pair.second(), pair.first());
    }

    /** How a channel comes by its descriptor. */
    enum Adopting {
        OWN {
            @Override
            FdChannel adopt(Descriptors fds, int number) throws IOException {
                return fds.own(number);
            }
        },
        BORROW {
            @Override
            FdChannel adopt(Descriptors fds, int number) throws IOException {
                return fds.borrow(number);
            }
        };

        abstract FdChannel adopt(Descriptors fds, int number) throws IOException;
    }
}
