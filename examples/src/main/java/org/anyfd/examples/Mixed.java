package org.anyfd.examples;

import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

import org.anyfd.fd.EventFdChannel;
import org.anyfd.fd.FdChannel;

/**
 * One thread, one selector, and in it everything: a TCP echo server, standard input whatever that is, a FIFO, an eventfd
 * that another thread adds to, and any files named as arguments. Ends when standard input does (Control-D).
 *
 * <pre>
 *   examples/run Mixed                 then type, and from another terminal: echo hello &gt; the FIFO it names
 *   examples/run Mixed notes.txt &lt; other.txt
 * </pre>
 */
public final class Mixed implements Closeable {
    /** Hears what the loop sees; called on the loop's thread. */
    interface Listener {
        void saw(String source, String what);

        void ended(String source);
    }

    /** What to do when a channel is ready. */
    private interface Action {
        void run() throws IOException;
    }

    /** What a watched channel's key has attached; the echo server's keys have something else. */
    private record Watch(String name, Action action) { }

    private final Selector selector = Selector.open();
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(8 * 1024);
    private final Listener listener;
    private final EchoServer echo;

    Mixed(int port, Listener listener) throws IOException {
        this.listener = listener;
        this.echo = new EchoServer(selector, port, what -> listener.saw("tcp", what));
    }

    public static void main(String[] args) throws Exception {
        Console console = new Console();
        ScheduledExecutorService ticker = Executors.newSingleThreadScheduledExecutor();
        Path fifo = makeFifo();
        try (Mixed mixed = new Mixed(0, console); EventFdChannel ticks = EventFdChannel.open(0)) {
            console.saw("tcp", "echo server on port " + mixed.port());
            console.saw("fifo", "try: echo hello > " + fifo);
            mixed.watch("stdin", FdChannel.stdin());
            mixed.watch("fifo", FdChannel.open(fifo, StandardOpenOption.READ, StandardOpenOption.WRITE));
            mixed.watchCounter("eventfd", ticks);
            for (String file : args) {
                mixed.watch(file, FdChannel.open(Path.of(file), StandardOpenOption.READ));
            }
            ticker.scheduleAtFixedRate(() -> tick(ticks), 1, 5, TimeUnit.SECONDS);
            while (!console.stdinEnded) {
                mixed.turn(0);
            }
        } finally {
            ticker.shutdownNow();
        }
    }

    /** Makes a FIFO in a directory of its own, which goes when this JVM does. */
    static Path makeFifo() throws IOException, InterruptedException {
        Path fifo = Files.createTempDirectory("anyfd").resolve("fifo");
        fifo.getParent().toFile().deleteOnExit();
        fifo.toFile().deleteOnExit();
        int status = new ProcessBuilder("mkfifo", fifo.toString()).start().waitFor();
        if (status != 0) {
            throw new IOException("mkfifo " + fifo + ": exit status " + status);
        }
        return fifo;
    }

    int port() throws IOException {
        return echo.port();
    }

    /** Reads the channel whenever it has something, until its end. The channel becomes this object's to close. */
    <C extends SelectableChannel & ReadableByteChannel> void watch(String name, C channel) throws IOException {
        register(name, channel, () -> {
            buffer.clear();
            if (channel.read(buffer) < 0) {
                channel.close();
                listener.ended(name);
            } else if (buffer.position() > 0) {
                listener.saw(name, show(buffer.flip()));
            }
        });
    }

    /** Takes the counter's value whenever it is not zero. */
    void watchCounter(String name, EventFdChannel counter) throws IOException {
        register(name, counter, () -> listener.saw(name, "counter was " + counter.take()));
    }

    /** Waits until something is ready, or for so long (0: for ever), and deals with all that is. */
    void turn(long timeoutMillis) throws IOException {
        selector.select(this::dispatch, timeoutMillis);
    }

    /** Ends the current turn, or the next; any thread may call this. */
    void wakeup() {
        selector.wakeup();
    }

    @Override
    public void close() throws IOException {
        for (SelectionKey key : selector.keys()) {
            key.channel().close();
        }
        selector.close();
    }

    private void register(String name, SelectableChannel channel, Action action) throws IOException {
        channel.configureBlocking(false);
        channel.register(selector, SelectionKey.OP_READ, new Watch(name, action));
    }

    private void dispatch(SelectionKey key) {
        if (!(key.attachment() instanceof Watch watch)) {
            echo.serve(key);
            return;
        }
        try {
            watch.action.run();
        } catch (IOException broken) {
            key.cancel(); // the others go on
            listener.saw(watch.name, broken.toString());
            listener.ended(watch.name);
        }
    }

    private static void tick(EventFdChannel ticks) {
        try {
            ticks.add(1);
        } catch (IOException e) {
            throw new UncheckedIOException(e); // closed: the ticker stops
        }
    }

    /** A short text as it is, with a dot for what would disturb a terminal; a long one as its length. */
    private static String show(ByteBuffer bytes) {
        String text = StandardCharsets.UTF_8.decode(bytes).toString().stripTrailing();
        if (text.length() > 60) {
            return bytes.limit() + " bytes";
        }
        return '"' + text.replaceAll("\\p{Cntrl}", ".") + '"';
    }

    /** Prints a line for each thing seen. */
    private static final class Console implements Listener {
        private boolean stdinEnded;

        @Override
        public void saw(String source, String what) {
            System.out.printf("%-8s %s%n", source, what);
        }

        @Override
        public void ended(String source) {
            saw(source, "end");
            stdinEnded |= source.equals("stdin");
        }
    }
}
