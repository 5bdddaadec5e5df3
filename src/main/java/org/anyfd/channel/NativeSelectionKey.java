package org.anyfd.channel;

import java.nio.channels.CancelledKeyException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.spi.AbstractSelectionKey;

/**
 * The registration of a channel with a selector: two masks. What the program wants, {@link #interest}, any thread
 * changes; what the kernel watches, {@link #armed}, the selecting thread brings in line with it, once per select.
 *
 * <pre>
 *   valid, armed = m  --reconcile--&gt; valid, armed = events for the interest
 *   valid, armed = m  --cancel-----&gt; invalid, armed = m  --next select or selector close--&gt; gone
 * </pre>
 */
final class NativeSelectionKey extends AbstractSelectionKey {
    private final NativeSelector selector;
    private final SelectableChannel channel;
    final Selectable target;
    final Interest interest;
    /** Whether the registration holds a reference on the descriptor, as it does until it is gone. Set at birth. */
    final boolean holdsFd;
    /** What the kernel watches. Guarded by the selector's monitor. */
    int armed;
    /** Which file of the descriptor that was: {@link org.anyfd.poll.Fd#file}. Guarded by the selector's monitor. */
    int file;
    /** What events are reported under; negative as long as nothing was armed. Guarded by the selector's monitor. */
    long token = -1;
    /** Not null while the channel is watched edge-triggered for this key. Guarded by the selector's monitor. */
    EdgeWatch edges;
    /** Whether it is in the list of {@link EdgeKeys}. Guarded by the selector's monitor. */
    boolean hot;
    /** Whether a selection found it cancelled before its first action. Guarded by the selector's monitor. */
    boolean ended;
    /** The place in the selected-key set, or -1. Guarded as that set. */
    int selectedIndex = -1;
    /** The ready set. Written by the selecting thread. */
    volatile int ready;
    /**
     * When it was registered or last ready, in terms of System.nanoTime; 0 if {@link OpenSelectors} did not want to know.
     * Written by the selecting thread.
     */
    volatile long lastNanos;

    NativeSelectionKey(NativeSelector selector, SelectableChannel channel, Selectable target, int ops) {
        this.selector = selector;
        this.channel = channel;
        this.target = target;
        this.interest = new Interest(this, ops);
        this.holdsFd = target.fd().acquire();
        OpenSelectors.happened(this);
    }

    @Override
    public SelectableChannel channel() {
        return channel;
    }

    @Override
    public Selector selector() {
        return selector;
    }

    @Override
    public int interestOps() {
        requireValid();
        return interest.ops();
    }

    @Override
    public SelectionKey interestOps(int ops) {
        requireValid();
        requireValidOps(ops);
        selector.queue(this, interest.getAndSet(ops));
        return this;
    }

    @Override
    public int interestOpsOr(int ops) {
        requireValid();
        requireValidOps(ops);
        int changed = interest.getAndOr(ops);
        selector.queue(this, changed);
        return Interest.ops(changed);
    }

    @Override
    public int interestOpsAnd(int ops) {
        requireValid();
        int changed = interest.getAndAnd(ops);
        selector.queue(this, changed);
        return Interest.ops(changed);
    }

    @Override
    public int readyOps() {
        requireValid();
        return ready;
    }

    private void requireValid() {
        if (!isValid()) {
            throw new CancelledKeyException();
        }
    }

    private void requireValidOps(int ops) {
        if ((ops & ~(channel.validOps() | Ops.EXTENDED)) != 0) {
            throw new IllegalArgumentException("Operation not valid for this channel: " + ops);
        }
        if ((ops & Ops.EDGE) != 0 && !selector.reportsEdges()) {
            throw new UnsupportedOperationException("EDGE: this selector uses poll(2), which has no edges");
        }
    }

    /** The events that the kernel has to watch for {@code ops}. */
    int eventsFor(int ops) {
        int events = target.eventsFor(ops);
        return (ops & Ops.EXTENDED) == 0 ? events : Ops.extendedEvents(events, ops);
    }

    /** The operations that are ready, given the events there are: of the extended ones, those in {@code ops}. */
    int readyFor(int events, int ops) {
        int ready = target.readyFor(events, ops & ~Ops.EXTENDED);
        return (ops & Ops.EXTENDED) == 0 ? ready : ready | Ops.extendedReady(events, ops);
    }

    /**
     * The JDK's text, and the descriptor, names for the operations, and what the kernel watches. Any thread may ask and
     * waits for nobody: {@link #armed} is as some selection left it.
     */
    @Override
    public String toString() {
        return "channel=" + channel + ", selector=" + selector + ", " + target.fd()
            + (isValid() ? ", interestOps=" + OpNames.ofOps(interest.ops()) + ", armed=" + OpNames.ofEvents(armed)
                + ", readyOps=" + OpNames.ofOps(ready) : ", invalid");
    }
}
