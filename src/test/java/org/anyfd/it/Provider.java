package org.anyfd.it;

import java.nio.channels.spi.SelectorProvider;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Guards the server tests against passing on another provider than ours. */
final class Provider {
    private Provider() { }

    static void assertAnyFd(Object channelOrSelector) {
        assertEquals("org.anyfd.AnyFdSelectorProvider", SelectorProvider.provider().getClass().getName());
        String name = channelOrSelector.getClass().getName();
        assertTrue(name.startsWith("org.anyfd."), name);
    }
}
