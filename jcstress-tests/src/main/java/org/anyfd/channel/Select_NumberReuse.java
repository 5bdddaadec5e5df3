package org.anyfd.channel;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import java.nio.ByteBuffer;
import java.nio.channels.Channel;
import java.nio.channels.Pipe;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.HashSet;
import java.util.Set;
import org.anyfd.Window;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;

/**
 * A registered channel that has something to be read is closed, and another that has nothing is opened, of which the
 * number may be the same, and registered, while a thread selects. The new channel is never told of what was the old
 * one's, and is told of what is its own.
 *
 * <pre>
 * mvn -f jcstress-tests verify -Draces.only=Select_NumberReuse
 * </pre>
 */
public class Select_NumberReuse {
    /** What is selected by the number of its descriptor. */
    interface Numbers {
        /** Closes the channel, opens another and registers it. */
        void replace();

        /** The new channel gets something to be read. */
        void write();

        /** Selects; whether the new channel was selected. */
        boolean select();

        void close();
    }

    private static final class WithSelector implements Numbers {
        private final Selector selector = Fixtures.selector();
        private final Pipe before = Fixtures.pipe();
        private volatile Pipe after;

        WithSelector() {
            Fixtures.register(selector, before.source(), SelectionKey.OP_READ);
            Fixtures.make(selector::selectNow);
            Fixtures.make(() -> before.sink().write(ByteBuffer.allocate(1)));
        }

        @Override
        public void replace() {
            Fixtures.close(before.source(), before.sink());
            after = Fixtures.pipe();
            Fixtures.register(selector, after.source(), SelectionKey.OP_READ);
        }

        @Override
        public void write() {
            Fixtures.make(() -> after.sink().write(ByteBuffer.allocate(1)));
        }

        @Override
        public boolean select() {
            Set<Channel> selected = new HashSet<>();
            Fixtures.make(() -> selector.selectNow(key -> selected.add(key.channel())));
            selected.remove(before.source());
            return !selected.isEmpty();
        }

        @Override
        public void close() {
            Fixtures.close(selector, after.source(), after.sink());
        }
    }

    /** Broken: the kernel reports numbers, and while they are looked up another channel may have the same. */
    private static final class WithNumbersForTokens implements Numbers {
        private static final int BEFORE = 1;
        private static final int AFTER = 2;
        /** The channel of the one number that there is. */
        private volatile int tenant = BEFORE;
        private volatile boolean readable = true;

        @Override
        public void replace() {
            readable = false;
            tenant = AFTER;
        }

        @Override
        public void write() {
            readable = true;
        }

        @Override
        public boolean select() {
            boolean reported = readable;
            Window.widen();
            return reported && tenant == AFTER;
        }

        @Override
        public void close() {
            // There is nothing.
        }
    }

    @JCStressTest
    @Outcome(id = "0", expect = ACCEPTABLE, desc = "Nothing.")
    @Outcome(id = "1", expect = FORBIDDEN, desc = "The new channel was selected for what the old one had.")
    @Outcome(id = "2", expect = FORBIDDEN, desc = "The new channel was not selected when it had something.")
    @State
    public static class Real {
        private final Window.Stage<Numbers> stage = new Window.Stage<>();

        Numbers open() {
            return new WithSelector();
        }

        @Actor
        public void actor1(I_Result r) {
            Numbers numbers = stage.enter(open());
            boolean wrong = numbers.select();
            stage.awaitOther();
            wrong |= numbers.select();
            numbers.write();
            r.r1 = wrong ? 1 : numbers.select() ? 0 : 2;
            numbers.close();
        }

        @Actor
        public void actor2() {
            stage.join(Numbers::replace);
        }
    }

    @JCStressTest
    @State
    public static class Twin extends Real {
        @Override
        Numbers open() {
            return new WithNumbersForTokens();
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
