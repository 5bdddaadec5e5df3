package org.anyfd.fd;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.BufferedReader;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.concurrent.TimeUnit;

/**
 * What the child JVM of {@link InheritIoTest} runs: while its standard input and output are adopted, non-blocking and
 * registered, it starts processes that share them or are connected to it, and says when each has its turn to read.
 */
final class InheritIoProbe {
    private InheritIoProbe() {
    }

    public static void main(String[] args) throws Exception {
        try (FdChannel in = FdChannel.stdin(); FdChannel out = FdChannel.stdout(); Selector selector = Selector.open()) {
            in.configureBlocking(false);
            out.configureBlocking(false);
            SelectionKey key = in.register(selector, SelectionKey.OP_READ);
            out.register(selector, 0);
            select(selector, key, out);

            say(out, "inheriting");
            finish(process("read line; echo child $line").inheritIO().start());

            say(out, "inheriting the input");
            Process piped = process("read line; echo child $line").redirectInput(Redirect.INHERIT).start();
            try (BufferedReader lines = piped.inputReader(US_ASCII)) {
                say(out, "parent of " + lines.readLine());
            }
            finish(piped);

            say(out, "inheriting the output");
            Process fed = process("read line; echo child $line").redirectOutput(Redirect.INHERIT).start();
            fed.getOutputStream().write("fed\n".getBytes(US_ASCII));
            fed.getOutputStream().close();
            finish(fed);

            select(selector, key, out);
        }
    }

    private static ProcessBuilder process(String script) {
        return new ProcessBuilder("sh", "-c", script);
    }

    private static void finish(Process process) throws Exception {
        if (!process.waitFor(40, TimeUnit.SECONDS) || process.exitValue() != 0) {
            throw new AssertionError(process.toString());
        }
    }

    private static void select(Selector selector, SelectionKey key, FdChannel out) throws IOException {
        say(out, "selecting");
        selector.select();
        ByteBuffer dst = ByteBuffer.allocate(10);
        if (selector.selectedKeys().remove(key) && ((FdChannel) key.channel()).read(dst) > 0) {
            say(out, "parent " + US_ASCII.decode(dst.flip()).toString().strip());
        }
    }

    private static void say(FdChannel out, String line) throws IOException {
        ByteBuffer src = ByteBuffer.wrap((line + "\n").getBytes(US_ASCII));
        while (src.hasRemaining()) {
            out.write(src);
        }
    }
}
