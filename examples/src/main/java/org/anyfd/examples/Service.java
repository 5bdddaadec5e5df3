package org.anyfd.examples;

import java.io.Closeable;
import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;

import org.anyfd.fd.ChildProcess;
import org.anyfd.fd.TimerFdChannel;

/**
 * A shell script that is kept running: one that ends is started again after a pause. Used by the thread of its selector
 * alone, which runs what its keys have attached.
 */
final class Service implements Closeable {
    private static final Duration PAUSE = Duration.ofSeconds(1);
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final Path script;
    private final Selector selector;
    /** While the script runs: when to end it by force. While it does not: when to start it. */
    private final TimerFdChannel timer = TimerFdChannel.open();
    private final ByteBuffer line = ByteBuffer.allocate(4096);
    /** Null while the script does not run. */
    private ChildProcess child;
    private boolean wanted = true;
    /** Whether it need not wait for its next start. */
    private boolean atOnce;

    Service(Path script, Selector selector) throws IOException {
        this.script = script;
        this.selector = selector;
        watch(timer, this::timeIsOver);
        start();
    }

    private void watch(SelectableChannel channel, Supervisor.Action action) throws IOException {
        channel.configureBlocking(false).register(selector, SelectionKey.OP_READ, action);
    }

    private void start() throws IOException {
        ProcessBuilder builder = new ProcessBuilder("sh", script.toString()).redirectErrorStream(true)
            .redirectInput(new File("/dev/null"));
        atOnce = false;
        child = ChildProcess.start(builder, ChildProcess.newSession());
        watch(child.stdout(), this::read);
        watch(child.exit(), this::ended);
        say("started, process " + child.pid());
    }

    /** Has the script end, and be started again at once. */
    void restart() throws IOException {
        wanted = true;
        atOnce = true;
        if (child != null) {
            terminate();
        } else {
            timer.schedule(Duration.ZERO);
        }
    }

    /** Has the script end for good. */
    void stop() throws IOException {
        wanted = false;
        if (child != null) {
            terminate();
        } else {
            close();
        }
    }

    boolean isOver() {
        return !timer.isOpen();
    }

    private void terminate() throws IOException {
        child.signalGroup("TERM");
        timer.schedule(PATIENCE);
    }

    private void timeIsOver() throws IOException {
        if (timer.takeExpirations() == 0) {
            return; // it was set anew in the meantime
        }
        if (child != null) {
            child.signalGroup("KILL");
        } else {
            start();
        }
    }

    private void read() throws IOException {
        if (readOnce() < 0) {
            child.stdout().close(); // the script closed it, and goes on
        }
    }

    private int readOnce() throws IOException {
        int n = child.stdout().read(line);
        for (int end = newline(); end >= 0; end = newline()) {
            print(end);
        }
        if (!line.hasRemaining()) {
            print(line.position());
        }
        return n;
    }

    /** Where the first line ends; -1 if it does not yet. */
    private int newline() {
        for (int i = 0; i < line.position(); i++) {
            if (line.get(i) == '\n') {
                return i;
            }
        }
        return -1;
    }

    private void print(int end) {
        System.out.println(name() + " | " + new String(line.array(), 0, end, StandardCharsets.UTF_8));
        line.flip().position(Math.min(end + 1, line.limit()));
        line.compact();
    }

    private void ended() throws IOException {
        String how = child.exit().take().toString();
        while (child.stdout().isOpen() && readOnce() > 0) {
            // what it wrote before is still there
        }
        if (line.position() > 0) {
            print(line.position());
        }
        child.close();
        child = null;
        if (!wanted) {
            say("ended for good: " + how);
            close();
            return;
        }
        say("ended: " + how + (atOnce ? "" : "; again in " + PAUSE.toSeconds() + " s"));
        timer.schedule(atOnce ? Duration.ZERO : PAUSE);
    }

    private void say(String what) {
        System.out.println(name() + " " + what);
    }

    private String name() {
        return script.getFileName().toString();
    }

    @Override
    public void close() throws IOException {
        timer.close();
    }
}
