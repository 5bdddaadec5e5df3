package org.anyfd.examples;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.nio.channels.spi.SelectorProvider;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;

import org.anyfd.fd.EventFdChannel;
import org.anyfd.fd.FdChannel;

/**
 * What anyfd is for, shown in a few seconds: one thread watches a TCP echo server, a pipe, a FIFO, an eventfd, a file and
 * standard input in one selector, while a visitor makes something happen on each of them.
 *
 * <p>Prints a line for each thing seen. Ends when everything has been seen and standard input has ended, or has been
 * silent for {@value #SILENCE_SECONDS} seconds. Exit status 0 if everything was seen, else 1.
 */
public final class Demo implements Mixed.Listener {
    private static final int SILENCE_SECONDS = 5;
    private static final int PATIENCE_SECONDS = 20;

    private final Set<String> unseen = new TreeSet<>(Set.of("tcp", "pipe", "fifo", "eventfd", "file"));
    private final long start = System.nanoTime();
    private long lastSeen = start;
    private boolean stdinOpen;

    private Demo() { }

    public static void main(String[] args) throws Exception {
        String provider = SelectorProvider.provider().getClass().getName();
        if (!provider.startsWith("org.anyfd.")) {
            System.err.println("This demo needs -Djava.nio.channels.spi.SelectorProvider=org.anyfd.AnyFdSelectorProvider,"
                    + " but runs on " + provider);
            System.exit(1);
        }
        System.exit(new Demo().run() ? 0 : 1);
    }

    private boolean run() throws Exception {
        Path file = Files.writeString(Files.createTempFile("anyfd", ".txt"), "two lines\nin a file\n");
        file.toFile().deleteOnExit();
        Path fifo = Mixed.makeFifo();
        try (Mixed mixed = new Mixed(0, this); EventFdChannel counter = EventFdChannel.open(0)) {
            Pipe pipe = Pipe.open();
            mixed.watch("pipe", pipe.source());
            mixed.watch("fifo", FdChannel.open(fifo, StandardOpenOption.READ, StandardOpenOption.WRITE));
            mixed.watch("file", FdChannel.open(file, StandardOpenOption.READ));
            mixed.watchCounter("eventfd", counter);
            print("tcp", "echo server on port " + mixed.port() + ", on " + SelectorProvider.provider().getClass().getName());
            watchStdin(mixed);

            Visitor visitor = new Visitor(mixed.port(), pipe.sink(), fifo, counter);
            FutureTask<Void> visit = new FutureTask<>(visitor) {
                @Override
                protected void done() {
                    mixed.wakeup();
                }
            };
            new Thread(visit, "visitor").start();
            for (long left = millisLeft(visit); left > 0; left = millisLeft(visit)) {
                mixed.turn(left);
            }
            return verdict(visit);
        }
    }

    private void watchStdin(Mixed mixed) throws IOException {
        FdChannel stdin;
        try {
            stdin = FdChannel.stdin();
        } catch (IOException closed) {
            print("stdin", "cannot be watched: " + closed.getMessage());
            return;
        }
        Path name = Files.readSymbolicLink(Path.of("/proc/self/fd/0"));
        boolean terminal = name.startsWith("/dev/pts") || name.toString().startsWith("/dev/tty");
        print("stdin", "is " + name + (terminal ? ": type something, Control-D ends this" : ""));
        mixed.watch("stdin", stdin);
        stdinOpen = true;
    }

    @Override
    public void saw(String source, String what) {
        lastSeen = System.nanoTime();
        unseen.remove(source);
        print(source, what);
    }

    @Override
    public void ended(String source) {
        saw(source, "end");
        stdinOpen &= !source.equals("stdin");
    }

    private void print(String source, String what) {
        System.out.printf("%5d ms  %-8s %s%n", (System.nanoTime() - start) / 1_000_000, source, what);
    }

    /** How much longer to go on: while things are to come, with patience; when all came, until stdin ends or is silent. */
    private long millisLeft(FutureTask<Void> visit) {
        boolean allSeen = visit.isDone() && unseen.isEmpty();
        if (allSeen && !stdinOpen) {
            return 0;
        }
        long end = allSeen
                ? lastSeen + TimeUnit.SECONDS.toNanos(SILENCE_SECONDS)
                : start + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        return Math.max(0, TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime()) + 1);
    }

    private boolean verdict(FutureTask<Void> visit) throws InterruptedException {
        if (!unseen.isEmpty()) {
            System.err.println("FAILED: within " + PATIENCE_SECONDS + " seconds the selector did not see " + unseen);
            return false;
        }
        if (!visit.isDone()) {
            System.err.println("FAILED: the visitor still waits for an answer after " + PATIENCE_SECONDS + " seconds");
            return false;
        }
        try {
            visit.get();
        } catch (ExecutionException e) {
            System.err.println("FAILED: the visitor met " + e.getCause());
            return false;
        }
        print("demo", stdinOpen ? "all seen; stdin silent, so this ends here" : "all seen");
        return true;
    }

    /** Makes something happen on each thing watched, by plain java.io where it can. */
    private record Visitor(int port, Pipe.SinkChannel pipe, Path fifo, EventFdChannel counter) implements Callable<Void> {
        @Override
        public Void call() throws IOException {
            try (pipe) {
                pipe.write(ByteBuffer.wrap(bytes("through the pipe")));
            }
            Files.write(fifo, bytes("through the FIFO"));
            counter.add(3);
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                socket.setSoTimeout((int) TimeUnit.SECONDS.toMillis(PATIENCE_SECONDS));
                for (String word : new String[] {"hello", "selector", "goodbye"}) {
                    socket.getOutputStream().write(bytes(word));
                    String answer = new String(socket.getInputStream().readNBytes(word.length()), StandardCharsets.UTF_8);
                    if (!answer.equals(word)) {
                        throw new IOException("tcp: sent " + word + ", got back " + answer);
                    }
                }
            }
            return null;
        }

        private static byte[] bytes(String text) {
            return text.getBytes(StandardCharsets.UTF_8);
        }
    }
}
