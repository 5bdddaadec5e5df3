package org.anyfd;

import static java.nio.channels.SelectionKey.OP_READ;
import static java.nio.channels.SelectionKey.OP_WRITE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.Pipe;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Path;
import java.util.List;
import jnr.enxio.channels.NativeSelectableChannel;
import org.anyfd.fd.EventFdChannel;
import org.anyfd.fd.FdChannel;
import org.anyfd.fd.NativeSocket;
import org.anyfd.fd.PidFdChannel;
import org.anyfd.fd.UnixDatagramChannel;
import org.anyfd.testing.Bounded;
import org.anyfd.testing.Descriptors;
import org.anyfd.testing.Tasks;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** What selectors, keys and channels say they are. */
@Bounded
class TextTest {
    private static final boolean POLL = "poll".equals(System.getProperty("org.anyfd.poller"));

    @RegisterExtension
    final Descriptors fds = new Descriptors();
    @TempDir
    Path directory;

    private static int number(SelectableChannel channel) {
        return ((NativeSelectableChannel) channel).getFD();
    }

    private static InetSocketAddress anyPort() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    }

    // -- Keys and selectors --

    @Test
    void keyNamesDescriptorInterestAndWhatIsWatchedAndReady() throws IOException {
        Selector selector = fds.closing(Selector.open());
        try (TcpPair tcp = TcpPair.open()) {
            SelectionKey key = tcp.near().register(selector, OP_READ | OP_WRITE);
            String start = "channel=" + tcp.near() + ", selector=" + selector + ", fd " + number(tcp.near());
            assertEquals(start + ", interestOps=OP_READ|OP_WRITE, armed=0, readyOps=0", key.toString());
            selector.selectNow();
            assertEquals(start + ", interestOps=OP_READ|OP_WRITE, armed=POLLIN|POLLOUT, readyOps=OP_WRITE", key.toString());
            key.interestOps(ExtendedOps.PRIORITY | ExtendedOps.ONESHOT);
            assertEquals(start + ", interestOps=PRIORITY|ONESHOT, armed=POLLIN|POLLOUT, readyOps=OP_WRITE", key.toString());
            key.interestOps(0);
            assertTrue(key.toString().startsWith(start + ", interestOps=0, "));
            key.cancel();
            assertEquals(start + ", invalid", key.toString());
        }
    }

    @Test
    void selectorCountsItsKeys() throws IOException {
        Selector selector = fds.closing(Selector.open());
        String name = "org.anyfd.channel.NativeSelector@" + Integer.toHexString(selector.hashCode());
        try (TcpPair tcp = TcpPair.open()) {
            tcp.near().register(selector, OP_READ);
            String text = selector.toString();
            assertTrue(text.matches("\\Q" + name + "\\E\\[" + (POLL ? "poll" : "epoll fd [0-9]+") + ", keys=1]"), text);
        }
        selector.close();
        assertEquals(name + "[closed]", selector.toString());
    }

    @Test
    void textIsThereWhileOthersWait() throws Exception {
        Selector selector = fds.closing(Selector.open());
        Pipe pipe = Pipe.open();
        fds.closing(pipe.sink());
        FdChannel reader = fds.own(fds.pipe().first());
        try (TcpPair tcp = TcpPair.open(); Pipe.SourceChannel source = pipe.source()) {
            SelectionKey key = tcp.near().register(selector, OP_READ);
            Tasks.Task<Integer> selection = fds.run(() -> selector.select()).awaitBlocked();
            Tasks.Task<Integer> reading = fds.run(() -> source.read(ByteBuffer.allocate(1))).awaitBlocked();
            fds.run(() -> tcp.far().read(ByteBuffer.allocate(1))).awaitBlocked();
            for (Object each : List.of(selector, key, tcp.near(), tcp.far(), source, reader)) {
                assertTrue(fds.run(each::toString).get().contains("["));
            }
            pipe.sink().write(ByteBuffer.allocate(1));
            reading.get();
            tcp.near().close();
            selector.wakeup();
            selection.get();
        }
    }

    // -- Channels --

    private void assertText(String open, SelectableChannel channel, String closed) throws IOException {
        assertEquals(open, channel.toString());
        channel.close();
        assertEquals(closed, channel.toString());
    }

    @Test
    void channelsOfNioNameTheirDescriptor() throws IOException {
        ServerSocketChannel server = fds.closing(ServerSocketChannel.open());
        int fd = number(server);
        assertEquals("java.nio.channels.ServerSocketChannel[unbound, fd " + fd + "]", server.toString());
        server.bind(anyPort());
        assertText("java.nio.channels.ServerSocketChannel[" + server.getLocalAddress() + ", fd " + fd + "]", server,
            "java.nio.channels.ServerSocketChannel[closed]");

        DatagramChannel datagram = fds.closing(DatagramChannel.open());
        assertEquals("java.nio.channels.DatagramChannel[unbound, fd " + number(datagram) + "]", datagram.toString());
        datagram.bind(anyPort()).connect(datagram.getLocalAddress());
        assertText("java.nio.channels.DatagramChannel[local=" + datagram.getLocalAddress() + " remote="
            + datagram.getRemoteAddress() + ", fd " + number(datagram) + "]", datagram,
            "java.nio.channels.DatagramChannel[closed]");

        Pipe pipe = Pipe.open();
        assertText("java.nio.channels.Pipe.SourceChannel[fd " + number(pipe.source()) + "]", pipe.source(),
            "java.nio.channels.Pipe.SourceChannel[closed]");
        assertText("java.nio.channels.Pipe.SinkChannel[fd " + number(pipe.sink()) + "]", pipe.sink(),
            "java.nio.channels.Pipe.SinkChannel[closed]");
    }

    @Test
    void channelsOfDescriptorsNameTheFile() throws IOException {
        FdChannel file = fds.closing(FdChannel.open(Path.of("/dev/null")));
        assertText("org.anyfd.fd.FdChannel[fd " + file.getFD() + ", /dev/null]", file, "org.anyfd.fd.FdChannel[closed]");

        EventFdChannel event = fds.closing(EventFdChannel.open(0));
        assertText("org.anyfd.fd.EventFdChannel[fd " + event.getFD() + "]", event, "org.anyfd.fd.EventFdChannel[closed]");

        PidFdChannel process = fds.closing(PidFdChannel.open(ProcessHandle.current()));
        assertText("org.anyfd.fd.PidFdChannel[fd " + process.getFD() + ", process " + ProcessHandle.current().pid() + "]",
            process, "org.anyfd.fd.PidFdChannel[closed]");

        NativeSocket socket = fds.closing(NativeSocket.open(16, 3, 0));
        assertText("org.anyfd.fd.NativeSocket[fd " + socket.getFD() + ", domain 16, type 3]", socket,
            "org.anyfd.fd.NativeSocket[closed]");
    }

    @Test
    void unixSocketsNameBothEnds() throws IOException {
        Path path = directory.resolve("s");
        UnixDatagramChannel server = fds.closing(UnixDatagramChannel.open());
        server.bind(UnixDomainSocketAddress.of(path));
        UnixDatagramChannel client = fds.closing(UnixDatagramChannel.open());
        client.connect(UnixDomainSocketAddress.of(path));
        assertText("org.anyfd.fd.UnixDatagramChannel[fd " + server.getFD() + ", local=" + path + "]", server,
            "org.anyfd.fd.UnixDatagramChannel[closed]");
        assertText("org.anyfd.fd.UnixDatagramChannel[fd " + client.getFD() + ", unnamed remote=" + path + "]", client,
            "org.anyfd.fd.UnixDatagramChannel[closed]");
    }
}
