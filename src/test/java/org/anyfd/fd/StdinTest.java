package org.anyfd.fd;

import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.anyfd.testing.Bounded;
import org.anyfd.testing.Descriptors;
import org.anyfd.testing.Directories;
import org.anyfd.testing.Raw;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** The standard input of a JVM, selected and read: terminal, pipe, file, /dev/null, none. */
@Bounded
class StdinTest {
    private static final String RUN = "exec \"$@\"";

    @RegisterExtension
    final Descriptors fds = new Descriptors();

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    @Test
    void terminal() throws Exception {
        int master = fds.closing(Raw.ptyMaster());
        Child child = Child.start(fds, RUN, Redirect.from(Raw.slaveName(master).toFile()));
        child.says("selecting");
        Raw.write(master, ascii("one\n"));
        child.says("one", "reading");
        Raw.write(master, ascii("two\n"));
        child.says("two", "selecting");
        byte controlD = 4;
        Raw.write(master, controlD);
        child.says("end");
        child.saysNoMore();
    }

    @Test
    void pipe() throws Exception {
        Child child = Child.start(fds, RUN, Redirect.PIPE);
        child.says("selecting");
        child.input().write(ascii("one"));
        child.input().flush();
        child.says("one", "reading");
        child.input().write(ascii("two"));
        child.input().flush();
        child.says("two", "selecting");
        child.input().close();
        child.says("end");
        child.saysNoMore();
    }

    @Test
    void file(@TempDir(factory = Directories.class) Path directory) throws Exception {
        Path file = Files.writeString(directory.resolve("file"), "one\ntwo\n3");
        Child child = Child.start(fds, RUN, Redirect.from(file.toFile()));
        child.says("selecting", "one", "reading", "two", "selecting", "3", "selecting", "end");
        child.saysNoMore();
    }

    @Test
    void nullDevice() throws Exception {
        Child child = Child.start(fds, RUN, Redirect.from(Path.of("/dev/null").toFile()));
        child.says("selecting", "end", "reading", "end", "selecting", "end");
        child.saysNoMore();
    }

    @Test
    void closed() throws Exception {
        Child child = Child.start(fds, RUN + " <&-", Redirect.PIPE);
        child.says("java.io.IOException: fd 0 (closed when the JVM started, now a file of the JDK): "
            + "EBADF bad file descriptor");
        child.saysNoMore();
    }
}
