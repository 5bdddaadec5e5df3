package org.anyfd.contract;

import static java.nio.channels.SelectionKey.OP_READ;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.Pipe;
import java.nio.channels.SelectionKey;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Many threads do to a selector, its keys and channels whatever is allowed, while one thread selects. */
@Bounded
class SelectorStressTest {
    private static final int SLOTS = 24;
    private static final int THREADS = 8;
    private static final long RUN_NANOS = TimeUnit.MILLISECONDS.toNanos(700);

    @RegisterExtension
    final Selecting io = new Selecting();

    private final AtomicReferenceArray<Pipe> pipes = new AtomicReferenceArray<>(SLOTS);
    private final AtomicBoolean done = new AtomicBoolean();

    private static Pipe open() throws IOException {
        Pipe pipe = Pipe.open();
        pipe.source().configureBlocking(false);
        pipe.sink().configureBlocking(false);
        return pipe;
    }

    @Test
    void everythingMayHappenDuringSelections() throws Exception {
        for (int i = 0; i < SLOTS; i++) {
            pipes.set(i, open());
        }
        Selecting.Task<Void> selecting = io.run(this::selectUntilDone);
        List<Selecting.Task<Void>> tasks = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
            Random random = new Random(i);
            tasks.add(io.run(() -> disturb(random)));
        }
        for (Selecting.Task<Void> task : tasks) {
            task.get();
        }
        done.set(true);
        io.selector.wakeup();
        selecting.get();
        assertSelectorIsConsistent();
        assertEveryPipeIsHeard();
        closeAll();
        io.selector.selectNow();
        assertTrue(io.selector.keys().isEmpty());
        assertTrue(io.selector.selectedKeys().isEmpty());
    }

    private Void selectUntilDone() throws IOException {
        for (int round = 0; !done.get(); round++) {
            if (round % 2 == 0) {
                io.selector.select(this::handle, 5);
            } else {
                io.selector.select(5);
                io.selector.selectedKeys().forEach(this::handle);
                io.selector.selectedKeys().clear();
            }
        }
        return null;
    }

    /** The key found must be that of its channel, whatever number the channel's file has had before. */
    private void handle(SelectionKey key) {
        Pipe pipe = (Pipe) key.attachment();
        assertNotNull(pipe);
        assertSame(pipe.source(), key.channel());
        try {
            assertEquals(OP_READ, key.readyOps());
            pipe.source().read(ByteBuffer.allocate(64));
        } catch (CancelledKeyException | ClosedChannelException expected) {
            assertFalse(key.isValid() && key.channel().isOpen());
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private Void disturb(Random random) throws IOException {
        long end = System.nanoTime() + RUN_NANOS;
        while (System.nanoTime() - end < 0) {
            int slot = random.nextInt(SLOTS);
            Pipe pipe = pipes.get(slot);
            SelectionKey key = pipe.source().keyFor(io.selector);
            try {
                if (key == null || random.nextInt(8) == 0) {
                    pipe.source().register(io.selector, random.nextInt(2), pipe);
                } else {
                    act(random, slot, pipe, key);
                }
            } catch (CancelledKeyException | ClosedChannelException expected) {
                // Another thread was faster.
            }
        }
        return null;
    }

    private void act(Random random, int slot, Pipe pipe, SelectionKey key) throws IOException {
        switch (random.nextInt(12)) {
            case 0 -> key.cancel();
            case 1 -> key.interestOps(0);
            case 2 -> key.interestOps(OP_READ);
            case 3 -> key.interestOpsOr(OP_READ);
            case 4 -> key.interestOpsAnd(0);
            case 5 -> io.selector.wakeup();
            case 6 -> {
                for (SelectionKey each : io.selector.keys()) {
                    assertSame(io.selector, each.selector());
                }
            }
            case 7 -> replace(slot, pipe);
            case 8 -> key.readyOps();
            default -> write(pipe);
        }
    }

    private static void write(Pipe pipe) {
        try {
            pipe.sink().write(ByteBuffer.allocate(1));
        } catch (IOException e) {
            assertFalse(pipe.source().isOpen() && pipe.sink().isOpen(), e::toString);
        }
    }

    private void replace(int slot, Pipe pipe) throws IOException {
        Pipe next = open();
        if (!pipes.compareAndSet(slot, pipe, next)) {
            pipe = next;
        }
        pipe.source().close();
        pipe.sink().close();
    }

    private void assertSelectorIsConsistent() throws IOException {
        io.selector.selectNow();
        Set<SelectionKey> expected = new HashSet<>();
        for (int i = 0; i < SLOTS; i++) {
            SelectionKey key = pipes.get(i).source().keyFor(io.selector);
            if (key != null) {
                assertTrue(key.isValid());
                expected.add(key);
            }
        }
        assertEquals(expected, new HashSet<>(io.selector.keys()));
    }

    private void assertEveryPipeIsHeard() throws IOException {
        for (int i = 0; i < SLOTS; i++) {
            Pipe pipe = pipes.get(i);
            Selecting.drain(pipe.source());
            pipe.source().register(io.selector, OP_READ, pipe);
        }
        io.selector.selectedKeys().clear();
        assertEquals(0, io.selector.selectNow());
        for (int i = 0; i < SLOTS; i++) {
            Selecting.put(pipes.get(i).sink(), 1);
        }
        assertEquals(SLOTS, io.selector.selectNow());
    }

    private void closeAll() throws IOException {
        for (int i = 0; i < SLOTS; i++) {
            pipes.get(i).source().close();
            pipes.get(i).sink().close();
        }
    }
}
