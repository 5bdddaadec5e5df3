package org.anyfd.all;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ProtocolFamily;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.DatagramChannel;
import java.nio.channels.Pipe;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.anyfd.fd.AbstractUnixAddress;
import org.anyfd.fd.ChildProcess;
import org.anyfd.fd.EventFdChannel;
import org.anyfd.fd.FdChannel;
import org.anyfd.fd.InotifyChannel;
import org.anyfd.fd.InotifyTree;
import org.anyfd.fd.NativeSocket;
import org.anyfd.fd.PidFdChannel;
import org.anyfd.fd.PtyChannel;
import org.anyfd.fd.SignalChannel;
import org.anyfd.fd.TimerFdChannel;
import org.anyfd.fd.TtyChannel;
import org.anyfd.fd.TtyMode;
import org.anyfd.fd.UnixDatagramChannel;
import org.anyfd.fd.UnixSeqPacketChannel;
import org.anyfd.fd.WindowSize;

import static java.nio.channels.SelectionKey.OP_ACCEPT;
import static java.nio.channels.SelectionKey.OP_CONNECT;
import static java.nio.channels.SelectionKey.OP_READ;
import static java.nio.channels.SelectionKey.OP_WRITE;
import static java.nio.charset.StandardCharsets.US_ASCII;

/** The kinds of descriptors: each is opened, registered, found ready when something happens on it, and used. */
final class Kinds {
    static final List<Check> ALL = List.of(
        kind("TCP over IPv4", bench -> stream(bench, StandardProtocolFamily.INET, Bench.loopback())),
        kind("TCP over IPv6", Kinds::tcp6),
        kind("UDP", Kinds::udp),
        kind("Unix stream", bench -> stream(bench, StandardProtocolFamily.UNIX,
            UnixDomainSocketAddress.of(bench.folder().resolve("socket")))),
        kind("Unix datagram", Kinds::unixDatagram),
        kind("Unix packets", Kinds::unixPackets),
        kind("netlink", Kinds::netlink),
        kind("pipe", Kinds::pipe),
        kind("FIFO", Kinds::fifo),
        kind("regular file", Kinds::file),
        kind("eventfd", Kinds::eventFd),
        kind("timerfd", Kinds::timerFd),
        kind("signal", Kinds::signal),
        kind("inotify", Kinds::inotify),
        kind("inotify tree", Kinds::inotifyTree),
        kind("pidfd", Kinds::pidFd),
        kind("child process", Kinds::child),
        kind("pseudo-terminal", Kinds::terminal));

    private static final int AF_NETLINK = 16;
    private static final int SOCK_RAW = 3;
    private static final int NETLINK_ROUTE = 0;

    private Kinds() {
    }

    private static Check kind(String name, Check.Action action) {
        return new Check("kind", name, action);
    }

    private static void stream(Bench bench, ProtocolFamily family, SocketAddress address) throws IOException {
        ServerSocketChannel server = bench.use(bench.provider.openServerSocketChannel(family)).bind(address);
        SocketChannel client = bench.use(bench.provider.openSocketChannel(family));
        client.configureBlocking(false);
        boolean connected = client.connect(server.getLocalAddress());
        bench.ready(server, OP_ACCEPT);
        SocketChannel accepted = bench.use(server.accept());
        if (!connected) {
            bench.ready(client, OP_CONNECT);
            Check.that(client.finishConnect(), "connected");
        }
        bench.ready(client, OP_WRITE);
        bench.send("ping", client, accepted);
        bench.send("pong", accepted, client);
        client.close();
        bench.endOfStream(accepted);
    }

    private static void tcp6(Bench bench) throws Exception {
        InetAddress loopback = InetAddress.getByAddress(new byte[] {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1});
        Path addresses = Path.of("/proc/net/if_inet6");
        if (!Files.exists(addresses) || !Files.readString(addresses).startsWith("0".repeat(31) + "1 ")
                && !Files.readString(addresses).contains("\n" + "0".repeat(31) + "1 ")) {
            throw new Check.NotOffered("the loopback interface has no IPv6 address");
        }
        stream(bench, StandardProtocolFamily.INET6, new InetSocketAddress(loopback, 0));
    }

    private static void udp(Bench bench) throws IOException {
        DatagramChannel channel = bench.use(bench.provider.openDatagramChannel(StandardProtocolFamily.INET));
        channel.bind(Bench.loopback());
        bench.notReady(channel, OP_READ);
        channel.send(US_ASCII.encode("datagram"), channel.getLocalAddress());
        bench.ready(channel, OP_READ);
        ByteBuffer got = ByteBuffer.allocate(64);
        Check.that(channel.getLocalAddress().equals(channel.receive(got)), "the sender's address");
        Check.that(US_ASCII.decode(got.flip()).toString().equals("datagram"), "the datagram arrives");
    }

    /** Between two that have names in the abstract namespace. */
    private static void unixDatagram(Bench bench) throws IOException {
        UnixDatagramChannel here = bench.use(UnixDatagramChannel.open());
        UnixDatagramChannel there = bench.use(UnixDatagramChannel.open());
        AbstractUnixAddress name = AbstractUnixAddress.of("anyfd-self-test-" + ProcessHandle.current().pid());
        there.bind(name);
        here.send(US_ASCII.encode("datagram"), name);
        bench.ready(there, OP_READ);
        bench.read("datagram", there);
    }

    private static void unixPackets(Bench bench) throws IOException {
        UnixSeqPacketChannel[] pair = UnixSeqPacketChannel.pair();
        bench.use(pair[0]);
        bench.use(pair[1]);
        bench.notReady(pair[1], OP_READ);
        pair[0].write(US_ASCII.encode("one"));
        pair[0].write(US_ASCII.encode("two"));
        bench.ready(pair[1], OP_READ);
        bench.read("one", pair[1]);
        bench.read("two", pair[1]);
    }

    /** Asks the kernel for the network interfaces: RTM_GETLINK, rtnetlink(7). */
    private static void netlink(Bench bench) throws IOException {
        NativeSocket socket = bench.use(NativeSocket.open(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE));
        short getLink = 18;
        short requestDump = 0x301;
        ByteBuffer question = ByteBuffer.allocate(20).order(ByteOrder.nativeOrder())
            .putInt(20).putShort(getLink).putShort(requestDump).putInt(1).putInt(0).putInt(0).flip();
        socket.write(question);
        bench.ready(socket, OP_READ);
        Check.that(socket.read(ByteBuffer.allocate(32 * 1024)) > 20, "the kernel lists its interfaces");
    }

    private static void pipe(Bench bench) throws IOException {
        Pipe pipe = bench.provider.openPipe();
        bench.use(pipe.source());
        bench.use(pipe.sink());
        bench.notReady(pipe.source(), OP_READ);
        bench.send("through", pipe.sink(), pipe.source());
        pipe.sink().close();
        bench.endOfStream(pipe.source());
    }

    private static void fifo(Bench bench) throws Exception {
        Path path = bench.folder().resolve("fifo");
        Process mkfifo;
        try {
            mkfifo = new ProcessBuilder("mkfifo", path.toString()).inheritIO().start();
        } catch (IOException e) {
            throw new Check.NotOffered("mkfifo(1) is not installed here");
        }
        Check.that(mkfifo.waitFor(10, TimeUnit.SECONDS) && mkfifo.exitValue() == 0, "mkfifo has made it");
        FdChannel reader = bench.use(FdChannel.open(path, StandardOpenOption.READ));
        FdChannel writer = bench.use(FdChannel.open(path, StandardOpenOption.WRITE));
        bench.notReady(reader, OP_READ);
        bench.send("through", writer, reader);
    }

    /** Always ready, as poll(2) has it. */
    private static void file(Bench bench) throws IOException {
        Path path = Files.writeString(bench.folder().resolve("file"), "content");
        FdChannel file = bench.use(FdChannel.open(path, StandardOpenOption.READ));
        bench.ready(file, OP_READ);
        bench.read("content", file);
    }

    private static void eventFd(Bench bench) throws IOException {
        EventFdChannel counter = bench.use(EventFdChannel.open(0));
        bench.notReady(counter, OP_READ);
        counter.add(3);
        bench.ready(counter, OP_READ);
        Check.that(counter.take() == 3, "the count");
    }

    private static void timerFd(Bench bench) throws IOException {
        TimerFdChannel timer = bench.use(TimerFdChannel.open());
        bench.notReady(timer, OP_READ);
        timer.schedule(Duration.ofMillis(1));
        bench.ready(timer, OP_READ);
        Check.that(timer.takeExpirations() == 1, "one expiration");
    }

    /** SIGWINCH, which means nothing to a program that has no handler for it. */
    private static void signal(Bench bench) throws IOException {
        SignalChannel signals = bench.use(SignalChannel.open("WINCH"));
        PidFdChannel self = bench.use(PidFdChannel.open(ProcessHandle.current()));
        bench.notReady(signals, OP_READ);
        self.signal("WINCH");
        bench.ready(signals, OP_READ);
        Check.that(signals.take().name().equals("WINCH"), "the signal");
    }

    private static void inotify(Bench bench) throws IOException {
        Path folder = bench.folder();
        InotifyChannel changes = bench.use(InotifyChannel.open());
        changes.watch(folder, InotifyChannel.IN_CREATE);
        bench.notReady(changes, OP_READ);
        Path file = Files.createFile(folder.resolve("file"));
        bench.ready(changes, OP_READ);
        Check.that(changes.read().get(0).path().equals(file), "the new file");
    }

    private static void inotifyTree(Bench bench) throws IOException {
        Path root = bench.folder();
        Path below = Files.createDirectory(root.resolve("below"));
        InotifyTree changes = bench.use(InotifyTree.open(root, InotifyChannel.IN_CREATE));
        bench.notReady(changes, OP_READ);
        Path file = Files.createFile(below.resolve("file"));
        bench.ready(changes, OP_READ);
        Check.that(changes.read().get(0).path().equals(file), "the new file below");
    }

    private static void pidFd(Bench bench) throws Exception {
        Process process = new ProcessBuilder("/bin/sh", "-c", "read line; exit 3").start();
        bench.use(process::destroyForcibly);
        PidFdChannel end = bench.use(PidFdChannel.open(process));
        bench.notReady(end, OP_READ);
        process.getOutputStream().close();
        bench.ready(end, OP_READ);
        Check.that(end.take().code() == 3, "its exit code");
    }

    private static void child(Bench bench) throws IOException {
        ChildProcess child = bench.use(ChildProcess.start(new ProcessBuilder("/bin/sh", "-c", "cat; exit 4")));
        bench.send("through", child.stdin(), child.stdout());
        bench.notReady(child.exit(), OP_READ);
        child.stdin().close();
        bench.ready(child.exit(), OP_READ);
        Check.that(child.exit().take().code() == 4, "its exit code");
    }

    private static void terminal(Bench bench) throws Exception {
        PtyChannel master;
        try {
            master = bench.use(PtyChannel.open());
        } catch (FileSystemException e) {
            throw Check.without(e);
        }
        TtyChannel terminal = bench.use(master.openTerminal());
        terminal.setMode(TtyMode.RAW);
        bench.send("typed", master, terminal);
        bench.send("shown", terminal, master);
        master.setSize(new WindowSize(100, 30));
        Check.that(terminal.size().columns() == 100, "the window's size");
    }
}
