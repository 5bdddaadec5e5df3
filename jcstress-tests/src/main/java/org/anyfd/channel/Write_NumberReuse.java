package org.anyfd.channel;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.ClosedChannelException;
import org.anyfd.Window;
import org.anyfd.fd.EventFdChannel;
import org.anyfd.sys.Errno;
import org.anyfd.sys.Scratch;
import org.anyfd.sys.Sys;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;

/**
 * A thread writes to a channel while another closes it and opens an eventfd, which gets the same number: the next
 * tenant never gets a byte of what was meant for the channel.
 *
 * <pre>
 * mvn -f jcstress-tests verify -Draces.only=Write_NumberReuse
 * </pre>
 */
public class Write_NumberReuse {
    /** What an eight-byte number is written to. */
    interface Sink {
        void write();

        void close();
    }

    private static final class WithChannel implements Sink {
        private final EventFdChannel channel = Fixtures.make(() -> EventFdChannel.open(0));

        @Override
        public void write() {
            try {
                channel.add(1);
            } catch (ClosedChannelException closedFirst) {
                return;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public void close() {
            Fixtures.close(channel);
        }
    }

    /** Broken: it looks whether it is open, and then writes. */
    private static final class LookThenWrite implements Sink {
        private final int number = Fixtures.eventfd();
        private volatile boolean open = true;

        @Override
        public void write() {
            if (open) {
                Window.widen();
                Scratch scratch = Scratch.take();
                scratch.small().putLong(0, 1);
                Sys.write(number, scratch.smallAddress(), Long.BYTES);
                scratch.give();
            }
        }

        @Override
        public void close() {
            open = false;
            Sys.close(number);
        }
    }

    @JCStressTest
    @Outcome(id = "0", expect = ACCEPTABLE, desc = "Nothing.")
    @Outcome(id = "1", expect = FORBIDDEN, desc = "It got what was not meant for it.")
    @State
    public static class Real {
        private final Window.Stage<Sink> stage = new Window.Stage<>();

        Sink open() {
            return new WithChannel();
        }

        @Actor
        public void actor1(I_Result r) {
            Sink sink = stage.enter(open());
            sink.close();
            int next = Fixtures.eventfd();
            stage.awaitOther();
            Scratch scratch = Scratch.take();
            r.r1 = Sys.read(next, scratch.smallAddress(), Long.BYTES) == -Errno.EAGAIN ? 0 : 1;
            scratch.give();
            Sys.close(next);
        }

        @Actor
        public void actor2() {
            stage.join(Sink::write);
        }
    }

    @JCStressTest
    @State
    public static class Twin extends Real {
        @Override
        Sink open() {
            return new LookThenWrite();
        }

        @Override
        @Actor
        public void actor1(I_Result r) {
            super.actor1(r);
        }

        @Override
        @Actor
        public void actor2() {
            super.actor2();
        }
    }
}
