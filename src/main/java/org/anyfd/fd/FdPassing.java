package org.anyfd.fd;

import java.io.Closeable;
import java.io.IOException;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectableChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import jnr.enxio.channels.NativeSelectableChannel;
import org.anyfd.channel.Bytes;
import org.anyfd.channel.Io;
import org.anyfd.channel.Message;
import org.anyfd.channel.MessageSocket;
import org.anyfd.channel.Selectable;
import org.anyfd.sys.Consts;
import org.anyfd.sys.Errno;
import org.anyfd.sys.Layouts;
import org.anyfd.sys.Scratch;
import org.anyfd.sys.Sys;

/**
 * Open channels sent from process to process over a Unix socket: SCM_RIGHTS, unix(7). A server hands connections to its
 * workers, or its listening socket to its successor.
 *
 * <pre>{@code
 * FdPassing.send(worker, request, connection);
 * connection.close();                                              // the worker has it now
 *
 * FdPassing.Received received = FdPassing.receive(boss, buffer);   // in the worker
 * SocketChannel connection = (SocketChannel) received.channels().get(0);
 * }</pre>
 *
 * <p>The socket is a {@code SocketChannel} of the family UNIX, a {@link UnixSeqPacketChannel} or a
 * {@link UnixDatagramChannel} of anyfd. Whatever has a descriptor can be sent: every channel of anyfd, and those of
 * jnr-enxio. A file goes as an {@link FdChannel}; who receives one and wants a {@code FileChannel} opens
 * {@code /proc/self/fd/} and its {@code getFD()}.
 *
 * <p>What is received is the same open file, with its position, options and O_NONBLOCK flag, under another number: a
 * connection lasts until both processes have closed it, and what one reads the other does not. Sockets that anyfd made
 * are non-blocking, which a program that receives one without anyfd has to expect.
 *
 * <p>No thread should be waiting in a read of a {@code SocketChannel} when it is passed: it may take bytes that the receiver
 * waits for, and the close that ends its wait may end the receiver's reading, too: such reads wait in recv(2) itself, and nothing
 * else wakes them. {@code -Dorg.anyfd.kernelReads=false} has them wait in poll(2), which costs a system call for each read.
 *
 * <p>Any thread may call any method.
 */
public final class FdPassing {
    /** The kernel's SCM_MAX_FD. */
    private static final int MAX_CHANNELS = 253;
    private static final int ALIGNMENT = Long.BYTES;

    private FdPassing() {
    }

    /**
     * What came with the bytes of a message. Closing it closes the channels.
     *
     * @param count the number of bytes that were read into the buffer; -1 at end-of-stream
     * @param channels what was passed with them, in blocking mode, each of its own kind as
     *     {@code AnyFdSelectorProvider.adopt} has it. They are the receiver's, which has to close them
     * @param sender the address of a datagram's sender; unnamed, if that has no name, and for a connection
     * @param credentials those of the sender, or null if they were not {@linkplain PeerCredentials#request requested}
     */
    public record Received(int count, List<SelectableChannel> channels, SocketAddress sender,
            PeerCredentials credentials) implements Closeable {
        /** Closes all of the channels, whichever of them fails to. */
        @Override
        public void close() throws IOException {
            IOException failure = null;
            for (SelectableChannel channel : channels) {
                try {
                    channel.close();
                } catch (IOException e) {
                    failure = e;
                }
            }
            if (failure != null) {
                throw failure;
            }
        }
    }

    /**
     * Sends bytes, and channels with the first of them. They stay open here, to be closed whenever this process has no use
     * for them.
     *
     * @param socket a connected Unix socket
     * @param src at least one byte, for nothing can be passed without
     * @param passed at most 253 open channels
     * @return the number of bytes, of a stream in blocking mode all; 0 if there is no room now, in non-blocking mode, and
     *     nothing was sent
     * @throws IllegalArgumentException if there is no byte, or too many channels, or one has no descriptor that anyfd knows
     * @throws UnsupportedOperationException if it is not a Unix socket
     * @throws java.nio.channels.NotYetConnectedException if a {@code SocketChannel} is not connected
     * @throws ClosedChannelException if the socket or one of the channels is closed; a subclass if that, or an interrupt,
     *     came to the socket during the call
     * @throws IOException with the kernel's reason, such as {@code Broken pipe}, or
     *     {@code Too many references: cannot splice} if too many descriptors are on their way
     */
    public static int send(SelectableChannel socket, ByteBuffer src, SelectableChannel... passed) throws IOException {
        MessageSocket messages = messages(socket);
        if (!src.hasRemaining()) {
            throw new IllegalArgumentException("no byte to send the channels with");
        }
        if (passed.length > MAX_CHANNELS) {
            throw new IllegalArgumentException(passed.length + " channels; a message carries " + MAX_CHANNELS);
        }
        for (SelectableChannel channel : passed) {
            if (!(channel instanceof NativeSelectableChannel)) {
                throw new IllegalArgumentException("no descriptor known of " + channel);
            }
        }
        int acquired = 0;
        try {
            for (; acquired < passed.length; acquired++) {
                acquire(passed[acquired]);
            }
            return Math.max(messages.send(new Sending(src, passed, isStream(socket), socket.isBlocking())), 0);
        } finally {
            while (acquired > 0) {
                if (passed[--acquired] instanceof Selectable selectable) {
                    selectable.fd().release();
                }
            }
        }
    }

    /** Takes a reference to a channel's descriptor; of a foreign one its owner has to keep the number. */
    private static void acquire(SelectableChannel channel) throws ClosedChannelException {
        if (!(channel instanceof Selectable selectable)) {
            Bytes.requireOpen(channel);
            return;
        }
        if (!selectable.fd().acquire()) {
            throw new ClosedChannelException();
        }
        selectable.passed();
    }

    private static MessageSocket messages(SelectableChannel socket) {
        if (socket instanceof MessageSocket messages) {
            return messages;
        }
        Objects.requireNonNull(socket);
        throw new UnsupportedOperationException("not a Unix socket of anyfd: " + socket);
    }

    private static boolean isStream(SelectableChannel socket) {
        return !(socket instanceof MessageChannel);
    }

    /** sendmsg(2): the descriptors go with the first bytes that do. */
    private static final class Sending implements Io.Call {
        private final ByteBuffer src;
        private final SelectableChannel[] passed;
        private final boolean stream;
        /** Whether to go on until nothing remains. */
        private final boolean all;
        private int sent;

        Sending(ByteBuffer src, SelectableChannel[] passed, boolean stream, boolean blocking) {
            this.src = src;
            this.passed = passed;
            this.stream = stream;
            this.all = stream && blocking;
        }

        @Override
        public int attempt(int fd) {
            Scratch s = Scratch.take();
            try {
                int rights = sent == 0 ? rights(s.small()) : 0;
                int n = stream ? Message.sendNext(fd, s, src, rights) : Message.send(fd, s, src, 0, rights);
                if (n < 0) {
                    return sent > 0 && n != -Errno.EAGAIN && n != -Errno.EINTR ? sent : n;
                }
                sent += n;
                // EINTR: once more, at once.
                return all && src.hasRemaining() ? -Errno.EINTR : sent;
            } finally {
                s.give();
            }
        }

        /** Writes the control message; returns how long it is. */
        private int rights(ByteBuffer m) {
            if (passed.length == 0) {
                return 0;
            }
            int len = Layouts.CMSGHDR + passed.length * Integer.BYTES;
            m.putLong(Message.CONTROL + Layouts.CMSGHDR_LEN, len);
            m.putInt(Message.CONTROL + Layouts.CMSGHDR_LEVEL, Consts.SOL_SOCKET);
            m.putInt(Message.CONTROL + Layouts.CMSGHDR_TYPE, Consts.SCM_RIGHTS);
            for (int i = 0; i < passed.length; i++) {
                m.putInt(Message.CONTROL + Layouts.CMSGHDR + i * Integer.BYTES,
                    ((NativeSelectableChannel) passed[i]).getFD());
            }
            return aligned(len);
        }
    }

    private static int aligned(int len) {
        return (len + ALIGNMENT - 1) & -ALIGNMENT;
    }

    /**
     * Receives bytes, and the channels that were sent with them. In blocking mode waits for some. Of a stream, the bytes end
     * at the latest where those of the next send that passed channels begin; of a message that is longer than the buffer,
     * the rest is lost.
     *
     * <p>A plain read of the socket drops what is passed, and the kernel closes it.
     *
     * @param socket a Unix socket
     * @param dst room for at least one byte
     * @return null if there is nothing now, in non-blocking mode
     * @throws IllegalArgumentException if there is no room, or the buffer is read-only
     * @throws UnsupportedOperationException if it is not a Unix socket
     * @throws java.nio.channels.NotYetConnectedException if a {@code SocketChannel} is not connected
     * @throws ClosedChannelException if the socket is closed; a subclass if that, or an interrupt, came during the call
     * @throws IOException if not all of the channels could be received (MSG_CTRUNC), because this process may have no more
     *     descriptors (RLIMIT_NOFILE) or not these; or with the kernel's reason. None of them is left open then; the bytes
     *     are in the buffer
     */
    public static Received receive(SelectableChannel socket, ByteBuffer dst) throws IOException {
        MessageSocket messages = messages(socket);
        Bytes.requireWritable(dst);
        if (!dst.hasRemaining()) {
            throw new IllegalArgumentException("no room in the buffer");
        }
        Receiving receiving = new Receiving(dst, isStream(socket));
        try {
            int n = messages.receive(receiving);
            if (n == -Errno.EAGAIN) {
                return null;
            }
            receiving.requireComplete();
            boolean end = n == 0 && receiving.numbers.isEmpty() && !(socket instanceof UnixDatagramChannel);
            return new Received(end ? -1 : n, receiving.channels(), receiving.sender, receiving.credentials);
        } catch (IOException | RuntimeException | Error e) {
            receiving.closeNumbers();
            throw e;
        }
    }

    /** recvmsg(2), with room for as many descriptors as a message carries. */
    private static final class Receiving implements Io.Call {
        private final ByteBuffer dst;
        private final boolean stream;
        /** Those of which no channel is made yet. */
        private final List<Integer> numbers = new ArrayList<>();
        private SocketAddress sender = java.net.UnixDomainSocketAddress.of("");
        private PeerCredentials credentials;
        private boolean truncated;

        Receiving(ByteBuffer dst, boolean stream) {
            this.dst = dst;
            this.stream = stream;
        }

        @Override
        public int attempt(int fd) {
            Scratch s = Scratch.take();
            try {
                int n = stream
                    ? Message.receiveNext(fd, s, dst, Message.CONTROL_ROOM, Consts.MSG_CMSG_CLOEXEC)
                    : Message.receive(fd, s, dst, Message.CONTROL_ROOM, Consts.MSG_CMSG_CLOEXEC);
                if (n >= 0) {
                    readControl(s.small(), Message.controlLen(s));
                    truncated = (Message.flags(s) & Consts.MSG_CTRUNC) != 0;
                    sender = AbstractUnixAddress.decode(s.small(), Message.addressLen(s));
                }
                return n;
            } finally {
                s.give();
            }
        }

        private void readControl(ByteBuffer m, int controlLen) {
            int end = Message.CONTROL + controlLen;
            int at = Message.CONTROL;
            while (at + Layouts.CMSGHDR <= end) {
                int len = (int) m.getLong(at + Layouts.CMSGHDR_LEN);
                int data = at + Layouts.CMSGHDR;
                if (m.getInt(at + Layouts.CMSGHDR_LEVEL) == Consts.SOL_SOCKET) {
                    switch (m.getInt(at + Layouts.CMSGHDR_TYPE)) {
                        case Consts.SCM_RIGHTS -> {
                            for (; data < at + len; data += Integer.BYTES) {
                                numbers.add(m.getInt(data));
                            }
                        }
                        case Consts.SCM_CREDENTIALS -> credentials = PeerCredentials.read(m, data);
                        // Of a socket that somebody else has set SO_PASSPIDFD of; negative if there is none.
                        case Consts.SCM_PIDFD -> Sys.close(m.getInt(data));
                        default -> { }
                    }
                }
                at += aligned(Math.max(len, Layouts.CMSGHDR));
            }
        }

        void requireComplete() throws IOException {
            if (truncated) {
                throw new IOException("recvmsg: MSG_CTRUNC: of the channels that were passed " + numbers.size()
                    + " arrived, and are closed; the others met a limit, such as that of open files (RLIMIT_NOFILE)");
            }
        }

        /** Makes the channels, or throws and none is left. */
        List<SelectableChannel> channels() throws IOException {
            List<SelectableChannel> channels = new ArrayList<>(numbers.size());
            try {
                while (!numbers.isEmpty()) {
                    int number = numbers.get(0);
                    channels.add(ChannelKind.of(number).adopt(number));
                    numbers.remove(0);
                }
                return List.copyOf(channels);
            } catch (IOException | RuntimeException | Error e) {
                try {
                    new Received(0, channels, sender, credentials).close();
                } catch (IOException alsoFailed) {
                    e.addSuppressed(alsoFailed);
                }
                throw e;
            }
        }

        void closeNumbers() {
            numbers.forEach(Sys::close);
        }
    }
}
