package org.anyfd.channel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.anyfd.channel.PassedFds.Passed;
import org.anyfd.sys.Errno;
import org.junit.jupiter.api.Test;

/** What the environment says of passed descriptors: sd_listen_fds(3). */
class PassedFdsTest {
    /** The lowest number that is not open. */
    private static final int OPEN = 10;

    private static List<Passed> parse(String... environment) throws IOException {
        Map<String, String> variables = new java.util.HashMap<>();
        for (String variable : environment) {
            variables.put(variable.substring(0, variable.indexOf('=')), variable.substring(variable.indexOf('=') + 1));
        }
        return PassedFds.parse(variables, 77, fd -> fd < OPEN ? 0 : -Errno.EBADF);
    }

    @Test
    void namesAreInTheOrderOfNumbers() throws Exception {
        assertEquals(List.of(new Passed(3, "a"), new Passed(4, "b")),
            parse("LISTEN_FDS=2", "LISTEN_PID=77", "LISTEN_FDNAMES=a:b"));
    }

    @Test
    void missingNamesAreUnknown() throws Exception {
        assertEquals(List.of(new Passed(3, "unknown"), new Passed(4, "unknown")), parse("LISTEN_FDS=2", "LISTEN_PID=77"));
        assertEquals(List.of(new Passed(3, "unknown"), new Passed(4, "b"), new Passed(5, "unknown")),
            parse("LISTEN_FDS=3", "LISTEN_FDNAMES=:b"));
    }

    @Test
    void anotherProcessesAreNone() throws Exception {
        assertEquals(List.of(), parse("LISTEN_FDS=2", "LISTEN_PID=78"));
        assertEquals(List.of(), parse("LISTEN_PID=77"));
        assertEquals(List.of(), parse());
    }

    @Test
    void countIsNotBelievedBeyondWhatIsOpen() {
        assertEquals("LISTEN_FDS=2147483647: fcntl(F_SETFD, fd 10): EBADF bad file descriptor",
            assertThrows(IOException.class, () -> parse("LISTEN_FDS=2147483647")).getMessage());
    }

    @Test
    void nonsenseIsAnError() {
        assertEquals("LISTEN_FDS=two in the environment is not a number",
            assertThrows(IOException.class, () -> parse("LISTEN_FDS=two")).getMessage());
        assertThrows(IOException.class, () -> parse("LISTEN_FDS=-1", "LISTEN_PID=77"));
        assertThrows(IOException.class, () -> parse("LISTEN_FDS=1", "LISTEN_PID="));
    }
}
