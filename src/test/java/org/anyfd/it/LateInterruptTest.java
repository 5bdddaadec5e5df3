package org.anyfd.it;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;

/** An interrupt that looks for what to interrupt just before an operation begins, and sets the status after: JDK-8323782. */
@EnabledForJreRange(max = JRE.JAVA_22)
class LateInterruptTest {
    @Test
    void interruptThatFoundNothingEndsTheWaitAllTheSame() throws Exception {
        String poller = System.getProperty("org.anyfd.poller", "epoll");
        assertEquals("""
            read: java.nio.channels.ClosedByInterruptException
            accept: java.nio.channels.ClosedByInterruptException
            accept in time: java.nio.channels.ClosedByInterruptException
            select: 0, interrupted: true
            select in time: 0, interrupted: true
            selectors closed: nobody looks any more
            """, ChildJvm.run(List.of("--add-opens=java.base/java.lang=ALL-UNNAMED", "-Dorg.anyfd.poller=" + poller),
            LateInterruptProbe.class).quietly());
    }
}
