package org.anyfd;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.Map;
import org.anyfd.sys.Consts;
import org.anyfd.testing.Descriptors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Tests of what a selection reports, in each {@link Form} of selecting: a selector and a connection for each. */
@ParameterizedClass
@EnumSource(Form.class)
abstract class EachForm {
    @RegisterExtension
    final Descriptors fds = new Descriptors();

    @Parameter
    Form form;
    Selector selector;
    TcpPair tcp;

    @BeforeEach
    void open() throws IOException {
        selector = fds.closing(Selector.open());
        tcp = fds.closing(TcpPair.open());
    }

    /** In non-blocking mode, without a check of the operations by the channel. */
    final SelectionKey key(SelectableChannel channel, int ops) throws IOException {
        channel.configureBlocking(false);
        return channel.register(selector, 0).interestOps(ops);
    }

    /** One byte, which the near end has then. */
    final void send() throws IOException {
        tcp.send("x");
        tcp.awaitEvents(Consts.POLLIN);
    }

    final void assertReady(SelectionKey key, int ops) throws IOException {
        assertEquals(Map.of(key, ops), form.await(selector));
    }

    final void assertNothing() throws IOException {
        assertEquals(Map.of(), form.look(selector));
    }
}
