package org.anyfd;

import static java.nio.channels.SelectionKey.OP_READ;
import static java.nio.channels.SelectionKey.OP_WRITE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.management.ManagementFactory;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.management.JMX;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import javax.management.openmbean.CompositeData;
import jnr.enxio.channels.NativeSelectableChannel;
import org.anyfd.fd.FdChannel;
import org.anyfd.it.ChildJvm;
import org.anyfd.testing.Bounded;
import org.anyfd.testing.Descriptors;
import org.anyfd.testing.Tasks;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The MBean that lists selectors and keys. */
@Bounded
class SelectorsTest {
    private static final MBeanServer SERVER = ManagementFactory.getPlatformMBeanServer();

    @RegisterExtension
    final Descriptors fds = new Descriptors();

    private ObjectName name;
    private SelectorsMXBean bean;

    @BeforeEach
    void register() throws Exception {
        Selectors.register();
        name = new ObjectName("org.anyfd:type=Selectors");
        // Through the server and back, as a console sees it.
        bean = JMX.newMXBeanProxy(SERVER, name, SelectorsMXBean.class);
    }

    private static String nameOf(Selector selector) {
        return "org.anyfd.channel.NativeSelector@" + Integer.toHexString(selector.hashCode());
    }

    private List<SelectorsMXBean.Key> keysOf(Selector selector) {
        return bean.getKeys().stream().filter(key -> key.getSelector().equals(nameOf(selector))).toList();
    }

    private List<SelectorsMXBean.Selector> rowsOf(Selector selector) {
        return bean.getSelectors().stream().filter(row -> row.getName().equals(nameOf(selector))).toList();
    }

    @Test
    void keyIsListedWithAllThatIsKnownOfIt() throws Exception {
        Selector selector = fds.closing(Selector.open());
        try (TcpPair tcp = TcpPair.open()) {
            tcp.near().register(selector, OP_READ | OP_WRITE);
            selector.selectNow();
            SelectorsMXBean.Key key = keysOf(selector).get(0);
            assertEquals(((NativeSelectableChannel) tcp.near()).getFD(), key.getFd());
            assertEquals("SocketChannel", key.getKind());
            assertEquals("connected local=" + tcp.near().getLocalAddress() + " remote=" + tcp.near().getRemoteAddress(),
                key.getTarget());
            assertEquals("OP_READ|OP_WRITE", key.getInterestOps());
            assertEquals("POLLIN|POLLOUT", key.getArmed());
            assertEquals("OP_WRITE", key.getReadyOps());
            assertEquals(1, rowsOf(selector).get(0).getKeyCount());
            assertTrue(rowsOf(selector).get(0).getBackend().matches("epoll fd [0-9]+|poll"));
        }
    }

    @Test
    void channelOfADescriptorIsListedWithItsFile() throws Exception {
        Selector selector = fds.closing(Selector.open());
        FdChannel pipe = fds.own(fds.pipe().first());
        pipe.configureBlocking(false);
        pipe.register(selector, OP_READ);
        SelectorsMXBean.Key key = keysOf(selector).get(0);
        assertEquals("FdChannel", key.getKind());
        assertTrue(key.getTarget().matches("pipe:\\[[0-9]+]"), key.getTarget());
        assertEquals("0", key.getArmed());
    }

    @Test
    void consoleWithoutOurClassesCanReadIt() throws Exception {
        Selector selector = fds.closing(Selector.open());
        try (TcpPair tcp = TcpPair.open()) {
            tcp.near().register(selector, OP_READ);
            CompositeData[] keys = (CompositeData[]) SERVER.getAttribute(name, "Keys");
            assertTrue(List.of(keys).stream().anyMatch(key -> key.get("selector").equals(nameOf(selector))
                && key.get("interestOps").equals("OP_READ")));
        }
    }

    @Test
    void idleTimeGrowsUntilSomethingHappens() throws Exception {
        Selector selector = fds.closing(Selector.open());
        try (TcpPair tcp = TcpPair.open()) {
            long start = System.nanoTime();
            tcp.near().register(selector, OP_READ);
            Tasks.await(() -> keysOf(selector).get(0).getIdleMillis() >= 50, "idle for 50 ms");
            assertTrue(keysOf(selector).get(0).getIdleMillis() <= TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start));
            tcp.send("x");
            long before = System.nanoTime();
            assertEquals(1, selector.select());
            long idle = keysOf(selector).get(0).getIdleMillis();
            assertTrue(idle <= TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - before), () -> "idle for " + idle);
        }
    }

    @Test
    void listingDisturbsNoSelectionAndNoRegistration() throws Exception {
        Selector waiting = fds.closing(Selector.open());
        Selector busy = fds.closing(Selector.open());
        AtomicBoolean over = new AtomicBoolean();
        try (TcpPair tcp = TcpPair.open(); TcpPair other = TcpPair.open()) {
            tcp.near().register(waiting, OP_READ);
            Tasks.Task<Integer> selection = fds.run(() -> waiting.select()).awaitBlocked();
            Tasks.Task<Void> changes = fds.run(() -> {
                while (!over.get()) {
                    SelectionKey key = other.near().register(busy, OP_READ);
                    busy.selectNow();
                    key.cancel();
                    busy.selectNow();
                }
                return null;
            });
            for (int i = 0; i < 300; i++) {
                assertEquals(1, keysOf(waiting).size());
                // Each as it was at some moment meanwhile: more than one, if one went and the next came.
                keysOf(busy).forEach(key -> assertEquals("SocketChannel", key.getKind()));
            }
            assertFalse(selection.future().isDone(), () -> "selection ended: " + selection.future());
            over.set(true);
            changes.get();
            waiting.wakeup();
            assertEquals(0, selection.get());
        }
    }

    @Test
    void closedSelectorIsNotListed() throws Exception {
        Selector selector = Selector.open();
        assertEquals(1, rowsOf(selector).size());
        selector.close();
        assertEquals(List.of(), rowsOf(selector));
    }

    // -- In JVMs of their own --

    /** Whether the bean is there once a selector is open. */
    static final class Probe {
        public static void main(String[] args) throws Exception {
            try (Selector selector = Selector.open()) {
                System.out.println(SERVER.isRegistered(new ObjectName("org.anyfd:type=Selectors")));
            }
        }
    }

    /** What opening a selector comes to. */
    static final class BareProbe {
        public static void main(String[] args) throws Exception {
            try (Selector selector = Selector.open()) {
                System.out.println("open");
            } catch (UnsupportedOperationException e) {
                System.out.println(e.getMessage());
            }
        }
    }

    @Test
    void propertyRegistersItAndNothingElseDoes() throws Exception {
        assertEquals("true", ChildJvm.run(List.of("-Dorg.anyfd.jmx=true"), Probe.class).quietly().strip());
        assertEquals("false", ChildJvm.run(List.of(), Probe.class).quietly().strip());
    }

    @Test
    void javaWithoutManagementIsToldSoOnlyIfAskedForTheBean() throws Exception {
        List<String> bare = List.of("--limit-modules", "java.base,java.logging,jdk.unsupported");
        assertEquals("open", ChildJvm.run(bare, BareProbe.class).quietly().strip());
        String refusal = ChildJvm.run(List.of(bare.get(0), bare.get(1), "-Dorg.anyfd.jmx=true"), BareProbe.class)
            .quietly().strip();
        assertTrue(refusal.contains("java.management"), refusal);
    }
}
