package org.anyfd.examples;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;

import org.anyfd.fd.ExitStatus;
import org.anyfd.fd.PidFdChannel;
import org.anyfd.fd.SignalChannel;
import org.anyfd.fd.TimerFdChannel;

/**
 * Keeps a command running. One thread waits in one selector for the command's end, for a timer, for signals, and for
 * whoever connects to ask how things are.
 *
 * <pre>
 *   examples/run Watchdog ping localhost
 *   kill -HUP &lt;its number&gt;        the command is started anew
 *   kill &lt;its number&gt;, Control-C  the command is ended, and so is the watchdog
 *   nc localhost &lt;its port&gt;       says how things are
 * </pre>
 */
public final class Watchdog {
    /** How long a command may take to end before it is killed. */
    private static final Duration GRACE = Duration.ofSeconds(5);
    /** Before a command that ended by itself is started again; doubled each time, until it is told to start anew. */
    private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(1);

    /** What to do when the command ends. */
    private enum Aim { PAUSE, RESTART, STOP }

    /** What to do when a channel is ready. */
    private interface Action {
        void run() throws IOException;
    }

    private final List<String> command;
    private final Selector selector = Selector.open();
    private final TimerFdChannel timer = TimerFdChannel.open();
    private final SignalChannel signals = SignalChannel.open("HUP", "INT", "TERM");
    private final ServerSocketChannel questions = ServerSocketChannel.open();
    private Aim aim = Aim.PAUSE;
    private Duration pause = FIRST_PAUSE;
    private int starts;
    private boolean done;
    /** The running command; null between two runs. */
    private PidFdChannel running;

    private Watchdog(List<String> command) throws IOException {
        this.command = command;
        questions.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        watch(questions.configureBlocking(false).register(selector, SelectionKey.OP_ACCEPT), this::answer);
        watch(signals.configureBlocking(false).register(selector, SelectionKey.OP_READ), this::signalled);
        watch(timer.configureBlocking(false).register(selector, SelectionKey.OP_READ), this::timeIsUp);
    }

    private static void watch(SelectionKey key, Action action) {
        key.attach(action);
    }

    public static void main(String[] args) throws IOException {
        if (args.length == 0) {
            throw new Arguments("Watchdog COMMAND [ARGUMENT...]").refused();
        }
        Watchdog watchdog = new Watchdog(List.of(args));
        say("watchdog %d on port %d", ProcessHandle.current().pid(), watchdog.questions.socket().getLocalPort());
        watchdog.start();
        while (!watchdog.done) {
            watchdog.selector.select(Watchdog::dispatch);
        }
    }

    private static void dispatch(SelectionKey key) {
        try {
            ((Action) key.attachment()).run();
        } catch (IOException e) {
            say("%s: %s", key.channel(), e);
        }
    }

    private static void say(String format, Object... args) {
        System.out.printf(format + "%n", args);
    }

    private void start() throws IOException {
        starts++;
        aim = Aim.PAUSE;
        try {
            running = PidFdChannel.open(new ProcessBuilder(command).inheritIO().start());
            watch(running.configureBlocking(false).register(selector, SelectionKey.OP_READ), this::ended);
            say("started %d", running.pid());
        } catch (IOException e) {
            say("%s", e.getMessage());
            startLater();
        }
    }

    private void startLater() throws IOException {
        say("again in %d s", pause.toSeconds());
        timer.schedule(pause);
        pause = pause.multipliedBy(2).compareTo(LONGEST_PAUSE) < 0 ? pause.multipliedBy(2) : LONGEST_PAUSE;
    }

    private void ended() throws IOException {
        ExitStatus status = running.take();
        say("ended %d: %s", running.pid(), status);
        running.close();
        running = null;
        timer.disarm();
        switch (aim) {
            case PAUSE -> startLater();
            case RESTART -> start();
            case STOP -> done = true;
        }
    }

    /** The pause is over, or the patience with a command that was told to end. */
    private void timeIsUp() throws IOException {
        if (timer.takeExpirations() == 0) {
            return; // it was set anew since it was found ready
        }
        if (running == null) {
            start();
        } else {
            running.signal("KILL");
        }
    }

    private void signalled() throws IOException {
        SignalChannel.Signal signal = signals.take();
        say("got %s", signal.name());
        aim = signal.name().equals("HUP") ? Aim.RESTART : Aim.STOP;
        pause = FIRST_PAUSE;
        if (running != null) {
            running.signal("TERM");
            timer.schedule(GRACE);
        } else if (aim == Aim.RESTART) {
            timer.schedule(Duration.ZERO);
        } else {
            done = true;
        }
    }

    private void answer() throws IOException {
        try (SocketChannel visitor = questions.accept()) {
            if (visitor != null) {
                String state = running != null ? "running " + running.pid()
                    : "to be started in " + timer.remaining().toMillis() + " ms";
                visitor.write(ByteBuffer.wrap((state + ", start " + starts + "\n").getBytes(StandardCharsets.US_ASCII)));
            }
        }
    }
}
