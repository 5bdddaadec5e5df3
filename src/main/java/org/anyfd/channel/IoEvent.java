package org.anyfd.channel;

import java.net.InetSocketAddress;
import java.net.SocketAddress;
import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.Threshold;
import jdk.jfr.Timespan;
import org.anyfd.poll.Fd;
import org.anyfd.sys.Errno;

/**
 * Internal. An operation of a channel as JDK Flight Recorder shows it: what the JDK's own events, such as
 * {@code jdk.SocketRead}, are for its own channels.
 *
 * <p>Loaded by the first operation for which {@link Recording#begun} is true; this Java may have no
 * {@code jdk.jfr.Event} else. An event is allocated, and a clock read, only while a recording wants events of its type.
 *
 * <p>What an abstract class here has as a field, every event below it has. JDK 17 links these classes while it defines
 * the first event, which therefore no code in them may make or pass on: that would have it defined twice.
 */
abstract class IoEvent extends Event {
    @Label("File Descriptor")
    int fd;

    /** An event that begins now, or null if no recording wants it. */
    static IoEvent reading(boolean socket) {
        return socket ? SocketRead.begun() : FdRead.begun();
    }

    /** As {@link #reading}. */
    static IoEvent writing(boolean socket) {
        return socket ? SocketWrite.begun() : FdWrite.begun();
    }

    /** As {@link #reading}. */
    static IoEvent connecting() {
        return SocketConnect.begun();
    }

    final IoEvent started() {
        begin();
        return this;
    }

    /**
     * Ends the event, and has it recorded if it took as long as the recording's threshold.
     *
     * @param n what came of the operation, as {@link Io} has it
     */
    final void done(Io.Host host, Fd fd, long n, long timeoutNanos) {
        end();
        if (shouldCommit()) {
            this.fd = fd.number();
            fill(host, n, timeoutNanos < 0 ? 0 : timeoutNanos / 1_000_000);
            commit();
        }
    }

    /** @param timeoutMillis 0 for none */
    abstract void fill(Io.Host host, long n, long timeoutMillis);

    /** Of a socket, with its peer. */
    abstract static class OfSocket extends IoEvent {
        @Label("Remote Host")
        String host;
        @Label("Remote Address")
        @Description("Also the path or name of a Unix socket; none for a datagram socket that is not connected")
        String address;
        @Label("Remote Port")
        int port;

        @Override
        void fill(Io.Host host, long n, long timeoutMillis) {
            SocketAddress peer = host.peer();
            this.host = hostOf(peer);
            this.address = textOf(peer);
            this.port = peer instanceof InetSocketAddress inet ? inet.getPort() : 0;
        }

        // Without a look-up, which may take longer than what is recorded.

        private static String hostOf(SocketAddress peer) {
            return peer instanceof InetSocketAddress inet ? inet.getHostString() : textOf(peer);
        }

        private static String textOf(SocketAddress peer) {
            if (peer instanceof InetSocketAddress inet) {
                return inet.getAddress().getHostAddress();
            }
            return peer == null ? null : peer.toString();
        }
    }

    /** Of any other descriptor. */
    abstract static class OfFd extends IoEvent {
        @Label("Channel")
        String channel;

        @Override
        void fill(Io.Host host, long n, long timeoutMillis) {
            this.channel = host.channel().toString();
        }
    }

    @Name("org.anyfd.SocketRead")
    @Label("Socket Read")
    @Category({"Java Application", "anyfd"})
    @Description("Reading from a socket of anyfd; jdk.SocketRead is for those of the JDK")
    @Threshold("20 ms")
    static final class SocketRead extends OfSocket {
        private static final SocketRead ANY = new SocketRead();

        @Label("Timeout Value")
        @Timespan(Timespan.MILLISECONDS)
        long timeout;
        @Label("Bytes Read")
        @DataAmount
        long bytesRead;
        @Label("End of Stream")
        boolean endOfStream;

        static IoEvent begun() {
            return ANY.isEnabled() ? new SocketRead().started() : null;
        }

        @Override
        void fill(Io.Host host, long n, long timeoutMillis) {
            super.fill(host, n, timeoutMillis);
            this.timeout = timeoutMillis;
            this.bytesRead = Math.max(n, 0);
            this.endOfStream = n == 0 && host instanceof NativeSocketChannel;
        }
    }

    @Name("org.anyfd.SocketWrite")
    @Label("Socket Write")
    @Category({"Java Application", "anyfd"})
    @Description("Writing to a socket of anyfd; jdk.SocketWrite is for those of the JDK")
    @Threshold("20 ms")
    static final class SocketWrite extends OfSocket {
        private static final SocketWrite ANY = new SocketWrite();

        @Label("Bytes Written")
        @DataAmount
        long bytesWritten;

        static IoEvent begun() {
            return ANY.isEnabled() ? new SocketWrite().started() : null;
        }

        @Override
        void fill(Io.Host host, long n, long timeoutMillis) {
            super.fill(host, n, timeoutMillis);
            this.bytesWritten = Math.max(n, 0);
        }
    }

    @Name("org.anyfd.SocketConnect")
    @Label("Socket Connect")
    @Category({"Java Application", "anyfd"})
    @Description("Connecting a socket of anyfd, in blocking mode until that is done")
    @Threshold("20 ms")
    static final class SocketConnect extends OfSocket {
        private static final SocketConnect ANY = new SocketConnect();

        @Label("Timeout Value")
        @Timespan(Timespan.MILLISECONDS)
        long timeout;
        @Label("Failure")
        @Description("The kernel's reason; none if it is connected, or still connecting")
        String failure;

        static IoEvent begun() {
            return ANY.isEnabled() ? new SocketConnect().started() : null;
        }

        @Override
        void fill(Io.Host host, long n, long timeoutMillis) {
            super.fill(host, n, timeoutMillis);
            this.timeout = timeoutMillis;
            this.failure = n >= 0 || n == -Errno.EAGAIN ? null : Errno.text((int) -n);
        }
    }

    @Name("org.anyfd.FdRead")
    @Label("File Descriptor Read")
    @Category({"Java Application", "anyfd"})
    @Description("Reading from a pipe, or from a channel of org.anyfd.fd")
    @Threshold("20 ms")
    static final class FdRead extends OfFd {
        private static final FdRead ANY = new FdRead();

        @Label("Bytes Read")
        @DataAmount
        long bytesRead;

        static IoEvent begun() {
            return ANY.isEnabled() ? new FdRead().started() : null;
        }

        @Override
        void fill(Io.Host host, long n, long timeoutMillis) {
            super.fill(host, n, timeoutMillis);
            this.bytesRead = Math.max(n, 0);
        }
    }

    @Name("org.anyfd.FdWrite")
    @Label("File Descriptor Write")
    @Category({"Java Application", "anyfd"})
    @Description("Writing to a pipe, or to a channel of org.anyfd.fd")
    @Threshold("20 ms")
    static final class FdWrite extends OfFd {
        private static final FdWrite ANY = new FdWrite();

        @Label("Bytes Written")
        @DataAmount
        long bytesWritten;

        static IoEvent begun() {
            return ANY.isEnabled() ? new FdWrite().started() : null;
        }

        @Override
        void fill(Io.Host host, long n, long timeoutMillis) {
            super.fill(host, n, timeoutMillis);
            this.bytesWritten = Math.max(n, 0);
        }
    }
}
