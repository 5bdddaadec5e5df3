package org.anyfd.fault;

import static java.nio.channels.SelectionKey.OP_ACCEPT;
import static java.nio.channels.SelectionKey.OP_READ;
import static java.nio.channels.SelectionKey.OP_WRITE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import jnr.enxio.channels.NativeSelectableChannel;
import org.anyfd.sys.Consts;
import org.anyfd.sys.Errno;
import org.anyfd.testing.Descriptors;
import org.anyfd.testing.Raw;

/** What the kernel may refuse a selector, or tell it wrongly. */
final class SelectorFaults {
    private static final boolean EPOLL = !"poll".equals(System.getProperty("org.anyfd.poller"));
    private static final String WAIT = EPOLL ? "epoll_wait" : "poll";

    private final Descriptors fds;
    private final Selector selector;
    /** A healthy key of the selector. */
    private final SelectionKey other;
    private final Pipe.SinkChannel otherSink;

    SelectorFaults(Descriptors fds) throws IOException {
        this.fds = fds;
        selector = fds.closing(Selector.open());
        Pipe pipe = pipe();
        other = pipe.source().register(selector, OP_READ);
        otherSink = pipe.sink();
        selector.selectNow();
    }

    private Pipe pipe() throws IOException {
        Pipe pipe = Pipe.open();
        fds.closing(pipe.source()).configureBlocking(false);
        fds.closing(pipe.sink()).configureBlocking(false);
        return pipe;
    }

    private SocketChannel[] connection() throws IOException {
        try (ServerSocketChannel listener = ServerSocketChannel.open()
                .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))) {
            SocketChannel near = fds.closing(SocketChannel.open(listener.getLocalAddress()));
            SocketChannel far = fds.closing(listener.accept());
            near.configureBlocking(false);
            return new SocketChannel[] {near, far};
        }
    }

    private static int number(SelectionKey key) {
        return ((NativeSelectableChannel) key.channel()).getFD();
    }

    private static ByteBuffer oneByte() {
        return ByteBuffer.allocate(1);
    }

    /** The other key is heard, and beside it nothing is. */
    private void assertOthersWork() throws IOException {
        selector.selectedKeys().clear();
        otherSink.write(oneByte());
        assertEquals(1, selector.select());
        assertEquals(Set.of(other), selector.selectedKeys());
        ((Pipe.SourceChannel) other.channel()).read(oneByte());
        assertSleeps();
    }

    private void assertSleeps() throws IOException {
        selector.selectedKeys().clear();
        Cpu cpu = Cpu.here();
        Faults.count(WAIT);
        assertEquals(0, selector.select(100));
        assertTrue(Faults.calls() <= 5, () -> Faults.calls() + " waits");
        cpu.assertIdle();
        Faults.end();
    }

    private String failure() {
        String message = assertThrowsExactly(IOException.class, () -> selector.select()).getMessage();
        Faults.end();
        return message;
    }

    // -- epoll_ctl --

    @Case(only = "epoll")
    void refusedRegistrationIsToldOnce() throws IOException {
        for (int errno : new int[] {Errno.ENOMEM, Errno.ENOSPC}) {
            Pipe pipe = pipe();
            SelectionKey key = pipe.source().register(selector, OP_READ);
            Faults.once("epoll_ctl", errno);
            assertEquals("epoll_ctl(ADD, fd " + number(key) + "): " + Errno.failed("", errno).getMessage().substring(2),
                failure());
            assertFalse(key.isValid());
            assertOthersWork();
            assertEquals(Set.of(other), selector.keys());
            assertHeardAgain(pipe);
        }
    }

    private void assertHeardAgain(Pipe pipe) throws IOException {
        SelectionKey again = pipe.source().register(selector, OP_READ);
        assertEquals(0, selector.selectNow());
        pipe.sink().write(oneByte());
        assertEquals(1, selector.select());
        assertEquals(Set.of(again), selector.selectedKeys());
        again.cancel();
        selector.selectNow();
    }

    @Case(only = "epoll")
    void refusedChangeIsToldOnce() throws IOException {
        SocketChannel near = connection()[0];
        SelectionKey key = near.register(selector, OP_READ);
        selector.selectNow();
        key.interestOps(OP_READ | OP_WRITE);
        Faults.once("epoll_ctl", Errno.ENOMEM);
        assertEquals("epoll_ctl(MOD, fd " + number(key) + "): ENOMEM cannot allocate memory", failure());
        assertFalse(key.isValid());
        assertOthersWork();
        near.register(selector, OP_WRITE);
        assertEquals(1, selector.select());
    }

    /** A timer only spares the kernel some: see WaitTimer. */
    @Case(only = "epoll")
    void selectionsEndInTimeWithoutATimerToo() throws IOException {
        Map<String, Integer> refusals = Map.of("timerfd_create", Errno.EMFILE, "timerfd_settime", Errno.ENOMEM,
            "epoll_ctl", Errno.ENOSPC);
        for (Map.Entry<String, Integer> refusal : refusals.entrySet()) {
            Selector timed = fds.closing(Selector.open());
            Pipe pipe = pipe();
            pipe.source().register(timed, OP_READ);
            pipe.sink().write(oneByte());
            timed.selectNow();
            Faults.always(refusal.getKey(), refusal.getValue());
            for (int i = 0; i < 100; i++) {
                timed.selectedKeys().clear();
                assertEquals(1, timed.select(1_000_000));
            }
            assertEquals(refusal.getKey(), Faults.struck());
            pipe.source().read(oneByte());
            timed.selectedKeys().clear();
            assertEquals(0, timed.select(10));
            Faults.end();
        }
    }

    /** The entry that stays is nobody's: its events neither reach a key nor keep the selector busy. */
    @Case(only = "epoll")
    void entryThatCouldNotBeRemovedHarmsNobody() throws IOException {
        Pipe pipe = pipe();
        SelectionKey key = pipe.source().register(selector, OP_READ);
        selector.selectNow();
        pipe.sink().write(oneByte());
        key.cancel();
        Faults.once("epoll_ctl", Errno.ENOMEM);
        selector.selectNow();
        Faults.end();
        assertEquals(Set.of(other), selector.keys());
        for (int i = 0; i < 3; i++) {
            // Finds the ghost, and gets rid of it.
            assertEquals(0, selector.selectNow());
        }
        assertOthersWork();
        pipe.source().register(selector, OP_READ);
        assertEquals(1, selector.select());
    }

    // -- The wait --

    @Case
    void refusedWaitIsToldOnce() throws IOException {
        for (int errno : new int[] {Errno.ENOMEM, Errno.EINVAL}) {
            Faults.once(WAIT, errno);
            String message = failure();
            assertTrue(message.startsWith(WAIT + "(") && message.contains(Errno.name(errno)), message);
            assertOthersWork();
        }
    }

    @Case(only = "epoll")
    void epollDescriptorClosedBehindOurBackIsTold() throws IOException {
        Set<Integer> before = numbers("anon_inode:[eventpoll]");
        try (Selector victim = Selector.open()) {
            pipe().source().register(victim, OP_READ);
            victim.selectNow();
            Set<Integer> epolls = numbers("anon_inode:[eventpoll]");
            epolls.removeAll(before);
            assertEquals(1, epolls.size());
            int epfd = epolls.iterator().next();
            // Something else under that number, which does not go to the next who opens a file then.
            Raw.dup(fds.pipe().first(), epfd);
            for (int i = 0; i < 2; i++) {
                assertEquals("epoll_wait(fd " + epfd + "): EINVAL invalid argument",
                    assertThrowsExactly(IOException.class, () -> victim.select(1000)).getMessage());
            }
        }
        assertOthersWork();
    }

    /** Without a waker, a selector can wait, but not be woken: better it says so. */
    @Case(only = "poll")
    void wakerClosedBehindOurBackIsTold() throws IOException {
        Set<Integer> before = numbers("anon_inode:[eventfd]");
        try (Selector victim = Selector.open()) {
            Set<Integer> eventfds = numbers("anon_inode:[eventfd]");
            eventfds.removeAll(before);
            assertEquals(1, eventfds.size());
            int eventfd = eventfds.iterator().next();
            int next = fds.pipe().first();
            Raw.close(eventfd);
            try {
                assertEquals("poll(eventfd " + eventfd + "): EBADF bad file descriptor",
                    assertThrowsExactly(IOException.class, () -> victim.select(1000)).getMessage());
            } finally {
                // The close of the selector closes it again.
                Raw.dup(next, eventfd);
            }
        }
        assertOthersWork();
    }

    private static Set<Integer> numbers(String kind) throws IOException {
        Set<Integer> numbers = new HashSet<>();
        try (var files = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
            for (Path file : files) {
                try {
                    if (Files.readSymbolicLink(file).toString().equals(kind)) {
                        numbers.add(Integer.parseInt(file.getFileName().toString()));
                    }
                } catch (NoSuchFileException closedMeanwhile) {
                    continue;
                }
            }
        }
        return numbers;
    }

    // -- Readiness that is none --

    @Case
    void spuriousReadinessToReadIsHarmless() throws IOException {
        SocketChannel[] ends = connection();
        SelectionKey key = ends[0].register(selector, OP_READ);
        assertSpuriousReadsAreHarmless(key);
        ends[1].write(oneByte());
        assertEquals(1, selector.select(), "what is there is heard");
    }

    /** As servers do around each request. */
    @Case
    void spuriousReadinessOfAKeyThatIsMutedAndUnmutedIsHarmless() throws IOException {
        SocketChannel[] ends = connection();
        SelectionKey key = ends[0].register(selector, OP_READ);
        for (int i = 0; i < 8; i++) {
            key.interestOps(i % 2 == 0 ? 0 : OP_READ);
            selector.selectNow();
        }
        assertSpuriousReadsAreHarmless(key);
        ends[1].write(oneByte());
        assertEquals(1, selector.select(), "what is there is heard");
    }

    private void assertSpuriousReadsAreHarmless(SelectionKey key) throws IOException {
        SocketChannel near = (SocketChannel) key.channel();
        selector.selectNow();
        Faults.ready(number(key), Consts.POLLIN, 3);
        for (int i = 0; i < 3 && Faults.readyLeft() > 0; i++) {
            selector.select(1000);
            assertTrue(Set.of(key).containsAll(selector.selectedKeys()));
            selector.selectedKeys().clear();
            assertEquals(0, near.read(oneByte()));
        }
        assertEquals(0, Faults.readyLeft());
        Faults.end();
        assertOthersWork();
    }

    @Case
    void spuriousReadinessToAcceptIsHarmless() throws IOException {
        ServerSocketChannel listener = fds.closing(ServerSocketChannel.open())
            .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        listener.configureBlocking(false);
        SelectionKey key = listener.register(selector, OP_ACCEPT);
        selector.selectNow();
        Faults.ready(number(key), Consts.POLLIN, 1);
        assertEquals(1, selector.select(1000));
        assertNull(listener.accept());
        assertOthersWork();
        fds.closing(SocketChannel.open(listener.getLocalAddress()));
        assertEquals(1, selector.select());
        fds.closing(listener.accept());
    }

    /** An event for which nobody asked. */
    @Case
    void eventsNotAskedForAreNotTold() throws IOException {
        SelectionKey key = connection()[0].register(selector, OP_READ);
        selector.selectNow();
        Faults.ready(number(key), Consts.POLLOUT, 5);
        assertEquals(0, selector.select(50));
        assertOthersWork();
    }
}
