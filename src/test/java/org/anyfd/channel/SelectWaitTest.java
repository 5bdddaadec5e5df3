package org.anyfd.channel;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.Selector;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.anyfd.AnyFdSelectorProvider;
import org.anyfd.testing.Tasks;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;

/** What a selection that waits asks of the kernel: proc(5), /proc/pid/task/tid/syscall, with the numbers of x86-64. */
@EnabledOnOs(architectures = "amd64")
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SelectWaitTest {
    private static final String EPOLL_WAIT = "232";
    private static final String POLL = "7";
    private static final String NAME = "selects forever"; // as many letters as the kernel keeps

    /** A timer costs a twentieth of what a server takes for a request. */
    @Test
    void selectionWithoutTimeoutHasTheKernelSetNoTimer() throws Exception {
        try (Selector selector = new AnyFdSelectorProvider().openSelector()) {
            Thread thread = new Thread(() -> {
                try {
                    selector.select();
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }, NAME);
            thread.setDaemon(true);
            thread.start();
            String[][] call = {null};
            Tasks.await(() -> {
                call[0] = callOf(NAME);
                return call[0][0].equals(EPOLL_WAIT) || call[0][0].equals(POLL);
            }, "the thread waits");
            String timeout = call[0][call[0][0].equals(POLL) ? 3 : 4];
            assertEquals(-1, (int) Long.parseLong(timeout.substring(2), 16));
            selector.wakeup();
            thread.join();
        }
    }

    /** The number and the arguments of the system call in which the thread of that name is, or one word that says other. */
    private static String[] callOf(String name) {
        try (DirectoryStream<Path> threads = Files.newDirectoryStream(Path.of("/proc/self/task"))) {
            for (Path thread : threads) {
                if (Files.readString(thread.resolve("comm")).strip().equals(name)) {
                    return Files.readString(thread.resolve("syscall")).strip().split(" ");
                }
            }
            return new String[] {"none"};
        } catch (IOException e) {
            return new String[] {"ended"}; // a thread, between one look and the next
        }
    }
}
