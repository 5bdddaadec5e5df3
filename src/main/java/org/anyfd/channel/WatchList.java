package org.anyfd.channel;

import java.io.IOException;
import java.nio.channels.SelectionKey;
import java.util.Set;
import org.anyfd.poll.Poller;
import org.anyfd.sys.Consts;
import org.anyfd.sys.Errno;

/**
 * What the kernel watches for a selector's keys: brought in line with their interests, and the way from an event back
 * to its key.
 *
 * <p>Any thread may {@link #enqueue}. The rest is guarded by the selector's monitor.
 */
final class WatchList {
    final EdgeKeys edges;
    private final Poller poller;
    private final UpdateQueue updates = new UpdateQueue();
    private final Slots slots = new Slots();
    private final NativeSelector selector;

    WatchList(NativeSelector selector, Poller poller) {
        this.selector = selector;
        this.poller = poller;
        this.edges = new EdgeKeys(selector, poller, slots);
    }

    /** Has the next selection bring the kernel in line with the key's interest; whether that one is to be woken. */
    boolean enqueue(NativeSelectionKey key) {
        return updates.add(key.interest);
    }

    /** As {@link #enqueue}, after a change of the interest, unless that changed nothing. */
    boolean queue(NativeSelectionKey key, int changed) {
        return updates.link(key.interest, changed);
    }

    /** The key that events are reported for under a token, or null if it is gone. */
    NativeSelectionKey key(long token) {
        return slots.get(token);
    }

    /**
     * Brings what the kernel watches in line with the interests that changed. If it refuses one, that key is cancelled,
     * the others are done, and the first refusal is thrown.
     */
    void reconcile() throws IOException {
        IOException failure = null;
        updates.take();
        for (UpdateQueue.Node node = updates.next(); node != null; node = updates.next()) {
            NativeSelectionKey key = ((Interest) node).key;
            if (key.isValid()) {
                failure = chain(failure, arm(key, key.interest.ops()));
            } else {
                edges.discard(key);
            }
        }
        if (failure != null) {
            throw failure;
        }
    }

    /** Has the kernel watch for the interest; if it refuses, cancels the key and returns why. */
    private IOException arm(NativeSelectionKey key, int ops) {
        if (!key.holdsFd) {
            return null;
        }
        int file = key.target.fd().file();
        if (key.file != file) {
            disarm(key);
            // An odd one is told from any, so that the next time is as this one.
            key.file = file & ~1;
        }
        int events = key.eventsFor(ops);
        boolean plain = (ops & Ops.EXTENDED) == 0;
        if (key.edges != null || key.token < 0 && edges.adopt(key)) {
            if (plain) {
                return armed(key, events, edges.change(key, events));
            }
            edges.leave(key);
        }
        return events == key.armed ? null : armed(key, events, update(key, events, plain));
    }

    /** @param plain whether how the events are reported is ours to choose */
    private int update(NativeSelectionKey key, int events, boolean plain) {
        EdgeWatch watch = !plain ? null : key.token < 0 ? edges.suitsNew(key) : edges.suits(key);
        boolean edge = watch != null && events != 0;
        if (key.token < 0) {
            key.token = slots.add(key);
        }
        if (edge) {
            edges.begin(key, watch);
        }
        int mask = edge ? EdgeKeys.mask(events) : events;
        if (mask == key.armed) {
            // By the program's modes it was watched just so; but what was reported to it then is to be reported anew.
            untold(key);
        }
        int r = poller.update(key.target.fd().number(), key.token, key.armed, mask);
        if (r >= 0) {
            key.armed = mask;
        } else {
            edges.forget(key);
        }
        return r;
    }

    /** The number has come to stand for another file: with the old one went its entry in an epoll set. */
    private void disarm(NativeSelectionKey key) {
        // ENOENT, unless somebody else has the old file, too.
        poller.update(key.target.fd().number(), key.token, key.armed, 0);
        key.armed = 0;
    }

    private IOException armed(NativeSelectionKey key, int events, int r) {
        return r >= 0 ? null : broken(key, poller.describeUpdate(key.target.fd().number(), key.armed, events), -r);
    }

    /**
     * Cancels a key whose descriptor the kernel does not know; returns why, unless the program closed the channel
     * meanwhile: a foreign one gives its number back before its keys are cancelled.
     */
    static IOException broken(NativeSelectionKey key, String call, int errno) {
        boolean expected = !key.isValid() || !key.channel().isOpen();
        key.cancel();
        return expected ? null : Errno.failed(call, errno);
    }

    static IOException chain(IOException first, IOException next) {
        if (first != null && next != null) {
            first.addSuppressed(next);
        }
        return first != null ? first : next;
    }

    /** After an event of a one-shot key: the kernel's entry is still there, and watches nothing. */
    void fired(NativeSelectionKey key) {
        if ((key.armed & Consts.EPOLLONESHOT) != 0) {
            key.armed = Consts.EPOLLONESHOT;
        }
    }

    /** Forgets which events the kernel watches for the key, so that it is told anew, and reports anew what is there. */
    static void untold(NativeSelectionKey key) {
        key.armed &= Ops.MODES;
    }

    /**
     * After an event that the program was not told of. If it means nothing to the channel as it is now, it must not come
     * again at once; if it comes only once, it has to.
     *
     * @param key null if it is gone
     */
    void renew(NativeSelectionKey key) {
        if (key == null || key.edges != null) {
            return;
        }
        if ((key.armed & (Consts.EPOLLET | Consts.EPOLLONESHOT)) != 0) {
            untold(key);
        }
        if (key.eventsFor(key.interest.ops()) != key.armed) {
            enqueue(key);
        }
    }

    /** Ends the watch for a key that is gone, unless it may serve the next key of its channel. */
    void remove(NativeSelectionKey key) {
        if (key.edges != null && selector.isOpen() && key.target.fd().isOpen() && mayOutlive(key)) {
            edges.keep(key);
        } else if (key.token >= 0) {
            edges.forget(key);
            // ENOENT or EBADF: the number was closed behind our back, and with it went what there is to disarm.
            poller.update(key.target.fd().number(), key.token, key.armed, 0);
            slots.remove(key.token);
            key.armed = 0;
            if (key.target.fd().isOpen()) {
                edges.cancelled(key);
            }
        }
    }

    /** Whether the kernel's entry goes when the channel is closed: not if that leaves the file open. */
    private boolean mayOutlive(NativeSelectionKey key) {
        return key.target.soleIo() != null && poller.goesWithNumber(key.token);
    }

    /** Has the kernel forget all, and the next selection tell it anew, but for what has fired and is not to be watched. */
    void reset(Set<SelectionKey> keys) throws IOException {
        poller.reset();
        slots.forEach(edges::discard);
        for (SelectionKey each : keys) {
            NativeSelectionKey key = (NativeSelectionKey) each;
            edges.forget(key);
            if (key.armed != Consts.EPOLLONESHOT) {
                enqueue(key);
            }
            key.armed = 0;
        }
    }

    /** Gives up what is still watched for keys that are gone, before the poller is closed. */
    void clear() {
        slots.forEach(edges::discard);
    }
}
