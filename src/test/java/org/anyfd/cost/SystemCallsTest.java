package org.anyfd.cost;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * How many system calls operations make: exact counts, so that one more fails the build. Where one is better than what is
 * written here, write it down.
 */
class SystemCallsTest {
    private static void assertCalls(String expected, String name) throws Exception {
        assertEquals(expected, Costs.of(name).calls(), name);
    }

    // -- The guard itself --

    /** What only prepares a call, or asks the C library about itself, is none. */
    @Test
    void allFunctionsThatAnyfdCallsAreCounted() throws Exception {
        Set<String> called = new TreeSet<>();
        try (Stream<Path> sources = Files.walk(Path.of("src/main/java"))) {
            for (Path source : sources.filter(path -> path.toString().endsWith(".java")).toList()) {
                called.addAll(names(source));
            }
        }
        assertTrue(called.contains("epoll_wait"), called::toString);
        // No system calls: SystemCall asks where the C library is.
        called.removeAll(Set.of("dladdr", "qsort"));
        called.removeIf(name -> name.startsWith("posix_spawn_file_actions_") || name.startsWith("posix_spawnattr_"));
        called.removeAll(Set.of(Costs.of("functions").calls().split(" ")));
        assertEquals(Set.of(), called, "add them to src/test/c/counts.c");
    }

    private static Set<String> names(Path source) throws IOException {
        return Pattern.compile("(?:CFunction|SystemCall)\\.named\\(\"(\\w+)\"").matcher(Files.readString(source)).results()
            .map(match -> match.group(1)).collect(Collectors.toSet());
    }

    @Test
    void oneNeedlessCallIsSeen() throws Exception {
        assertEquals(Costs.of("ECHO 1").sum() + 1, Costs.of("WASTE 1").sum());
        assertEquals(Costs.of("ECHO 32").sum() + 32, Costs.of("WASTE 32").sum());
    }

    @Test
    void jdksProviderMakesMoreCallsToToggle() throws Exception {
        assertEquals(6, Costs.of("JDK TOGGLE 1").sum());
    }

    // -- Requests: of one connection, and of 32 that are ready at once --

    @Test
    void echoCostsThreeCalls() throws Exception {
        assertCalls("epoll_wait 1, read 1, write 1", "ECHO 1");
        assertCalls("epoll_wait 1, read 1, write 1", "JDK ECHO 1");
    }

    @Test
    void echoOf32CostsTwoCallsEachAndOneSelect() throws Exception {
        assertCalls("epoll_wait 1, read 32, write 32", "ECHO 32");
    }

    @Test
    void toggleCostsFourCalls() throws Exception {
        assertCalls("epoll_wait 2, read 1, write 1", "TOGGLE 1");
    }

    @Test
    void toggleOf32CostsTwoCallsEachAndTwoSelects() throws Exception {
        assertCalls("epoll_wait 2, read 32, write 32", "TOGGLE 32");
    }

    /** The kernel has to be asked whether there is more: one call, where the JDK's provider makes two. */
    @Test
    void toggleWithRequestsThatFillTheBufferCostsOneCallMore() throws Exception {
        assertCalls("epoll_wait 2, poll 1, read 1, write 1", "EXACT_TOGGLE 1");
        assertCalls("epoll_wait 2, poll 32, read 32, write 32", "EXACT_TOGGLE 32");
    }

    @Test
    void answerByAWorkerCostsFiveCalls() throws Exception {
        assertCalls("epoll_wait 2, read 1, write 2", "WORKER 1");
    }

    /**
     * Bounds, for the selector and the worker run at the same time: it depends on chance how many of the wakeups find the
     * selector waiting, each of which makes it write once and select once more. The last one of a round may be late, and
     * have the next round wait once more.
     */
    @Test
    void answersByAWorkerToManyCostAtMostFourCallsEachAndThreeSelects() throws Exception {
        Costs costs = Costs.of("WORKER 32");
        assertEquals(32, costs.count("read"));
        assertTrue(costs.count("write") >= 32 && costs.count("write") <= 65, costs::toString);
        assertTrue(costs.count("epoll_wait") <= 35, costs::toString);
        assertEquals(0, costs.count("epoll_ctl"));
    }

    @Test
    void cancelAndRegisterAgainCostsFourCalls() throws Exception {
        assertCalls("epoll_wait 2, read 1, write 1", "REGISTER 1");
        assertCalls("epoll_wait 2, read 32, write 32", "REGISTER 32");
        assertEquals(6, Costs.of("JDK REGISTER 1").sum());
    }

    /** Of the epoll_ctl calls, one adds and one removes. */
    @Test
    void connectionThatIsAcceptedAnsweredAndClosedCostsNineCalls() throws Exception {
        assertCalls("accept4 1, close 1, epoll_ctl 2, epoll_wait 2, read 1, shutdown 1, write 1", "ACCEPT 1");
        assertCalls("accept4 32, close 32, epoll_ctl 64, epoll_wait 2, read 32, shutdown 32, write 32", "ACCEPT 32");
        assertTrue(Costs.of("JDK ACCEPT 1").sum() > 9, Costs.of("JDK ACCEPT 1")::toString);
    }

    // -- Selectors --

    @Test
    void wakeupCostsNoCallIfNobodyWaits() throws Exception {
        assertCalls("", "wakeup, nobody waits");
        assertCalls("epoll_wait 1", "select after wakeup");
    }

    /** And the one that waits makes none to take note. */
    @Test
    void wakeupCostsOneCallIfSomebodyWaits() throws Exception {
        assertCalls("epoll_wait 1, write 1", "1 wakeups of one that waits");
        assertCalls("epoll_wait 1, write 1", "10 wakeups of one that waits");
    }

    @Test
    void selectionCostsOneCall() throws Exception {
        for (String name : new String[] {"selectNow, nothing ready", "select, one ready", "select with a time, one ready",
                "select until one time, one ready", "select(Consumer), one ready", "select(Consumer), a file and a pipe"}) {
            assertCalls("epoll_wait 1", name);
        }
    }

    @Test
    void interestThatIsRestoredBeforeTheNextSelectCostsNoCall() throws Exception {
        assertCalls("epoll_wait 1", "interest off and on, no select between");
    }

    /** Of a pipe, which is not watched edge-triggered; a socket's costs none, see {@link #toggleCostsFourCalls}. */
    @Test
    void interestThatChangesCostsOneCall() throws Exception {
        assertCalls("epoll_ctl 2, epoll_wait 2", "interest off, selectNow, on, selectNow");
    }

    @Test
    void registeringAndCancellingCostOneCallEach() throws Exception {
        assertCalls("epoll_ctl 1, epoll_wait 1", "register, selectNow");
        assertCalls("epoll_ctl 1, epoll_wait 1", "cancel, selectNow");
    }

    /** The one that finds out that epoll refuses it. */
    @Test
    void fileThatIsAlwaysReadyCostsOneCallToRegister() throws Exception {
        assertCalls("epoll_ctl 1, epoll_wait 2", "register a file, selectNow, cancel, selectNow");
    }

    // -- Transfers --

    @Test
    void transferCostsOneCall() throws Exception {
        for (String mode : new String[] {"", ", blocking"}) {
            assertCalls("read 1, write 1", "direct buffer" + mode);
            assertCalls("read 1, write 1", "heap buffer" + mode);
            assertCalls("readv 1, writev 1", "two buffers" + mode);
        }
        assertCalls("read 1", "nothing to read");
        assertCalls("read 1, write 1", "add, take");
    }

    // -- Life --

    @Test
    void openingAndClosingMakeNoMoreCallsThanTheyHaveTo() throws Exception {
        assertCalls("close 2, epoll_create1 1, epoll_ctl 1, eventfd 1", "open and close a selector");
        assertCalls("close 1, setsockopt 1, socket 1", "open and close a socket");
        assertCalls("close 2, pipe2 1", "open and close a pipe");
        // pidfd_open(2), for which there is no function.
        assertCalls("close 1, syscall 1", "open and close a pidfd");
    }

    // -- What is not used --

    @Test
    void recordingWithoutOurEventsCostsNoCall() throws Exception {
        assertEquals(Costs.of("TOGGLE 32").calls(), Costs.of("recorded TOGGLE 32").calls());
    }
}
