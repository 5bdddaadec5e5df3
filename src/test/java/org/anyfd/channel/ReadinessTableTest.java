package org.anyfd.channel;

import static java.nio.channels.SelectionKey.OP_READ;
import static java.nio.channels.SelectionKey.OP_WRITE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import org.anyfd.fd.FdChannel;
import org.anyfd.testing.Bounded;
import org.anyfd.testing.Descriptors;
import org.anyfd.testing.Idle;
import org.anyfd.testing.Tasks;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every kind of descriptor in every state: ready for what poll(2) says, and no spinning over what nobody asked for. */
@Bounded
class ReadinessTableTest {
    @RegisterExtension
    final Descriptors fds = new Descriptors();

    private Selector selector;

    @BeforeEach
    void open() throws IOException {
        selector = fds.closing(Selector.open());
    }

    private FdChannel adopt(Specimen specimen) throws IOException {
        FdChannel channel = fds.own(specimen.make(fds));
        channel.configureBlocking(false);
        return channel;
    }

    @ParameterizedTest
    @EnumSource
    void readyAsTheTableSays(Specimen specimen) throws IOException {
        FdChannel channel = adopt(specimen);
        SelectionKey key = channel.register(selector, channel.validOps());
        assertReady(key, specimen.ready);
        for (int op : new int[] {OP_READ, OP_WRITE}) {
            if ((channel.validOps() & op) != 0) {
                key.interestOps(op);
                assertReady(key, specimen.ready & op);
            }
        }
    }

    /** Selects until that is ready, and then twice more: readiness is told anew each time. */
    private void assertReady(SelectionKey key, int expected) {
        if (expected == 0) {
            assertEquals(0, select(key, 20));
            return;
        }
        Tasks.await(() -> select(key, 1000) == expected, "ready for " + expected);
        assertEquals(expected, select(key, 0));
        assertEquals(expected, select(key, 0));
    }

    private int select(SelectionKey key, long timeoutMillis) {
        try {
            int n = timeoutMillis == 0 ? selector.selectNow() : selector.select(timeoutMillis);
            boolean selected = selector.selectedKeys().remove(key);
            assertEquals(selected ? 1 : 0, n);
            return selected ? key.readyOps() : 0;
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @ParameterizedTest
    @EnumSource
    void nobodyAskedNobodyIsDisturbed(Specimen specimen) throws IOException {
        FdChannel channel = adopt(specimen);
        SelectionKey key = channel.register(selector, 0);
        assertIdle();
        key.interestOps(channel.validOps());
        selector.selectNow();
        selector.selectedKeys().clear();
        key.interestOps(0);
        assertIdle();
    }

    private void assertIdle() throws IOException {
        Idle.assertIdle(selector);
        assertTrue(selector.selectedKeys().isEmpty());
    }
}
