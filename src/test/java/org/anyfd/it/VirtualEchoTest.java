package org.anyfd.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A virtual thread that waits for a channel or selects leaves its carrier to the others. */
@Timeout(120)
class VirtualEchoTest {
    @BeforeEach
    void hasVirtualThreads() {
        assumeTrue(Runtime.version().feature() >= 24, "virtual threads came with JDK 21, and do not hold their carrier "
            + "while they hold a monitor, as a selection must, since JDK 24");
    }

    @Test
    void tenThousandVirtualThreadsEchoOnOneCarrier() throws Exception {
        List<String> options = new ArrayList<>(List.of(
            "-Djava.nio.channels.spi.SelectorProvider=org.anyfd.AnyFdSelectorProvider",
            "-Djdk.virtualThreadScheduler.parallelism=1",
            "-Djdk.virtualThreadScheduler.maxPoolSize=1"));
        String poller = System.getProperty("org.anyfd.poller");
        if (poller != null) {
            options.add("-Dorg.anyfd.poller=" + poller);
        }
        assertEquals("done=5000 all=true woken=true failures=0\n",
            ChildJvm.run(options, VirtualEcho.class, "10000").quietly());
    }
}
