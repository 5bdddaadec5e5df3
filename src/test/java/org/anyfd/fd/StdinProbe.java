package org.anyfd.fd;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;

/**
 * What a child JVM of {@link StdinTest} and {@link AdoptedFlagsTest} runs: takes its standard input three times, first
 * when a selector says so, then by a blocking read, then by a selector to the end; says on its standard output what it
 * is about to do, and then what came.
 */
final class StdinProbe {
    private StdinProbe() {
    }

    public static void main(String[] args) throws IOException {
        try (FdChannel out = FdChannel.stdout()) {
            try (FdChannel in = FdChannel.stdin(); Selector selector = Selector.open()) {
                select(in, selector, out);
                say(out, "reading");
                say(out, read(in));
                String last;
                do {
                    last = select(in, selector, out);
                } while (!last.equals("end"));
            } catch (IOException e) {
                say(out, e.toString());
            }
        }
    }

    private static String select(FdChannel in, Selector selector, FdChannel out) throws IOException {
        in.configureBlocking(false);
        SelectionKey key = in.register(selector, SelectionKey.OP_READ);
        say(out, "selecting");
        selector.select();
        String got = selector.selectedKeys().remove(key) ? read(in) : "nothing";
        say(out, got);
        key.cancel();
        selector.selectNow();
        in.configureBlocking(true);
        return got;
    }

    private static String read(FdChannel in) throws IOException {
        ByteBuffer dst = ByteBuffer.allocate(4);
        return in.read(dst) < 0 ? "end" : US_ASCII.decode(dst.flip()).toString().strip();
    }

    private static void say(FdChannel out, String line) throws IOException {
        out.write(ByteBuffer.wrap((line + "\n").getBytes(US_ASCII)));
    }
}
