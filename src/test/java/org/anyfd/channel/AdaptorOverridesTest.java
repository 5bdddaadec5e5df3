package org.anyfd.channel;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.channels.DatagramChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The adaptors of channels: behind the classes they extend there is nothing, so they must override all of it. */
class AdaptorOverridesTest {
    private static void assertAllOverridden(Object adaptor) {
        List<String> inherited = Arrays.stream(adaptor.getClass().getMethods())
            .filter(method -> !Modifier.isStatic(method.getModifiers()))
            .filter(method -> method.getDeclaringClass().getName().startsWith("java.net."))
            .map(Method::toString)
            .toList();
        assertEquals(List.of(), inherited);
    }

    @Test
    void socketInheritsNothing() throws IOException {
        try (SocketChannel channel = SocketChannel.open()) {
            assertAllOverridden(channel.socket());
        }
    }

    @Test
    void serverSocketInheritsNothing() throws IOException {
        try (ServerSocketChannel channel = ServerSocketChannel.open()) {
            assertAllOverridden(channel.socket());
        }
    }

    @Test
    void datagramSocketInheritsNothing() throws IOException {
        try (DatagramChannel channel = DatagramChannel.open()) {
            assertAllOverridden(channel.socket());
        }
    }
}
