package org.anyfd.it;

import java.util.List;

import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** How a JVM comes to use anyfd, and how it comes away from it; each case in a JVM of its own. */
class FlagTest {
    private static final String PROPERTY = "-Djava.nio.channels.spi.SelectorProvider=";

    @Test
    void jarOnTheClassPathIsEnough() throws Exception {
        assertAnyFd(ChildJvm.run(List.of(), FlagProbe.class));
    }

    @Test
    void flagNamesAnyFd() throws Exception {
        assertAnyFd(ChildJvm.run(List.of(PROPERTY + "org.anyfd.AnyFdSelectorProvider"), FlagProbe.class));
    }

    @Test
    void flagNamesTheJdkProviderBackAndLoadsNoNativeCode() throws Exception {
        String out = ChildJvm.run(List.of(PROPERTY + "sun.nio.ch.EPollSelectorProvider"), FlagProbe.class).quietly();
        assertTrue(out.contains("provider=sun.nio.ch.EPollSelectorProvider\n"), out);
        assertTrue(out.contains("selector=sun.nio.ch.EPollSelectorImpl\n"), out);
        assertTrue(out.contains("native after use=false\n"), out);
        assertTrue(out.endsWith("done\n"), out);
    }

    @Test
    void unsupportedSystemIsToldInOneSentenceThatNamesTheWayOut() throws Exception {
        ChildJvm.Result child = ChildJvm.run(List.of("-Dos.name=Plan9"), FlagProbe.class);
        assertNotEquals(0, child.status());
        assertTrue(child.out().contains("provider=org.anyfd.AnyFdSelectorProvider\n"), child.out());
        List<String> said = child.err().lines().filter(line -> line.contains(PROPERTY)).toList();
        assertEquals(1, said.size(), child.err());
        assertTrue(said.get(0).contains("Plan9"), child.err());
        assertFalse(child.err().contains("UnsatisfiedLinkError"), child.err());
    }

    /** Without a word on standard error, so also without any --add-opens. */
    private static void assertAnyFd(ChildJvm.Result child) {
        String out = child.quietly();
        assertTrue(out.contains("provider=org.anyfd.AnyFdSelectorProvider\n"), out);
        assertTrue(out.contains("selector=org.anyfd."), out);
        assertTrue(out.contains("native before use=false\n"), "asking for the provider loads nothing: " + out);
        assertTrue(out.contains("native after use=true\n"), out);
        assertTrue(out.endsWith("done\n"), out);
    }
}
