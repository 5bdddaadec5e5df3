package org.anyfd.channel;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import java.nio.channels.Pipe;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.concurrent.atomic.AtomicReference;
import org.anyfd.Window;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;

/**
 * A thread registers a channel with an attachment while another selects. A key that is selected, be it before register
 * returns, has its attachment.
 *
 * <pre>
 * mvn -f jcstress-tests verify -Draces.only=Register_Attach
 * </pre>
 */
public class Register_Attach {
    private static final int NOT_YET = 0;
    private static final int ATTACHED = 1;
    private static final int BARE = 2;

    /** A channel that is ready. */
    interface Attaching {
        void register();

        int select();

        void close();
    }

    private static final class WithSelector implements Attaching {
        private final Selector selector = Fixtures.selector();
        private final Pipe pipe = Fixtures.pipe();

        @Override
        public void register() {
            Fixtures.make(() -> pipe.sink().configureBlocking(false)
                .register(selector, SelectionKey.OP_WRITE, "attached"));
        }

        @Override
        public int select() {
            int[] seen = {NOT_YET};
            Fixtures.make(() -> selector.selectNow(key -> seen[0] = key.attachment() == null ? BARE : ATTACHED));
            return seen[0];
        }

        @Override
        public void close() {
            Fixtures.close(selector, pipe.source(), pipe.sink());
        }
    }

    /** Broken: the key gets its attachment when it is in the set already. */
    private static final class PublishThenAttach implements Attaching {
        private final AtomicReference<AtomicReference<Object>> key = new AtomicReference<>();

        @Override
        public void register() {
            AtomicReference<Object> attachment = new AtomicReference<>();
            key.set(attachment);
            Window.widen();
            attachment.set("attached");
        }

        @Override
        public int select() {
            Window.widen();
            AtomicReference<Object> mine = key.get();
            return mine == null ? NOT_YET : mine.get() == null ? BARE : ATTACHED;
        }

        @Override
        public void close() {
            // There is nothing.
        }
    }

    @JCStressTest
    @Outcome(id = "0", expect = ACCEPTABLE, desc = "The selection came first.")
    @Outcome(id = "1", expect = ACCEPTABLE, desc = "Selected, with its attachment.")
    @Outcome(id = "2", expect = FORBIDDEN, desc = "Selected without its attachment.")
    @State
    public static class Real {
        private final Window.Stage<Attaching> stage = new Window.Stage<>();

        Attaching open() {
            return new WithSelector();
        }

        @Actor
        public void actor1(I_Result r) {
            Attaching attaching = stage.enter(open());
            r.r1 = attaching.select();
            stage.awaitOther();
            attaching.close();
        }

        @Actor
        public void actor2() {
            stage.join(Attaching::register);
        }
    }

    @JCStressTest
    @State
    public static class Twin extends Real {
        @Override
        Attaching open() {
            return new PublishThenAttach();
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
