package org.anyfd.channel;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import org.anyfd.Window;
import org.anyfd.fd.FdChannel;
import org.anyfd.fd.Fds;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressMeta;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Mode;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.Signal;
import org.openjdk.jcstress.annotations.State;

/**
 * A program closes a channel that it made of a number of its own, wakes the selector that it is registered with, and
 * the key goes, and with it the number: the last reading end of the pipe is gone.
 *
 * <pre>
 * mvn -f jcstress-tests verify -Draces.only=Select_AdoptedClose
 * </pre>
 */
public class Select_AdoptedClose {
    @Outcome(id = "TERMINATED", expect = ACCEPTABLE, desc = "The key is gone, and the number.")
    @Outcome(id = "STALE", expect = FORBIDDEN, desc = "The close was not looked at.")
    interface Race {
    }

    @JCStressTest(Mode.Termination)
    @JCStressMeta(Race.class)
    @Outcome(id = "ERROR", expect = FORBIDDEN, desc = "It ended otherwise than it should.")
    @State
    public static class Real {
        private final Window.Meeting meeting = new Window.Meeting();
        private final Selector selector = Fixtures.selector();
        private final Pipe pipe = Fixtures.pipe();
        private final FdChannel adopted = Fixtures.make(() -> FdChannel.own(Fds.dup(Fixtures.number(pipe.source()))));
        private final SelectionKey key = Fixtures.register(selector, adopted, SelectionKey.OP_READ);

        @Actor
        public void actor() throws IOException {
            pipe.source().close();
            meeting.arrive();
            try (selector; Pipe.SinkChannel sink = pipe.sink()) {
                while (!selector.keys().isEmpty()) {
                    selector.select();
                }
                requireNobodyReads(sink);
            }
            if (key.isValid()) {
                throw new IOException("the key is still valid");
            }
        }

        @Signal
        public void signal() throws IOException {
            meeting.arrive();
            adopted.close();
            selector.wakeup();
        }

        private static void requireNobodyReads(Pipe.SinkChannel sink) throws IOException {
            try {
                sink.write(ByteBuffer.allocate(1));
            } catch (IOException brokenPipe) {
                return;
            }
            throw new IOException("the number is still open");
        }
    }

    /** Broken: it wakes first, so that the selection looks too early and waits again. */
    @JCStressTest(Mode.Termination)
    @JCStressMeta(Race.class)
    @Outcome(id = "ERROR", expect = ACCEPTABLE_INTERESTING, desc = "Nobody woke the thread.")
    @State
    public static class Twin {
        private final Window.Meeting meeting = new Window.Meeting();
        private final Selector selector = Fixtures.selector();
        private final Pipe pipe = Fixtures.pipe();
        private final FdChannel adopted = Fixtures.make(() -> FdChannel.own(Fds.dup(Fixtures.number(pipe.source()))));
        private final SelectionKey key = Fixtures.register(selector, adopted, SelectionKey.OP_READ);

        @Actor
        public void actor() throws IOException {
            pipe.source().close();
            meeting.arrive();
            try (selector; Pipe.SinkChannel sink = pipe.sink()) {
                while (key.isValid()) {
                    Fixtures.selectOrGiveUp(selector);
                }
            }
        }

        @Signal
        public void signal() throws IOException {
            meeting.arrive();
            selector.wakeup();
            Window.widenFar();
            adopted.close();
        }
    }
}
