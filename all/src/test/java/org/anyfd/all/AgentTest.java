package org.anyfd.all;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import packaged.BootProgram;
import packaged.JettyProgram;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Packaged programs that know nothing of anyfd, put on it by one option. */
@Timeout(value = 50, threadMode = Timeout.ThreadMode.SEPARATE_THREAD) // a read of a child's output heeds no interrupt
class AgentTest {
    private static final String AGENT = "-javaagent:" + Java.JAR;
    private static final String NATIVE_ACCESS = "--enable-native-access=ALL-UNNAMED";
    private static final int WARNING_LINES = 4;

    @TempDir
    private Path folder;

    @Test
    void springBootJarIsOnAnyFd() throws Exception {
        String out = Java.run(Java.command(AGENT, "-jar", bootJar()), "input").out();
        assertTrue(out.contains("own loader=LaunchedClassLoader\n"), out);
        assertTrue(out.contains("provider=org.anyfd.AnyFdSelectorProvider\n"), out);
        assertTrue(out.contains("http=hi\n"), out);
        assertTrue(out.contains("foreign loader=LaunchedClassLoader\n"), "its own jnr-enxio: " + out);
        assertTrue(out.contains("foreign selected=1\n"), out);
        assertTrue(out.endsWith("done\n"), out);
    }

    @Test
    void containersPutItIntoTheEnvironment() throws Exception {
        ProcessBuilder java = Java.command("-jar", bootJar());
        java.environment().put("JAVA_TOOL_OPTIONS", AGENT + "=verbose");
        Java.Ended ended = Java.run(java, "input");
        assertTrue(ended.out().contains("provider=org.anyfd.AnyFdSelectorProvider\n"), ended.toString());
        assertTrue(ended.err().contains("anyfd: the selector provider is org.anyfd.AnyFdSelectorProvider\n"), ended.err());
    }

    @Test
    void usersChoiceOfAnotherProviderWins() throws Exception {
        String out = Java.run(Java.command("-Djava.nio.channels.spi.SelectorProvider=sun.nio.ch.EPollSelectorProvider",
            AGENT, "-jar", bootJar()), "").quietly();
        assertTrue(out.contains("provider=sun.nio.ch.EPollSelectorProvider\n"), out);
    }

    @Test
    void unknownArgumentStopsTheProgram() throws Exception {
        Java.Ended ended = Java.run(AGENT + "=verbos", "-version");
        assertEquals(2, ended.status(), ended.err());
        assertEquals("-javaagent:anyfd-all.jar=verbos: the only argument is verbose", ended.err().strip());
    }

    @Test
    void jettyWaitsInOurSelectorAndNothingWarns() throws Exception {
        Process jetty = jetty(Java.WARNS ? new String[] {AGENT, NATIVE_ACCESS} : new String[] {AGENT}).start();
        try {
            serve(jetty);
            String threads = threadsOf(jetty);
            assertTrue(threads.contains("at org.anyfd.channel.NativeSelector"), threads);
            assertFalse(threads.contains("EPollSelectorImpl"), threads);
        } finally {
            end(jetty);
        }
        assertEquals(0, jetty.exitValue());
        assertEquals("", errors());
    }

    /** What remains, and the option for it, are in the README and in the self-test. */
    @Test
    void withoutOptionsOnlyNativeAccessIsWarnedOf() throws Exception {
        Process jetty = jetty(AGENT).start();
        try {
            serve(jetty);
        } finally {
            end(jetty);
        }
        List<String> warnings = errors().lines().filter(line -> !line.isBlank()).toList();
        assertEquals(Java.WARNS ? WARNING_LINES : 0, warnings.size(), warnings.toString());
        assertTrue(warnings.stream().noneMatch(line -> line.contains("Unsafe")), warnings.toString());
        assertTrue(!Java.WARNS || warnings.stream().anyMatch(line -> line.contains(NATIVE_ACCESS)), warnings.toString());
    }

    private ProcessBuilder jetty(String... options) {
        List<String> arguments = new ArrayList<>(List.of(options));
        String path = Java.libraries("jetty-", "slf4j-", "jakarta.", "test-classes").stream().map(Path::toString)
            .collect(Collectors.joining(":"));
        arguments.addAll(List.of("-cp", path, JettyProgram.class.getName()));
        return Java.command(arguments.toArray(String[]::new)).redirectError(folder.resolve("errors").toFile());
    }

    private String errors() throws IOException {
        return Files.readString(folder.resolve("errors"));
    }

    private void serve(Process jetty) throws Exception {
        BufferedReader out = jetty.inputReader();
        String line = out.readLine();
        assertTrue(line != null && line.startsWith("port="), () -> line + "\n" + Java.read(folder.resolve("errors")));
        HttpResponse<String> response = HttpClient.newHttpClient().send(
            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + line.substring(5) + "/")).build(),
            HttpResponse.BodyHandlers.ofString());
        assertEquals("served by Jetty", response.body());
    }

    private static String threadsOf(Process process) throws Exception {
        ProcessBuilder jcmd = new ProcessBuilder(Java.tool("jcmd"), Long.toString(process.pid()), "Thread.print");
        return Java.run(jcmd, "").out();
    }

    /** It ends with its standard input. */
    private static void end(Process jetty) throws Exception {
        jetty.outputWriter().close();
        if (!jetty.waitFor(30, TimeUnit.SECONDS)) {
            jetty.destroyForcibly().waitFor();
        }
    }

    private String bootJar() throws IOException {
        return BootJar.pack(folder.resolve("program.jar"), BootProgram.class,
            Java.libraries("jnr-", "jffi-", "asm-")).toString();
    }
}
