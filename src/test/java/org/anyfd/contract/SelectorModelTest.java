package org.anyfd.contract;

import static java.nio.channels.SelectionKey.OP_READ;
import static java.nio.channels.SelectionKey.OP_WRITE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.SelectionKey;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Random operations on a handful of pipes and connections, and after each few of them a selection that must agree with
 * the model: {@link SelectorModelEnd} knows what is ready, and this class what a selection makes of it. Run it again
 * with {@code -Dselector.model.seed=N} when it fails.
 */
@Bounded
class SelectorModelTest {
    private static final int LINKS = 10;
    private static final int STEPS = 300;
    private static final long RUN_NANOS = TimeUnit.MILLISECONDS.toNanos(1_500);
    /** How long the kernel may take to deliver over the loopback what is already sent. */
    private static final long SETTLE_NANOS = TimeUnit.SECONDS.toNanos(10);

    @RegisterExtension
    final Selecting io = new Selecting();

    private Random random;
    private List<SelectorModelEnd> ends;
    private boolean woken;

    @Test
    void selectorAgreesWithTheModel() throws IOException {
        Long given = Long.getLong("selector.model.seed");
        long seed = given != null ? given : System.nanoTime();
        long end = System.nanoTime() + RUN_NANOS;
        do {
            runEpisode(seed++);
        } while (given == null && System.nanoTime() - end < 0);
    }

    private void runEpisode(long seed) throws IOException {
        random = new Random(seed);
        ends = new ArrayList<>();
        for (int i = 0; i < LINKS; i++) {
            openLink();
        }
        int step = 0;
        try {
            for (; step < STEPS; step++) {
                step();
            }
            for (SelectorModelEnd each : ends) {
                each.close();
            }
            selectAndCheck();
            assertTrue(io.selector.keys().isEmpty());
        } catch (Exception | AssertionError e) {
            throw new AssertionError("selector.model.seed=" + seed + " failed at step " + step, e);
        }
    }

    private void openLink() throws IOException {
        SelectorModelEnd[] link = random.nextBoolean()
            ? SelectorModelEnd.pipe(io.pipe())
            : SelectorModelEnd.connection(io.tcp());
        ends.addAll(List.of(link));
    }

    private void step() throws IOException {
        SelectorModelEnd end = ends.get(random.nextInt(ends.size()));
        switch (random.nextInt(20)) {
            case 0, 1, 2 -> register(end);
            case 3, 4, 5 -> changeInterest(end);
            case 6 -> cancel(end);
            case 7, 8, 9 -> end.write(1 + random.nextInt(1_000));
            case 10, 11, 12 -> end.read(1 + random.nextInt(2_000));
            case 13 -> end.fill();
            case 14 -> {
                if (random.nextInt(4) == 0) {
                    end.shutdownOutput();
                } else if (random.nextInt(3) == 0) {
                    close(end);
                }
            }
            case 15 -> forget();
            case 16 -> {
                io.selector.wakeup();
                woken = true;
            }
            default -> selectAndCheck();
        }
    }

    private int randomOps(SelectorModelEnd end) {
        return random.nextInt(16) & end.validOps;
    }

    private void register(SelectorModelEnd end) throws IOException {
        int ops = randomOps(end);
        if (!end.open) {
            return;
        }
        if (end.key != null && !end.key.isValid()) {
            assertThrowsExactly(CancelledKeyException.class, () -> end.channel.register(io.selector, ops, end));
            return;
        }
        SelectionKey key = end.channel.register(io.selector, ops, end);
        assertTrue(end.key == null || end.key == key);
        end.key = key;
        end.interest = ops;
    }

    private void changeInterest(SelectorModelEnd end) {
        int ops = randomOps(end);
        if (end.key == null) {
            return;
        }
        if (!end.key.isValid()) {
            assertThrowsExactly(CancelledKeyException.class, () -> end.key.interestOps(ops));
            return;
        }
        switch (random.nextInt(3)) {
            case 0 -> {
                end.key.interestOps(ops);
                end.interest = ops;
            }
            case 1 -> {
                assertEquals(end.interest, end.key.interestOpsOr(ops));
                end.interest |= ops;
            }
            default -> {
                assertEquals(end.interest, end.key.interestOpsAnd(ops));
                end.interest &= ops;
            }
        }
        assertEquals(end.interest, end.key.interestOps());
    }

    private void cancel(SelectorModelEnd end) {
        if (end.key != null) {
            end.key.cancel();
            assertFalse(end.key.isValid());
        }
    }

    /** Closes one end; a link of which nothing is left is replaced. */
    private void close(SelectorModelEnd end) throws IOException {
        end.close();
        if (!end.peer.open && end.key == null && end.peer.key == null) {
            ends.remove(end);
            ends.remove(end.peer);
            openLink();
        }
    }

    /** Takes some or all keys out of the selected-key set, as programs do once they have handled them. */
    private void forget() {
        Set<SelectionKey> selected = io.selector.selectedKeys();
        boolean all = random.nextBoolean();
        for (SelectorModelEnd end : ends) {
            if (end.selected && (all || random.nextBoolean())) {
                assertTrue(selected.remove(end.key));
                end.selected = false;
            }
        }
    }

    private void selectAndCheck() throws IOException {
        boolean deliver = random.nextInt(3) == 0;
        boolean settled = false;
        boolean flushed = false;
        long deadline = System.nanoTime() + SETTLE_NANOS;
        while (!settled) {
            if (!flushed) {
                ends.stream().filter(end -> end.key != null && !end.key.isValid()).forEach(end -> end.flushing = true);
            }
            settled = deliver ? deliverOnce() : selectOnce();
            if (!flushed) {
                checkFlushed();
                flushed = true;
            }
            woken = false;
            assertTrue(settled || System.nanoTime() - deadline < 0, () -> "never became ready: " + ends);
        }
    }

    /** One of the forms; those that wait only if the model says that they need not. */
    private int select() throws IOException {
        boolean returns = woken || ends.stream().anyMatch(end -> end.expected() != 0);
        return switch (random.nextInt(returns ? 3 : 1)) {
            case 0 -> io.selector.selectNow();
            case 1 -> io.selector.select();
            default -> io.selector.select(60_000);
        };
    }

    /** Nothing the model does not allow may ever be reported; all it promises must be, sooner or later. */
    private boolean selectOnce() throws IOException {
        int count = select();
        Set<SelectionKey> selected = new HashSet<>(io.selector.selectedKeys());
        boolean settled = true;
        int changed = 0;
        for (SelectorModelEnd end : ends) {
            int before = end.selected && !end.flushing ? end.ready : 0;
            int target = before | end.expected();
            if (target == 0) {
                continue;
            }
            if (selected.remove(end.key)) {
                int ready = end.key.readyOps();
                int kept = end.hungUp() ? before & end.interest : before;
                assertEquals(kept, ready & kept, () -> "lost readiness: " + end);
                assertEquals(ready, ready & target, () -> "unexpected readiness " + ready + ": " + end);
                assertTrue(ready != 0);
                changed += (ready & ~before) != 0 ? 1 : 0;
                settled &= (ready & end.expected()) == end.expected();
                end.ready = ready;
                end.selected = true;
            } else {
                assertEquals(0, before, () -> "no longer selected: " + end);
                settled = false;
            }
        }
        assertEquals(Set.of(), selected, "selected without reason");
        assertEquals(changed, count, "keys that changed");
        return settled;
    }

    /** The same with an action, which sees all that is ready each time and leaves the selected keys alone. */
    private boolean deliverOnce() throws IOException {
        Set<SelectionKey> selected = new HashSet<>(io.selector.selectedKeys());
        List<SelectorModelEnd> delivered = new ArrayList<>();
        int count = io.selector.selectNow(key -> {
            SelectorModelEnd end = (SelectorModelEnd) key.attachment();
            int ready = key.readyOps();
            assertTrue(ready != 0);
            assertEquals(ready, ready & end.expected(), () -> "unexpected readiness " + ready + ": " + end);
            end.ready = ready;
            delivered.add(end);
        });
        assertEquals(count, delivered.size());
        assertEquals(count, new HashSet<>(delivered).size(), "delivered twice");
        selected.removeIf(key -> !key.isValid());
        assertEquals(selected, new HashSet<>(io.selector.selectedKeys()));
        return ends.stream().allMatch(end ->
            delivered.contains(end) ? end.ready == end.expected() : end.expected() == 0);
    }

    /** Keys that were cancelled before the selection are gone after it. */
    private void checkFlushed() {
        Set<SelectionKey> keys = new HashSet<>();
        for (SelectorModelEnd end : ends) {
            if (end.flushing) {
                assertNull(end.channel.keyFor(io.selector));
                assertFalse(end.channel.isRegistered());
                end.flushed();
            } else if (end.key != null) {
                assertNotNull(end.channel.keyFor(io.selector));
                assertSame(end.key, end.channel.keyFor(io.selector));
                keys.add(end.key);
            }
        }
        assertEquals(keys, new HashSet<>(io.selector.keys()));
        assertTrue(keys.stream().allMatch(key -> (key.interestOps() & ~(OP_READ | OP_WRITE)) == 0));
    }
}
