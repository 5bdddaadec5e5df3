package org.anyfd.fd;

import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.NetworkChannel;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.SelectorProvider;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Map;
import java.util.Set;
import org.anyfd.channel.Family;
import org.anyfd.channel.NativeSocketChannel;
import org.anyfd.channel.Selectable;
import org.anyfd.sys.Consts;
import org.anyfd.sys.Errno;
import org.anyfd.sys.Sockets;

/**
 * What Unix-domain sockets have and {@code java.nio} has no method for: connected pairs, and care for the file of a bound
 * socket.
 *
 * <pre>{@code
 * ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
 * UnixSockets.bind(server, UnixDomainSocketAddress.of("/run/my.socket"), PosixFilePermissions.fromString("rw-rw----"));
 * UnixSockets.unlinkOnClose(server);
 * }</pre>
 *
 * <p>Any thread may call any method.
 */
public final class UnixSockets {
    private static final int MODE_BITS = 9;

    private UnixSockets() {
    }

    /**
     * Opens two stream sockets that are connected to each other, socketpair(2): a pipe for both directions, over which a
     * child or another thread can be talked to.
     *
     * @throws IOException if the kernel gives no descriptors (EMFILE, ENFILE)
     */
    public static SocketChannel[] pair() throws IOException {
        int[] pair = SocketDescriptor.socketpair(Consts.AF_UNIX, Consts.SOCK_STREAM, 0);
        return new SocketChannel[] {stream(pair[0]), stream(pair[1])};
    }

    private static SocketChannel stream(int number) {
        return NativeSocketChannel.accepted(SelectorProvider.provider(), Family.UNIX, number,
            UnixDomainSocketAddress.of(""));
    }

    /**
     * Binds a socket, and has its file made with the given permissions: whoever may write to it may connect or send. At no
     * time does the file permit more than that, and the process's umask, which all threads share, is not touched.
     *
     * @param channel an unbound Unix socket of anyfd: a {@code ServerSocketChannel}, which listens from then on, or one of
     *     this package
     * @param address a path
     * @param mode what the file shall permit, such as {@code PosixFilePermissions.fromString("rw-rw----")}
     * @return the channel
     * @throws IllegalArgumentException if the channel is not anyfd's
     * @throws java.nio.channels.AlreadyBoundException if it is bound
     * @throws java.nio.channels.ClosedChannelException if it is closed
     * @throws IOException with the kernel's reason
     */
    public static <C extends SelectableChannel & NetworkChannel> C bind(C channel, UnixDomainSocketAddress address,
            Set<PosixFilePermission> mode) throws IOException {
        int bits = bits(mode);
        // The kernel makes the file with the mode of the socket itself less the umask (unix_bind_bsd), and so with too little.
        int r = SocketDescriptor.use(channel, (fd, s) -> Sockets.fchmod(fd, bits));
        if (r < 0) {
            throw Errno.failed("fchmod(" + channel + ")", -r);
        }
        channel.bind(address);
        Path file = address.getPath();
        if (!Files.getPosixFilePermissions(file, LinkOption.NOFOLLOW_LINKS).equals(mode)) {
            Files.setPosixFilePermissions(file, mode);
        }
        return channel;
    }

    private static int bits(Set<PosixFilePermission> mode) {
        int bits = 0;
        for (PosixFilePermission permission : mode) {
            // Their order is that of ls(1), from the owner's read permission on.
            bits |= 1 << MODE_BITS - 1 - permission.ordinal();
        }
        return bits;
    }

    /**
     * Has {@link SelectableChannel#close} remove the file that a socket is bound to, unless it is another one by then, such
     * as that of a successor. A process that ends without closing the channel leaves it.
     *
     * @param channel a bound Unix socket of anyfd
     * @return the channel
     * @throws IllegalArgumentException if the channel is not anyfd's, or not bound to a path
     * @throws java.nio.channels.ClosedChannelException if it is closed
     * @throws IOException if the file is not there any more
     */
    public static <C extends SelectableChannel & NetworkChannel> C unlinkOnClose(C channel) throws IOException {
        if (!(channel instanceof Selectable selectable)) {
            throw new IllegalArgumentException("not a channel of anyfd: " + channel);
        }
        if (!(channel.getLocalAddress() instanceof UnixDomainSocketAddress address)
                || address.getPath().toString().isEmpty()) {
            throw new IllegalArgumentException("not bound to a path: " + channel);
        }
        Path file = address.getPath().toAbsolutePath();
        Map<String, Object> identity = identity(file);
        selectable.fd().atClose(() -> unlink(file, identity));
        return channel;
    }

    private static Map<String, Object> identity(Path file) throws IOException {
        return Files.readAttributes(file, "unix:dev,ino", LinkOption.NOFOLLOW_LINKS);
    }

    private static void unlink(Path file, Map<String, Object> identity) {
        try {
            if (identity(file).equals(identity)) {
                Files.delete(file);
            }
        } catch (IOException gone) {
            // Or the directory cannot be written to any more: a close has nobody to tell, and the channel is closed.
        }
    }
}
