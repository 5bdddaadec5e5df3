package org.anyfd.channel;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.Pipe;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.anyfd.Window;
import org.openjdk.jcstress.annotations.Outcome;

/**
 * A channel's registration with a selector, and all that ends it: by anyfd, and by a copy of which each twin does one
 * step wrong.
 */
interface Enrolment {
    int NOTHING = 0;
    int DEAD_KEY = 1;
    int KEY_LEFT = 2;
    int OPEN_NUMBER = 3;
    int NEW_KEY_LOST = 4;

    /** Registers the channel; false if there is a cancelled key of its still. */
    boolean register();

    void cancel();

    /** Sets the key's interest, if it has one still. */
    void change();

    void closeChannel();

    void closeSelector();

    /** A selection that does not wait. */
    void select();

    /** To be asked when all is cancelled or closed: what is wrong then. Ends everything. */
    int remains();

    /** To be asked when the channel was registered anew: what is wrong then. Ends everything. */
    int remainsOfNewKey();

    /** Two threads on one, and what may be wrong in the end. */
    @Outcome(id = "0", expect = ACCEPTABLE, desc = "Nothing.")
    @Outcome(id = "1", expect = FORBIDDEN, desc = "A valid key, or an event, of what is gone.")
    @Outcome(id = "2", expect = FORBIDDEN, desc = "A key that nobody takes out.")
    @Outcome(id = "3", expect = FORBIDDEN,
        desc = "A reference too many or too few: the number stays open, or is freed under somebody.")
    @Outcome(id = "4", expect = FORBIDDEN, desc = "The new key went with the old one, or is not selected.")
    abstract class Race {
        final Window.Stage<Enrolment> stage = new Window.Stage<>();

        abstract Enrolment open();
    }

    /** A selector, and a pipe that has something to be read. */
    final class Real implements Enrolment {
        private final Selector selector = Fixtures.selector();
        private final Pipe pipe = Fixtures.pipe();
        private volatile SelectionKey key;

        /** @param enrolled whether the channel is registered, and the kernel knows */
        Real(boolean enrolled) {
            Fixtures.make(() -> pipe.sink().write(ByteBuffer.allocate(1)));
            if (enrolled) {
                register();
                select();
                selector.selectedKeys().clear();
            }
        }

        @Override
        public boolean register() {
            try {
                key = pipe.source().configureBlocking(false).register(selector, SelectionKey.OP_READ);
            } catch (CancelledKeyException notYet) {
                return false;
            } catch (ClosedChannelException | ClosedSelectorException tooLate) {
                return true;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return true;
        }

        @Override
        public void cancel() {
            key.cancel();
        }

        @Override
        public void change() {
            try {
                key.interestOps(0);
                key.interestOps(SelectionKey.OP_READ);
            } catch (CancelledKeyException cancelledFirst) {
                return;
            }
        }

        @Override
        public void closeChannel() {
            Fixtures.close(pipe.source());
        }

        @Override
        public void closeSelector() {
            Fixtures.close(selector);
        }

        @Override
        public void select() {
            Fixtures.make(selector::selectNow);
        }

        @Override
        public int remains() {
            boolean open = selector.isOpen();
            if (open) {
                select();
            }
            int wrong = key != null && key.isValid() ? DEAD_KEY
                : open && !selector.selectedKeys().isEmpty() ? DEAD_KEY
                : open && !selector.keys().isEmpty() ? KEY_LEFT : NOTHING;
            closeChannel();
            wrong = wrong == NOTHING && Fixtures.isRead(pipe) ? OPEN_NUMBER : wrong;
            closeSelector();
            Fixtures.close(pipe.sink());
            return wrong;
        }

        @Override
        public int remainsOfNewKey() {
            selector.selectedKeys().clear();
            select();
            Set<SelectionKey> just = Set.of(key);
            boolean there = key.isValid() && selector.keys().equals(just) && selector.selectedKeys().equals(just);
            cancel();
            int wrong = remains();
            return there ? wrong : NEW_KEY_LOST;
        }
    }

    /** The right thing, but for the step that each twin does wrong. */
    abstract class Copy implements Enrolment {
        static final class Key {
            final AtomicBoolean there = new AtomicBoolean(true);
            volatile boolean valid = true;
            volatile boolean queued = true;
            volatile boolean watched;
        }

        final AtomicReference<Key> key = new AtomicReference<>();
        final AtomicInteger references = new AtomicInteger(1);
        volatile boolean channelOpen = true;
        volatile boolean selectorOpen = true;
        private volatile Key last;

        Copy(boolean enrolled) {
            if (enrolled) {
                register();
                select();
            }
        }

        @Override
        public boolean register() {
            if (key.get() != null && !mayReplace(key.get())) {
                return false;
            }
            if (mayAdd()) {
                references.incrementAndGet();
                last = new Key();
                key.set(last);
            }
            return true;
        }

        boolean mayReplace(Key old) {
            return false;
        }

        boolean mayAdd() {
            return channelOpen && selectorOpen;
        }

        @Override
        public void cancel() {
            key.get().valid = false;
        }

        @Override
        public void change() {
            Key mine = key.get();
            if (mine != null && mine.valid) {
                Window.widen();
                mine.queued = true;
            }
        }

        @Override
        public void closeChannel() {
            if (channelOpen) {
                channelOpen = false;
                Key its = key.get();
                if (its != null) {
                    its.valid = false;
                }
                references.decrementAndGet();
            }
        }

        @Override
        public void closeSelector() {
            selectorOpen = false;
            if (last != null) {
                dismantle(last);
            }
        }

        @Override
        public void select() {
            Key mine = key.get();
            if (mine != null && !mine.valid) {
                dismantle(mine);
            }
            if (last != null && last.queued) {
                last.queued = false;
                last.watched = mayWatch(last);
            }
        }

        boolean mayWatch(Key mine) {
            return mine.valid;
        }

        void dismantle(Key mine) {
            mine.valid = false;
            if (take(mine)) {
                mine.watched = false;
                key.compareAndSet(mine, null);
                references.decrementAndGet();
            }
        }

        boolean take(Key mine) {
            return mine.there.getAndSet(false);
        }

        @Override
        public int remains() {
            select();
            boolean dead = last != null && (last.valid || last.watched);
            int wrong = dead ? DEAD_KEY : key.get() != null ? KEY_LEFT : NOTHING;
            closeChannel();
            return wrong == NOTHING && references.get() != 0 ? OPEN_NUMBER : wrong;
        }

        @Override
        public int remainsOfNewKey() {
            select();
            return key.get() != null && last.watched && references.get() == 2 ? NOTHING : NEW_KEY_LOST;
        }
    }

    /** Broken: it looks whether both are open, and then adds the key, which the close of one may have missed. */
    final class LookThenAdd extends Copy {
        LookThenAdd(boolean enrolled) {
            super(enrolled);
        }

        @Override
        boolean mayAdd() {
            boolean open = super.mayAdd();
            Window.widen();
            return open;
        }
    }

    /** Broken: whoever ends a key dismantles it at once, and two of them give back its one reference. */
    final class TakenTwice extends Copy {
        TakenTwice(boolean enrolled) {
            super(enrolled);
        }

        @Override
        boolean take(Key mine) {
            boolean there = mine.there.get();
            Window.widen();
            mine.there.set(false);
            return there;
        }

        @Override
        public void cancel() {
            Key mine = key.get();
            if (mine != null) {
                dismantle(mine);
            }
        }

        @Override
        public void closeChannel() {
            cancel();
            super.closeChannel();
        }
    }

    /** Broken: a change is told to the kernel, also of a key that is gone. */
    final class WatchedWhenGone extends Copy {
        WatchedWhenGone(boolean enrolled) {
            super(enrolled);
        }

        @Override
        boolean mayWatch(Key mine) {
            return true;
        }
    }

    /** Broken: a new key takes the place of one that is cancelled and not yet gone, and goes in its stead. */
    final class Replaced extends Copy {
        Replaced(boolean enrolled) {
            super(enrolled);
        }

        @Override
        boolean mayReplace(Key old) {
            return !old.valid;
        }

        @Override
        void dismantle(Key mine) {
            Window.widen();
            if (take(mine)) {
                key.set(null);
                references.decrementAndGet();
            }
        }
    }
}
