package org.anyfd.fd;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import org.anyfd.sys.Consts;
import org.anyfd.testing.Bounded;
import org.anyfd.testing.Descriptors;
import org.anyfd.testing.Raw;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * A process that inherits standard input and output from a JVM which has them adopted and registered reads and writes
 * as if it were alone: what they share is never non-blocking.
 */
@Bounded
class InheritIoTest {
    /** A shell that stays, and tells the flags of what all shared. */
    private static final String THEN_TELL_FLAGS = "\"$@\"; grep flags: /proc/self/fdinfo/0 /proc/self/fdinfo/1";

    @RegisterExtension
    final Descriptors fds = new Descriptors();

    private interface Keyboard {
        void type(String line) throws IOException;
    }

    @Test
    void pipe() throws Exception {
        Child child = Child.start(fds, THEN_TELL_FLAGS, Redirect.PIPE, InheritIoProbe.class);
        followed(child, line -> {
            child.input().write((line + "\n").getBytes(StandardCharsets.US_ASCII));
            child.input().flush();
        });
    }

    @Test
    void terminal() throws Exception {
        int master = fds.closing(Raw.ptyMaster());
        Child child = Child.start(fds, THEN_TELL_FLAGS, Redirect.from(Raw.slaveName(master).toFile()),
            InheritIoProbe.class);
        followed(child, line -> Raw.write(master, (line + "\n").getBytes(StandardCharsets.US_ASCII)));
    }

    private static void followed(Child child, Keyboard keyboard) throws Exception {
        child.says("selecting");
        assertBlocking(child);
        keyboard.type("one");
        child.says("parent one", "inheriting");
        assertBlocking(child);
        keyboard.type("two");
        child.says("child two", "inheriting the input");
        keyboard.type("three");
        child.says("parent of child three", "inheriting the output", "child fed", "selecting");
        assertBlocking(child);
        keyboard.type("four");
        child.says("parent four");
        for (int fd = 0; fd < 2; fd++) {
            String flags = child.nextLine().replaceFirst(".*fdinfo/" + fd + ":", "");
            assertEquals(0, Child.flags(flags) & Consts.O_NONBLOCK, flags);
        }
        child.saysNoMore();
    }

    private static void assertBlocking(Child child) throws IOException {
        assertEquals(0, child.inputFlags() & Consts.O_NONBLOCK);
        assertEquals(0, child.flags(1) & Consts.O_NONBLOCK);
    }
}
