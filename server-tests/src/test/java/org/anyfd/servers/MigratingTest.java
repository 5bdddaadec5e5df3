package org.anyfd.servers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The code in docs/MIGRATING.md that needs Netty, in its order: a task in Netty's event loop, and a program. */
class MigratingTest {
    private static final Pattern BLOCK =
        Pattern.compile("<!-- with Netty:.*?-->\n```java\n(.*?)^```(?:\n```text\n(.*?)^```)?", Pattern.DOTALL | Pattern.MULTILINE);
    private static final String AROUND_A_TASK = """
        import static java.nio.channels.SelectionKey.*;
        import java.nio.ByteBuffer;
        import java.nio.channels.SelectionKey;
        import org.anyfd.fd.FdChannel;

        class Task {
            int fd;
            ByteBuffer buffer;

            void task() throws Exception {
        """;

    @TempDir
    Path dir;

    private static List<MatchResult> blocks() throws Exception {
        Path page = Stream.of("docs/MIGRATING.md", "../docs/MIGRATING.md").map(Path::of).filter(Files::exists).findFirst()
            .orElseThrow();
        return BLOCK.matcher(Files.readString(page)).results().toList();
    }

    private void assertCompiles(String name, String source) throws Exception {
        Path file = Files.writeString(dir.resolve(name + ".java"), source);
        ByteArrayOutputStream errors = new ByteArrayOutputStream();
        int status = ToolProvider.getSystemJavaCompiler().run(null, null, errors, "-proc:none", "-nowarn", "-d", dir.toString(),
            "-cp", System.getProperty("java.class.path"), file.toString());
        assertEquals(0, status, errors::toString);
    }

    @Test
    void taskInTheEventLoopCompiles() throws Exception {
        assertCompiles("Task", AROUND_A_TASK + blocks().get(0).group(1) + "}}");
    }

    @Test
    @Timeout(60)
    void serverOnAUnixSocketPrintsWhatIsSaid() throws Exception {
        MatchResult program = blocks().get(1);
        assertTrue(program.group(1).contains("public class NettyLocal"));
        assertCompiles("NettyLocal", program.group(1));
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        PrintStream before = System.out;
        System.setOut(new PrintStream(printed, true));
        try (URLClassLoader classes = new URLClassLoader(new URL[] {dir.toUri().toURL()})) {
            classes.loadClass("NettyLocal").getMethod("main", String[].class).invoke(null, (Object) new String[0]);
        } finally {
            System.setOut(before);
        }
        assertEquals(program.group(2), printed.toString());
    }
}
