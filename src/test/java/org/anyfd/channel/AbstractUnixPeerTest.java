package org.anyfd.channel;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.anyfd.sys.Consts;
import org.anyfd.sys.Scratch;
import org.anyfd.sys.SockAddr;
import org.anyfd.sys.Sys;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A peer bound to a name that is no path, as other programs' sockets are. */
@Timeout(30)
class AbstractUnixPeerTest {
    @TempDir
    Path directory;

    @Test
    void showsAsUnnamed() throws IOException {
        UnixDomainSocketAddress address = UnixDomainSocketAddress.of(directory.resolve("s"));
        String name = "\0peer-" + System.nanoTime();
        try (ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX).bind(address)) {
            int fd = Family.UNIX.socket(Consts.SOCK_STREAM);
            try {
                assertEquals(0, bind(fd, name.getBytes(StandardCharsets.US_ASCII)));
                assertEquals(0, connect(fd, address));
                try (SocketChannel accepted = listener.accept()) {
                    assertEquals(UnixDomainSocketAddress.of(""), accepted.getRemoteAddress());
                }
            } finally {
                Sys.close(fd);
            }
        }
    }

    private static int bind(int fd, byte[] name) {
        Scratch s = Scratch.take();
        try {
            return Sys.bind(fd, s.smallAddress(), SockAddr.encode(s.small(), 0, name));
        } finally {
            s.give();
        }
    }

    private static int connect(int fd, UnixDomainSocketAddress address) throws IOException {
        Scratch s = Scratch.take();
        try {
            return Sys.connect(fd, s.smallAddress(), Family.UNIX.encode(s.small(), address));
        } finally {
            s.give();
        }
    }
}
