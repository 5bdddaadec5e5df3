package org.anyfd.channel;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import org.anyfd.ExtendedOps;

/** A key that is watched edge-triggered, of a channel that gets something to be read, which nobody reads. */
interface EdgeKey {
    int UNTOLD = 0;
    int TOLD = 1;
    int LEVEL_TRIGGERED = 2;

    void off();

    void on();

    /** Selects; whether the key was reported. */
    boolean select();

    /** Whether it is watched edge-triggered. */
    boolean isEdge();

    void close();

    /** Edge-triggered because the program wants it so. */
    final class ByWish implements EdgeKey {
        private final Selector selector = Fixtures.selector();
        private final Pipe pipe = Fixtures.pipe();
        private final SelectionKey key = Fixtures.register(selector, pipe.source(), 0);

        ByWish() {
            key.interestOps(SelectionKey.OP_READ | ExtendedOps.EDGE);
            select();
            Fixtures.make(() -> pipe.sink().write(ByteBuffer.allocate(1)));
        }

        @Override
        public void off() {
            key.interestOpsAnd(~SelectionKey.OP_READ);
        }

        @Override
        public void on() {
            key.interestOpsOr(SelectionKey.OP_READ);
        }

        @Override
        public boolean select() {
            return Fixtures.make(() -> selector.selectNow(its -> { })) > 0;
        }

        @Override
        public boolean isEdge() {
            return true;
        }

        @Override
        public void close() {
            Fixtures.close(selector, pipe.source(), pipe.sink());
        }
    }

    /** Edge-triggered because its interest was taken off and on, by {@link EdgeKeys}. */
    final class ByStrategy implements EdgeKey {
        private final Selector selector = Fixtures.selector();
        private final Fixtures.Connection connection = Fixtures.shortLived();
        private final SelectionKey key = Fixtures.register(selector, connection.here(), SelectionKey.OP_READ);

        ByStrategy() {
            for (int i = 0; i < 2; i++) {
                select();
                off();
                select();
                on();
            }
            select();
            Fixtures.make(() -> connection.there().write(ByteBuffer.allocate(1)));
        }

        private EdgeWatch watch() {
            return ((Selectable) connection.here()).soleIo().watch();
        }

        @Override
        public void off() {
            key.interestOpsAnd(~SelectionKey.OP_READ);
        }

        @Override
        public void on() {
            key.interestOpsOr(SelectionKey.OP_READ);
        }

        @Override
        public boolean select() {
            return Fixtures.make(() -> selector.selectNow(its -> { })) > 0;
        }

        @Override
        public boolean isEdge() {
            return watch() != null && watch().active;
        }

        /** Cancels the key and lets the selector see it, which may keep what the kernel watches for the next key. */
        void cancelAndSelect() {
            key.cancel();
            select();
        }

        void closeChannel() {
            Fixtures.close(connection.here());
        }

        /** Whether something is kept for a next key. */
        boolean keeps() {
            return watch().dormant != null;
        }

        /** Whether the peer is told, which it is when the number is closed and no sooner. */
        boolean isClosed() {
            try {
                connection.there().socket().setSoTimeout(5000);
                return connection.there().socket().getInputStream().read() < 0;
            } catch (SocketTimeoutException stillOpen) {
                return false;
            } catch (IOException reset) {
                return true;
            }
        }

        @Override
        public void close() {
            Fixtures.close(selector, connection.there(), connection.here());
        }
    }

    /** Broken: an edge that comes while the interest is off is forgotten. */
    final class Forgetful implements EdgeKey {
        private volatile boolean edge = true;
        private volatile boolean interested = true;
        private boolean ready;

        @Override
        public void off() {
            interested = false;
        }

        @Override
        public void on() {
            interested = true;
        }

        @Override
        public boolean select() {
            if (edge) {
                edge = false;
                ready = interested;
            }
            return ready && interested;
        }

        @Override
        public boolean isEdge() {
            return true;
        }

        @Override
        public void close() {
            // There is nothing.
        }
    }
}
