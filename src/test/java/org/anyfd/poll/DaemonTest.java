package org.anyfd.poll;

import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.atomic.AtomicReference;
import org.anyfd.testing.Bounded;
import org.junit.jupiter.api.Test;

/** What a thread of the library has of the thread that had it made. */
@Bounded
class DaemonTest {
    private static final InheritableThreadLocal<String> INHERITED = new InheritableThreadLocal<>();

    @Test
    void keepsNothingOfItsMakerAlive() throws Exception {
        Thread maker = Thread.currentThread();
        ClassLoader before = maker.getContextClassLoader();
        AtomicReference<String> value = new AtomicReference<>("not run");
        Thread daemon;
        maker.setContextClassLoader(new ClassLoader(before) { });
        INHERITED.set("the maker's");
        try {
            daemon = Daemon.of(() -> value.set(INHERITED.get()), "daemon");
        } finally {
            INHERITED.remove();
            maker.setContextClassLoader(before);
        }
        assertSame(ClassLoader.getSystemClassLoader(), daemon.getContextClassLoader());
        assertTrue(daemon.isDaemon());
        daemon.start();
        daemon.join();
        assertNull(value.get());
    }
}
