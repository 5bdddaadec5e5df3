package org.anyfd.channel;

import java.util.Arrays;
import org.anyfd.poll.Await;
import org.anyfd.poll.Poller;
import org.anyfd.sys.Consts;
import org.anyfd.sys.Scratch;

/**
 * The trigger strategy: which of a selector's keys are watched edge-triggered, and which of those are ready.
 *
 * <p>A key is watched level-triggered until its program has taken interest off and on again a few times, as servers do
 * around each request. Such a change costs a system call; edge-triggered it costs none, since the kernel goes on watching
 * for all that was ever wanted and {@link Readiness} says what of it is there. Nor does cancelling the key and registering
 * the channel anew, as the JDK's HTTP server does for each request. A key that does not profit goes back.
 *
 * <p>Guarded by the selector's monitor.
 */
final class EdgeKeys {
    /** Changes after which a key is watched edge-triggered: off and on again. */
    private static final int ENOUGH_CHANGES = 2;
    /** How often edge-triggering may cost more than it saved. */
    private static final int PATIENCE = 8;
    /** How many system calls a turn of the selecting thread is worth that has it wake for nothing and wait again. */
    private static final int WAKE = 3;
    /** The most that what it saved long ago counts for. */
    private static final int CREDIT = 64;
    /** A key that did not profit, again and again, has to make two to this changes before it is tried once more. */
    private static final int MAX_RELAPSE = 20;
    private static final int ALWAYS = Consts.EPOLLET | Consts.POLLRDHUP | Consts.POLLPRI;
    private static final int HARD = Consts.POLLERR | Consts.POLLHUP | Consts.POLLPRI;

    private final NativeSelector selector;
    private final Poller poller;
    private final Slots slots;
    /** Keys that were ready when last looked at, each once. */
    private NativeSelectionKey[] hot = new NativeSelectionKey[0];
    private int hotCount;
    /** How many watches are active: while there is none, nothing here costs anything. */
    private int active;
    /** Whether dormant keys were given up since {@link #gaveUp} was asked. */
    private boolean gaveUp;

    EdgeKeys(NativeSelector selector, Poller poller, Slots slots) {
        this.selector = selector;
        this.poller = poller;
        this.slots = slots;
    }

    /** Counts a change of what the kernel watches of a key; the watch, if it had better be edge-triggered, or null. */
    EdgeWatch suits(NativeSelectionKey key) {
        EdgeWatch watch = watchOf(key, true);
        return watch != null && ++watch.changes >= ENOUGH_CHANGES && key.target.fd().isOpen() ? watch : null;
    }

    /** The watch, if an earlier key of the channel has made changes enough, or null. */
    EdgeWatch suitsNew(NativeSelectionKey key) {
        EdgeWatch watch = watchOf(key, false);
        return watch != null && watch.changes >= ENOUGH_CHANGES ? watch : null;
    }

    /** Counts the cancelling of a key as a change. */
    void cancelled(NativeSelectionKey key) {
        EdgeWatch watch = watchOf(key, true);
        if (watch != null) {
            watch.changes++;
        }
    }

    private EdgeWatch watchOf(NativeSelectionKey key, boolean make) {
        Io io = poller.edges() ? key.target.soleIo() : null;
        if (io == null) {
            return null;
        }
        EdgeWatch watch = io.watch();
        if (watch != null && !watch.owner.isOpen()) {
            io.compareAndSetWatch(watch, null);
            watch = io.watch();
        }
        if (watch == null && make) {
            io.compareAndSetWatch(null, new EdgeWatch(selector));
            watch = io.watch();
        }
        return watch != null && watch.owner == selector ? watch : null;
    }

    /** The mask for the kernel, to be armed by the caller and then {@link #begin begun}. */
    static int mask(int events) {
        return events | ALWAYS;
    }

    /** Before the kernel is told: from now on reads and writes are noted. */
    void begin(NativeSelectionKey key, EdgeWatch watch) {
        watch.reset();
        watch.balance = 0;
        watch.active = true;
        key.edges = watch;
        active++;
    }

    /** Back to level-triggered, which the next reconcile tells the kernel. */
    private void end(NativeSelectionKey key) {
        leave(key);
        selector.enqueue(key);
    }

    /** Leaves it to the caller to tell the kernel how the key is to be watched, also if that is as now. */
    void leave(NativeSelectionKey key) {
        relapse(key.edges);
        forget(key);
        WatchList.untold(key);
    }

    private static void relapse(EdgeWatch watch) {
        watch.changes = -(1 << watch.relapse);
        watch.relapse = (byte) Math.min(watch.relapse + 1, MAX_RELAPSE);
    }

    /** A key that takes over what the kernel watches for a cancelled one; false if there is no such. */
    boolean adopt(NativeSelectionKey key) {
        EdgeWatch watch = watchOf(key, false);
        NativeSelectionKey before = watch == null ? null : watch.dormant;
        if (before == null) {
            return false;
        }
        watch.dormant = null;
        gain(watch);
        key.token = before.token;
        key.armed = before.armed;
        key.edges = watch;
        before.token = -1;
        before.edges = null;
        slots.replace(key.token, key);
        return true;
    }

    /** Keeps what the kernel watches for a key that is gone, in case the channel is registered again. */
    void keep(NativeSelectionKey key) {
        key.edges.dormant = key;
        // Pairs with EdgeWatch.closed: it sees the dormant key, or this sees the closed descriptor.
        if (!key.target.fd().isOpen()) {
            discard(key);
        }
    }

    /** Gives up a dormant key's slot. Its entry is removed from the kernel, unless that went with the descriptor. */
    void discard(NativeSelectionKey key) {
        EdgeWatch watch = key.edges;
        if (watch == null || watch.dormant != key) {
            return;
        }
        watch.dormant = null;
        watch.active = false;
        active--;
        gaveUp = true;
        if (key.target.fd().acquire()) {
            poller.update(key.target.fd().number(), key.token, key.armed, 0);
            key.target.fd().release();
        }
        slots.remove(key.token);
        key.token = -1;
        key.edges = null;
    }

    /** Whether slots were given up since this was last asked: the events of an await may still be under their tokens. */
    boolean gaveUp() {
        boolean was = gaveUp;
        gaveUp = false;
        return was;
    }

    /** Forgets a key that the kernel no longer watches. */
    void forget(NativeSelectionKey key) {
        if (key.edges != null) {
            key.edges.active = false;
            key.edges = null;
            active--;
        }
    }

    /**
     * Takes in a change of interest.
     *
     * @return 0, or -errno if the kernel had to be told of a new event and refused
     */
    int change(NativeSelectionKey key, int wanted) {
        if ((wanted & ~key.armed) != 0) {
            int r = poller.update(key.target.fd().number(), key.token, key.armed, key.armed | wanted);
            if (r < 0) {
                return r;
            }
            key.armed |= wanted;
        } else {
            gain(key.edges);
        }
        heat(key, wanted);
        return 0;
    }

    /** Makes the key hot if it is ready for what is wanted; if that is in doubt, asks the kernel. */
    private void heat(NativeSelectionKey key, int wanted) {
        Readiness readiness = key.edges;
        // Before the doubt: a read that turns "ready" into doubt behind it leaves the key hot, to be asked about next time.
        boolean ready = (readiness.events() & wanted) != 0;
        if ((wanted & Consts.POLLIN) != 0 && readiness.takeDoubt()) {
            ready |= readable(key);
            // Not spend: what the key is ready for now would be told neither by an edge nor by this selection's reconcile.
            charge(key.edges, 1);
        }
        if (!key.hot && ready) {
            if (hotCount == hot.length) {
                hot = Arrays.copyOf(hot, Math.max(16, 2 * hotCount));
            }
            hot[hotCount++] = key;
            key.hot = true;
        }
    }

    /** By poll(2): a new look by epoll_ctl(MOD) would also report, for nothing, that there is room to write. */
    private static boolean readable(NativeSelectionKey key) {
        Scratch scratch = Scratch.take();
        try {
            if ((Await.look(key.target.fd().number(), Consts.POLLIN, scratch) & Consts.POLLIN) == 0) {
                return false;
            }
            key.edges.edge(Consts.POLLIN);
            return true;
        } finally {
            scratch.give();
        }
    }

    private static void charge(EdgeWatch watch, int cost) {
        watch.balance = (byte) Math.max(watch.balance - cost, Byte.MIN_VALUE);
    }

    private static void gain(EdgeWatch watch) {
        watch.balance = (byte) Math.min(watch.balance + 1, CREDIT);
    }

    private void spend(NativeSelectionKey key, int cost) {
        charge(key.edges, cost);
        if (key.edges.balance < -PATIENCE) {
            if (key.edges.dormant == key) {
                relapse(key.edges);
                discard(key);
            } else {
                end(key);
            }
        }
    }

    /** Drops the keys that are no longer ready; whether any is left, so that the selection must not wait. */
    boolean anyHot() {
        int all = hotCount;
        hotCount = 0;
        for (int i = 0; i < all; i++) {
            NativeSelectionKey key = hot[i];
            key.hot = false;
            if (key.edges != null && key.isValid()) {
                heat(key, key.eventsFor(key.interest.ops()));
            }
        }
        Arrays.fill(hot, hotCount, all, null);
        return hotCount > 0;
    }

    int hotCount() {
        return hotCount;
    }

    NativeSelectionKey hot(int i) {
        return hot[i];
    }

    /**
     * Takes in the edges among the events of an await.
     *
     * @return whether there is anything to dispatch, of whatever kind
     */
    boolean absorb(int n) {
        if (active == 0) {
            return n > 0;
        }
        boolean level = false;
        for (int i = 0; i < n; i++) {
            NativeSelectionKey key = slots.get(poller.token(i));
            if (key == null || key.edges == null) {
                level = true;
            } else {
                level |= edge(key, poller.events(i));
            }
        }
        return level || hotCount > 0;
    }

    /**
     * Says that the thread has waited, and the events were edges that nobody wanted. A server whose worker finds one request
     * after another, while the key's interest is 0, would have it wake for each.
     */
    void wokenInVain(int n) {
        for (int i = 0; i < n; i++) {
            NativeSelectionKey key = slots.get(poller.token(i));
            if (key != null && key.edges != null) {
                spend(key, WAKE);
            }
        }
    }

    /** Takes in one edge; true if the event is to be dispatched as a level-triggered one. */
    private boolean edge(NativeSelectionKey key, int events) {
        key.edges.edge(events);
        if (!key.isValid()) {
            if (key.edges.dormant != key) {
                // Cancelled during the wait, maybe by the channel's close: the selection now lets go of the descriptor.
                return true;
            }
            spend(key, 1);
            return false;
        }
        int interest = key.interest.ops();
        if ((events & HARD) != 0 || key.edges.balance < -PATIENCE) {
            // Errors and urgent data are not taken away by our reads and writes alone: the kernel knows better.
            end(key);
            return (key.readyFor(events, interest) & interest) != 0;
        }
        int wanted = key.eventsFor(interest);
        if ((events & wanted) == 0) {
            spend(key, 1);
        } else {
            heat(key, wanted);
        }
        return false;
    }
}
