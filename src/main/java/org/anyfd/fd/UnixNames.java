package org.anyfd.fd;

import java.io.IOException;
import java.net.SocketAddress;
import java.net.SocketOption;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.AlreadyBoundException;
import org.anyfd.channel.Family;
import org.anyfd.channel.Options;
import org.anyfd.sys.Errno;
import org.anyfd.sys.SockAddr;
import org.anyfd.sys.Sys;

/** The addresses and options of a Unix socket: the kernel is asked each time. */
record UnixNames(SocketDescriptor socket, Options options) {
    /**
     * Binds a socket that has no name yet.
     *
     * @param address null for an abstract name of the kernel's choice, unix(7)
     */
    void bind(SocketAddress address) throws IOException {
        SocketAddress name = address == null ? UnixDomainSocketAddress.of("") : Family.UNIX.check(address);
        if (!Family.UNIX.isUnnamed(local())) {
            throw new AlreadyBoundException();
        }
        SocketDescriptor.checked(socket.use(
            (fd, s) -> Sys.bind(fd, s.smallAddress(), Family.UNIX.encode(s.small(), name))));
    }

    SocketAddress local() throws IOException {
        return name(Sys::getsockname);
    }

    /** Null if there is no peer. */
    SocketAddress remote() throws IOException {
        return name(Sys::getpeername);
    }

    private interface NameOf {
        int get(int fd, long address, long len);
    }

    private SocketAddress name(NameOf which) throws IOException {
        SocketAddress[] name = new SocketAddress[1];
        int r = socket.use((fd, s) -> {
            s.small().putInt(SockAddr.MAX_LEN, SockAddr.MAX_LEN);
            int n = which.get(fd, s.smallAddress(), s.smallAddress() + SockAddr.MAX_LEN);
            if (n >= 0) {
                name[0] = AbstractUnixAddress.decode(s.small(), s.small().getInt(SockAddr.MAX_LEN));
            }
            return n;
        });
        if (r != -Errno.ENOTCONN) {
            SocketDescriptor.checked(r);
        }
        return name[0];
    }

    /** For people: such as {@code local=/run/my.sock remote=@other}. */
    String text() throws IOException {
        SocketAddress local = local();
        SocketAddress remote = remote();
        return (Family.UNIX.isUnnamed(local) ? "unnamed" : "local=" + local)
            + (remote == null ? "" : " remote=" + (Family.UNIX.isUnnamed(remote) ? "unnamed" : remote));
    }

    void set(SocketOption<?> name, Object value) throws IOException {
        Options.Row row = options.require(name);
        row.check(value);
        socket.use((fd, s) -> {
            row.set(fd, Family.UNIX.domain(), value);
            return 0;
        });
    }

    @SuppressWarnings("unchecked") // the row's value is of the option's type
    <T> T option(SocketOption<T> name) throws IOException {
        Options.Row row = options.require(name);
        Object[] value = new Object[1];
        socket.use((fd, s) -> {
            value[0] = row.get(fd, Family.UNIX.domain());
            return 0;
        });
        return (T) value[0];
    }
}
