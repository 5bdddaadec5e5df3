package org.anyfd.fd;

import static java.nio.channels.SelectionKey.OP_READ;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.anyfd.testing.Bounded;
import org.anyfd.testing.Descriptors;
import org.anyfd.testing.Tasks;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A thousand children, and one thread. That no file stays open is for {@link Descriptors} to see. */
@Bounded
class ManyChildrenTest {
    private static final int MANY = 1_000;

    @RegisterExtension
    final Descriptors fds = new Descriptors();

    private final List<ChildProcess> children = new ArrayList<>();
    private int ended;
    private int endsOfStream;

    private ChildProcess start(String... command) throws IOException {
        ChildProcess child = ChildProcess.start(new ProcessBuilder(command).redirectErrorStream(true));
        children.add(child);
        fds.closing(child);
        return child;
    }

    @Test
    void thousandAtOnceTakeNoThreadEach() throws Exception {
        start("true").waitFor();
        int threads = ManagementFactory.getThreadMXBean().getThreadCount();
        Selector selector = fds.closing(Selector.open());
        StringBuilder[] outputs = new StringBuilder[MANY];
        for (int i = 0; i < MANY; i++) {
            ChildProcess child = start("cat");
            outputs[i] = new StringBuilder();
            child.stdout().configureBlocking(false).register(selector, OP_READ, outputs[i]);
            child.exit().configureBlocking(false).register(selector, OP_READ, child);
        }
        assertTrue(ManagementFactory.getThreadMXBean().getThreadCount() < threads + 20, "a thread for each");
        assertEquals(0, selector.selectNow());
        for (int i = 0; i < MANY; i++) {
            ChildProcess child = children.get(i + 1);
            assertTrue(child.isAlive());
            child.stdin().write(ByteBuffer.wrap(("I am " + i).getBytes(StandardCharsets.US_ASCII)));
            child.stdin().close();
        }
        while (ended < MANY || endsOfStream < MANY) {
            selector.select(this::serve);
        }
        for (int i = 0; i < MANY; i++) {
            assertEquals("I am " + i, outputs[i].toString());
        }
        assertNoZombies();
    }

    private void serve(SelectionKey key) {
        try {
            if (key.channel() instanceof PidFdChannel exit) {
                assertEquals(ExitStatus.exited(0), exit.take());
                exit.close();
                ended++;
                return;
            }
            ByteBuffer buffer = ByteBuffer.allocate(100);
            if (((FdChannel) key.channel()).read(buffer) < 0) {
                key.channel().close();
                endsOfStream++;
            }
            ((StringBuilder) key.attachment()).append(StandardCharsets.US_ASCII.decode(buffer.flip()));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** Started by several threads, beside children of the JDK; nobody selects or waits before all are started. */
    @Test
    void thousandThatEndAtOnceAreNoZombies() throws Exception {
        List<Tasks.Task<Void>> starters = new ArrayList<>();
        List<ChildProcess> started = java.util.Collections.synchronizedList(children);
        for (int t = 0; t < 4; t++) {
            starters.add(fds.run(() -> {
                for (int i = 0; i < MANY / 4; i++) {
                    if (i % 10 == 0) {
                        assertEquals(3, new ProcessBuilder("sh", "-c", "exit 3").start().waitFor());
                    }
                    started.add(ChildProcess.start(new ProcessBuilder("true")));
                }
                return null;
            }));
        }
        for (Tasks.Task<Void> starter : starters) {
            starter.get();
        }
        for (ChildProcess child : children) {
            assertEquals(0, child.waitFor());
            child.close();
        }
        assertNoZombies();
    }

    private void assertNoZombies() {
        for (ChildProcess child : children) {
            assertTrue(!Files.exists(Path.of("/proc/" + child.pid())), child::toString);
        }
    }
}
