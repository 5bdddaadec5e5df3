package org.anyfd.cost;

import static java.nio.channels.SelectionKey.OP_READ;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.SelectorProvider;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Iterator;
import java.util.function.Consumer;
import jdk.jfr.FlightRecorder;
import jdk.jfr.Recording;
import org.anyfd.AnyFdSelectorProvider;
import org.anyfd.cost.Server.Pattern;
import org.anyfd.fd.EventFdChannel;
import org.anyfd.fd.FdChannel;
import org.anyfd.fd.PidFdChannel;
import org.anyfd.testing.Tasks;

/**
 * What operations cost, in a JVM that {@code src/test/c/counts.c} was preloaded into. Says of each its name, its system calls
 * and its bytes of heap, with tabs between.
 */
final class CostProbe {
    private static final int WARM_UP = 300;
    private static final int ROUNDS = 100;
    private static final int SERVER_WARM_UP = 20;
    private static final int SERVER_ROUNDS = 20;

    private interface Step {
        void run() throws IOException;
    }

    /** Read by nobody. */
    static volatile Object made;

    private static final Step NOTHING = () -> { };

    private CostProbe() {
    }

    public static void main(String[] args) throws Exception {
        SelectorProvider anyfd = SelectorProvider.provider();
        if (!(anyfd instanceof AnyFdSelectorProvider)) {
            throw new IllegalStateException(anyfd.getClass().getName());
        }
        System.out.println("functions\t" + Counts.functions() + "\t");
        cost("one object", () -> made = new Object());
        servers("", anyfd);
        wakeups();
        selecting();
        transfers();
        opening();
        SelectorProvider jdk = (SelectorProvider)
            Class.forName("sun.nio.ch.EPollSelectorProvider").getDeclaredConstructor().newInstance();
        for (Pattern pattern : new Pattern[] {Pattern.ECHO, Pattern.TOGGLE, Pattern.REGISTER, Pattern.ACCEPT}) {
            server("JDK ", jdk, pattern, 1);
        }
        recorded();
        System.out.println("end");
        System.exit(0);
    }

    private static void say(String name, Counts counts, int rounds) {
        System.out.println(name + "\t" + counts.calls(rounds) + "\t" + counts.bytes(rounds));
    }

    // -- Servers --

    private static void servers(String prefix, SelectorProvider provider) throws IOException {
        for (Pattern pattern : Pattern.values()) {
            server(prefix, provider, pattern, 1);
            server(prefix, provider, pattern, 32);
        }
    }

    private static void server(String prefix, SelectorProvider provider, Pattern pattern, int connections) throws IOException {
        try (Server server = new Server(provider, pattern, connections)) {
            say(prefix + pattern + " " + connections, server.run(SERVER_WARM_UP, SERVER_ROUNDS), SERVER_ROUNDS);
        }
    }

    /** While Flight Recorder records, but none of our events. */
    private static void recorded() throws IOException {
        try (Recording recording = new Recording()) {
            FlightRecorder.getFlightRecorder().getEventTypes().forEach(type -> recording.disable(type.getName()));
            for (String event : new String[] {"SocketRead", "SocketWrite", "SocketConnect", "FdRead", "FdWrite", "Select"}) {
                recording.disable("org.anyfd." + event);
            }
            recording.start();
            server("recorded ", SelectorProvider.provider(), Pattern.TOGGLE, 32);
        }
    }

    // -- Steps --

    /** The cost of a step; {@code setUp} before each is not counted. */
    private static void cost(String name, Step setUp, Step step) throws IOException {
        for (int i = 0; i < WARM_UP; i++) {
            setUp.run();
            step.run();
        }
        Counts counts = new Counts();
        for (int i = 0; i < ROUNDS; i++) {
            setUp.run();
            counts.on();
            step.run();
            counts.off();
        }
        say(name, counts, ROUNDS);
    }

    private static void cost(String name, Step step) throws IOException {
        cost(name, NOTHING, step);
    }

    private static void expect(long found, long expected) {
        if (found != expected) {
            throw new IllegalStateException(found + ", not " + expected);
        }
    }

    private static void wakeups() throws IOException {
        try (Selector selector = Selector.open()) {
            cost("wakeup, nobody waits", () -> {
                selector.wakeup();
                selector.wakeup();
            });
            cost("select after wakeup", selector::wakeup, selector::select);
            for (int wakeups : new int[] {1, 10}) {
                Counts counts = new Counts();
                for (int i = 0; i < SERVER_ROUNDS; i++) {
                    int before = Counts.waits();
                    Thread thread = new Thread(() -> {
                        Tasks.await(() -> Counts.waits() != before, "the selector waits");
                        Counts.join();
                        for (int j = 0; j < wakeups; j++) {
                            selector.wakeup();
                        }
                    });
                    thread.start();
                    counts.on();
                    selector.select();
                    counts.off();
                    join(thread);
                    // Those that came late are for this one.
                    selector.selectNow();
                }
                say(wakeups + " wakeups of one that waits", counts, SERVER_ROUNDS);
            }
        }
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void selecting() throws IOException {
        ByteBuffer one = ByteBuffer.allocateDirect(1);
        Pipe ready = Pipe.open();
        Pipe idle = Pipe.open();
        try (Selector selector = Selector.open(); FdChannel file = FdChannel.open(Path.of("/dev/null"), StandardOpenOption.READ)) {
            SelectionKey key = register(ready, selector);
            register(idle, selector);
            cost("selectNow, nothing ready", selector::selectNow);
            ready.sink().write(one.clear());
            cost("select, one ready", selector::select);
            // Longest first: a timer that is set for a shorter one would do.
            int[] millis = {60_000};
            cost("select until one time, one ready", () -> selector.select(millis[0]--));
            cost("select with a time, one ready", () -> selector.select(10_000));
            selector.selectedKeys().clear();
            Consumer<SelectionKey> action = each -> expect(each.readyOps(), OP_READ);
            cost("select(Consumer), one ready", () -> expect(selector.select(action), 1));
            cost("select, remove(key)", () -> {
                expect(selector.select(), 1);
                selector.selectedKeys().remove(key);
            });
            cost("select, iterator, remove", () -> {
                expect(selector.select(), 1);
                removeAll(selector);
            });
            cost("select, for each, clear", () -> {
                expect(selector.select(), 1);
                selector.selectedKeys().forEach(action);
                selector.selectedKeys().clear();
            });
            cost("interest off and on, no select between", () -> {
                key.interestOps(0);
                key.interestOps(OP_READ);
                selector.selectNow(action);
            });
            cost("interest off, selectNow, on, selectNow", () -> {
                key.interestOpsAnd(~OP_READ);
                selector.selectNow(action);
                key.interestOpsOr(OP_READ);
                selector.selectNow(action);
            });
            Step register = () -> {
                register(idle, selector);
                selector.selectNow(action);
            };
            Step cancel = () -> {
                idle.source().keyFor(selector).cancel();
                selector.selectNow(action);
            };
            cost("cancel, selectNow", register, cancel);
            register.run();
            cost("register, selectNow", cancel, register);
            file.configureBlocking(false);
            cost("register a file, selectNow, cancel, selectNow", () -> {
                SelectionKey always = file.register(selector, OP_READ);
                selector.selectNow(action);
                always.cancel();
                selector.selectNow(action);
            });
            file.register(selector, OP_READ);
            cost("select(Consumer), a file and a pipe", () -> expect(selector.select(action), 2));
        }
        close(ready);
        close(idle);
    }

    private static SelectionKey register(Pipe pipe, Selector selector) throws IOException {
        SelectionKey key = pipe.source().keyFor(selector);
        if (key != null) {
            return key;
        }
        pipe.source().configureBlocking(false);
        return pipe.source().register(selector, OP_READ);
    }

    private static void close(Pipe pipe) throws IOException {
        pipe.source().close();
        pipe.sink().close();
    }

    private static void transfers() throws IOException {
        Pipe pipe = Pipe.open();
        ByteBuffer direct = ByteBuffer.allocateDirect(64);
        ByteBuffer heap = ByteBuffer.allocate(64);
        ByteBuffer[] both = {direct, heap};
        for (boolean blocking : new boolean[] {true, false}) {
            String mode = blocking ? ", blocking" : "";
            pipe.sink().configureBlocking(blocking);
            pipe.source().configureBlocking(blocking);
            for (ByteBuffer buffer : both) {
                cost((buffer.isDirect() ? "direct" : "heap") + " buffer" + mode, () -> {
                    expect(pipe.sink().write(buffer.clear()), 64);
                    expect(pipe.source().read(buffer.clear()), 64);
                });
            }
            cost("two buffers" + mode, () -> {
                direct.clear();
                heap.clear();
                expect(pipe.sink().write(both), 128);
                direct.clear();
                heap.clear();
                expect(pipe.source().read(both), 128);
            });
        }
        cost("nothing to read", () -> expect(pipe.source().read(direct.clear()), 0));
        close(pipe);
        try (EventFdChannel events = EventFdChannel.open(0)) {
            cost("add, take", () -> {
                events.add(7);
                expect(events.take(), 7);
            });
        }
    }

    private static void removeAll(Selector selector) {
        Iterator<SelectionKey> keys = selector.selectedKeys().iterator();
        while (keys.hasNext()) {
            keys.next();
            keys.remove();
        }
    }

    private static void opening() throws IOException {
        cost("open and close a selector", () -> Selector.open().close());
        cost("open and close a socket", () -> SocketChannel.open().close());
        cost("open and close a pipe", () -> close(Pipe.open()));
        ProcessHandle self = ProcessHandle.current();
        cost("open and close a pidfd", () -> PidFdChannel.open(self).close());
    }
}
