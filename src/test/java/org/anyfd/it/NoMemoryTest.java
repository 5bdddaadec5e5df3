package org.anyfd.it;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Whoever waits can be woken though there is no direct memory left. */
class NoMemoryTest {
    @Test
    void wakeupAndCloseTakeNoMemory() throws Exception {
        String poller = System.getProperty("org.anyfd.poller", "epoll");
        assertEquals("""
            more: 1 ready
            more: 1 ready
            more: 1 ready
            more: 1 ready
            wakeup: 0 ready
            close of the channel: AsynchronousCloseException
            close of the selector: ClosedSelectorException
            """, ChildJvm.run(List.of("-XX:MaxDirectMemorySize=512k", "-Dorg.anyfd.poller=" + poller), NoMemoryProbe.class)
            .quietly());
    }
}
