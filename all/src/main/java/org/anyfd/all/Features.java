package org.anyfd.all;

import java.io.IOException;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.net.StandardProtocolFamily;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.Pipe;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.AbstractSelectableChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import jnr.enxio.channels.NativeSelectableChannel;
import org.anyfd.AnyFdSelectorProvider;
import org.anyfd.ExtendedOps;
import org.anyfd.fd.EventFdChannel;
import org.anyfd.fd.FdChannel;
import org.anyfd.fd.FdPassing;
import org.anyfd.fd.Fds;
import org.anyfd.fd.PeerCredentials;
import org.anyfd.fd.UnixSockets;
import org.anyfd.fd.UrgentData;
import org.anyfd.fd.ZeroCopy;

import static java.nio.channels.SelectionKey.OP_ACCEPT;
import static java.nio.channels.SelectionKey.OP_READ;
import static java.nio.channels.SelectionKey.OP_WRITE;
import static java.nio.charset.StandardCharsets.US_ASCII;

/** What anyfd does with descriptors beyond opening and selecting them. */
final class Features {
    static final List<Check> ALL = List.of(
        feature("epoll backend", bench -> backend(bench, "epoll")),
        feature("poll backend", bench -> backend(bench, "poll")),
        feature("wakeup", Features::wakeup),
        feature("close ends a read", Features::closeEndsRead),
        feature("virtual threads", Features::virtualThreads),
        feature("priority events", Features::priority),
        feature("peer closed", Features::peerClosed),
        feature("edge-triggered", Features::edge),
        feature("one-shot", Features::oneShot),
        feature("exclusive", Features::exclusive),
        feature("passing descriptors", Features::passing),
        feature("peer credentials", Features::credentials),
        feature("adopting", Features::adopting),
        feature("foreign channels", Features::foreign),
        feature("sendfile", Features::sendfile),
        feature("splice", Features::splice));

    private static final String BACKEND = "org.anyfd.poller";

    private Features() {
    }

    private static Check feature(String name, Check.Action action) {
        return new Check("feature", name, action);
    }

    /** The checks run one after the other, so that nobody else sees the property. */
    private static void backend(Bench bench, String name) throws IOException {
        String before = System.getProperty(BACKEND);
        System.setProperty(BACKEND, name);
        try {
            bench.selector();
        } finally {
            if (before == null) {
                System.clearProperty(BACKEND);
            } else {
                System.setProperty(BACKEND, before);
            }
        }
        SocketChannel[] pair = bench.tcpPair();
        bench.ready(pair[0], OP_WRITE);
        bench.notReady(pair[1], OP_READ);
        bench.send("ping", pair[0], pair[1]);
    }

    private static void wakeup(Bench bench) throws Exception {
        Selector selector = bench.selector();
        FutureTask<Integer> select = started(() -> selector.select(0));
        selector.wakeup();
        Check.that(select.get(5, TimeUnit.SECONDS) == 0, "select returns with nothing");
    }

    private static void closeEndsRead(Bench bench) throws Exception {
        SocketChannel reader = bench.tcpPair()[0];
        CountDownLatch about = new CountDownLatch(1);
        FutureTask<Boolean> read = started(() -> {
            about.countDown();
            try {
                reader.read(ByteBuffer.allocate(1));
                return false;
            } catch (ClosedChannelException closed) {
                return true;
            }
        });
        about.await();
        // Whether it waits in the kernel by then does not matter to the verdict, but to what has been tried.
        Thread.sleep(20);
        reader.close();
        Check.that(read.get(5, TimeUnit.SECONDS), "the read ends with an exception");
    }

    private static <T> FutureTask<T> started(Callable<T> work) {
        FutureTask<T> task = new FutureTask<>(work);
        Thread thread = new Thread(task, "self-test");
        thread.setDaemon(true);
        thread.start();
        return task;
    }

    /** More of them wait in a read than there are carrier threads; if waiting held the carrier, the last ones never ran. */
    private static void virtualThreads(Bench bench) throws Exception {
        MethodHandle start;
        try {
            start = MethodHandles.publicLookup().findStatic(Thread.class, "startVirtualThread",
                MethodType.methodType(Thread.class, Runnable.class));
        } catch (NoSuchMethodException before21) {
            throw new Check.NotOffered("needs JDK 21 or newer");
        }
        int count = 4 * Math.max(8, Runtime.getRuntime().availableProcessors());
        List<Pipe> pipes = new ArrayList<>();
        List<FutureTask<Integer>> readers = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Pipe pipe = bench.provider.openPipe();
            bench.use(pipe.source());
            bench.use(pipe.sink());
            FutureTask<Integer> reader = new FutureTask<>(() -> pipe.source().read(ByteBuffer.allocate(8)));
            pipes.add(pipe);
            readers.add(reader);
            virtual(start, reader);
        }
        FutureTask<Void> writer = new FutureTask<>(() -> {
            for (Pipe pipe : pipes) {
                pipe.sink().write(ByteBuffer.allocate(1));
            }
            return null;
        });
        virtual(start, writer);
        for (FutureTask<Integer> reader : readers) {
            Check.that(reader.get(10, TimeUnit.SECONDS) == 1, "each reads its byte");
        }
    }

    private static void virtual(MethodHandle start, Runnable task) {
        try {
            Thread unused = (Thread) start.invokeExact(task);
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    private static void priority(Bench bench) throws IOException {
        SocketChannel[] pair = bench.tcpPair();
        bench.notReady(pair[1], ExtendedOps.PRIORITY);
        pair[0].socket().sendUrgentData('!');
        bench.ready(pair[1], ExtendedOps.PRIORITY);
        Check.that(UrgentData.take(pair[1]) == '!', "the urgent byte");
    }

    private static void peerClosed(Bench bench) throws IOException {
        SocketChannel[] pair = bench.tcpPair();
        bench.notReady(pair[1], ExtendedOps.PEER_CLOSED);
        pair[0].close();
        bench.ready(pair[1], ExtendedOps.PEER_CLOSED);
    }

    private static void edge(Bench bench) throws IOException {
        SocketChannel[] pair = bench.tcpPair();
        SelectionKey key = bench.register(pair[1], OP_READ | ExtendedOps.EDGE);
        pair[0].write(US_ASCII.encode("one"));
        bench.select(key);
        bench.selector().selectedKeys().clear();
        Check.that(bench.selector().selectNow() == 0, "not reported again without a new arrival");
        pair[0].write(US_ASCII.encode("two"));
        bench.select(key);
    }

    private static void oneShot(Bench bench) throws IOException {
        SocketChannel[] pair = bench.tcpPair();
        SelectionKey key = bench.register(pair[1], OP_READ | ExtendedOps.ONESHOT);
        pair[0].write(US_ASCII.encode("one"));
        bench.select(key);
        bench.selector().selectedKeys().clear();
        Check.that(bench.selector().selectNow() == 0, "not reported again before the interest is set");
        key.interestOps(OP_READ | ExtendedOps.ONESHOT);
        bench.select(key);
    }

    private static void exclusive(Bench bench) throws IOException {
        ServerSocketChannel server = bench.use(bench.provider.openServerSocketChannel(StandardProtocolFamily.INET));
        server.bind(Bench.loopback());
        SelectionKey key = bench.register(server, OP_ACCEPT | ExtendedOps.EXCLUSIVE);
        SocketChannel client = bench.use(bench.provider.openSocketChannel(StandardProtocolFamily.INET));
        client.connect(server.getLocalAddress());
        bench.select(key);
        bench.use(server.accept());
    }

    private static SocketChannel[] unixPair(Bench bench) throws IOException {
        SocketChannel[] pair = UnixSockets.pair();
        bench.use(pair[0]);
        bench.use(pair[1]);
        return pair;
    }

    private static void passing(Bench bench) throws IOException {
        SocketChannel[] pair = unixPair(bench);
        EventFdChannel sent = bench.use(EventFdChannel.open(7));
        FdPassing.send(pair[0], US_ASCII.encode("!"), sent);
        FdPassing.Received received = bench.use(FdPassing.receive(pair[1], ByteBuffer.allocate(8)));
        SelectableChannel arrived = received.channels().get(0);
        bench.ready(arrived, OP_READ);
        Check.that(((EventFdChannel) arrived).take() == 7, "the same counter");
    }

    private static void credentials(Bench bench) throws IOException {
        long pid = PeerCredentials.of(unixPair(bench)[0]).pid();
        Check.that(pid == ProcessHandle.current().pid(), "this process is its own peer, but " + pid);
    }

    private static void adopting(Bench bench) throws IOException {
        SocketChannel[] pair = bench.tcpPair();
        int number = Fds.dup(Fds.fileno(pair[1]));
        SocketChannel adopted = bench.use(AnyFdSelectorProvider.adopt(number, SocketChannel.class));
        bench.send("ping", pair[0], adopted);
    }

    /** A channel as jnr-enxio's are: of no class that anyfd knows, but with the number of its descriptor. */
    private static final class Foreign extends AbstractSelectableChannel implements NativeSelectableChannel {
        private final int number;

        Foreign(Bench bench, int number) {
            super(bench.provider);
            this.number = number;
        }

        @Override
        public int getFD() {
            return number;
        }

        @Override
        public int validOps() {
            return OP_READ;
        }

        @Override
        protected void implCloseSelectableChannel() {
            // The descriptor is another channel's.
        }

        @Override
        protected void implConfigureBlocking(boolean block) {
            // So is its flag.
        }
    }

    private static void foreign(Bench bench) throws IOException {
        EventFdChannel counter = bench.use(EventFdChannel.open(0));
        Foreign foreign = bench.use(new Foreign(bench, counter.getFD()));
        bench.notReady(foreign, OP_READ);
        counter.add(1);
        bench.ready(foreign, OP_READ);
    }

    private static void sendfile(Bench bench) throws IOException {
        Path path = Files.writeString(bench.folder().resolve("file"), "content");
        FdChannel file = bench.use(FdChannel.open(path, StandardOpenOption.READ));
        SocketChannel[] pair = bench.tcpPair();
        Check.that(ZeroCopy.sendfile(file, 0, 7, pair[0]) == 7, "all is sent");
        bench.ready(pair[1], OP_READ);
        bench.read("content", pair[1]);
    }

    private static void splice(Bench bench) throws IOException {
        SocketChannel[] pair = bench.tcpPair();
        Pipe pipe = bench.provider.openPipe();
        bench.use(pipe.source());
        bench.use(pipe.sink());
        pair[0].write(US_ASCII.encode("moved"));
        bench.ready(pair[1], OP_READ);
        pipe.sink().configureBlocking(false);
        Check.that(ZeroCopy.splice(pair[1], pipe.sink(), 64) == 5, "all is moved");
        bench.read("moved", pipe.source());
    }
}
