package org.anyfd.channel;

import java.nio.channels.SelectableChannel;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.WeakHashMap;

/**
 * Internal. The selectors that are open, for whoever wants to look into a running program. Any thread may call any
 * method; none waits for a selection.
 */
public final class OpenSelectors {
    /** Weakly, for one that is dropped without a close. Guarded by its own monitor, a leaf. */
    private static final Set<NativeSelector> OPEN = Collections.newSetFromMap(new WeakHashMap<>());

    /** In terms of System.nanoTime. Written before {@link #timed} becomes true, and not again. */
    private static long timedSince;
    private static volatile boolean timed;

    private OpenSelectors() {
    }

    static void add(NativeSelector selector) {
        synchronized (OPEN) {
            OPEN.add(selector);
        }
    }

    static void remove(NativeSelector selector) {
        synchronized (OPEN) {
            OPEN.remove(selector);
        }
    }

    static boolean none() {
        synchronized (OPEN) {
            return OPEN.isEmpty();
        }
    }

    /** Those that are open now. */
    public static List<NativeSelector> list() {
        synchronized (OPEN) {
            return List.copyOf(OPEN);
        }
    }

    /**
     * Has the selectors of a channel watch the file that its number stands for by now. One that waits returns, for the
     * kernel may have forgotten what it waits for.
     */
    static void watchAnew(SelectableChannel channel) {
        for (NativeSelector selector : list()) {
            if (channel.keyFor(selector) instanceof NativeSelectionKey key) {
                selector.enqueue(key);
                selector.wakeup();
            }
        }
    }

    /** From now on notes when each key is ready, which costs a look at the clock for each event. */
    public static synchronized void time() {
        if (!timed) {
            timedSince = System.nanoTime();
            timed = true;
        }
    }

    /** Notes that something happened to a key. */
    static void happened(NativeSelectionKey key) {
        if (timed) {
            key.lastNanos = System.nanoTime();
        }
    }

    /** A selector's keys that are valid, each as it is at some moment during the call. */
    public static List<KeyState> keys(NativeSelector selector) {
        List<KeyState> states = new ArrayList<>();
        selector.forEachKey(key -> {
            if (key.isValid()) {
                states.add(new KeyState(key.channel(), key.target.fd().number(), key.interest.ops(), key.armed, key.ready,
                    idleNanos(key)));
            }
        });
        return states;
    }

    private static long idleNanos(NativeSelectionKey key) {
        if (!timed) {
            return -1;
        }
        long last = key.lastNanos;
        return Math.max(0, System.nanoTime() - (last == 0 ? timedSince : last));
    }
}
