package org.anyfd.channel;

import java.io.IOException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.IllegalSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.spi.AbstractSelectableChannel;
import java.nio.channels.spi.AbstractSelector;
import java.nio.channels.spi.SelectorProvider;
import java.util.Collections;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import jnr.enxio.channels.NativeSelectableChannel;
import org.anyfd.poll.Poller;
import org.anyfd.sys.Consts;
import org.anyfd.sys.Errno;

/**
 * Internal. The selector: one selection at a time, under two monitors, by whichever thread calls select; everything
 * else from any thread, under none.
 *
 * <p>Lock order: this selector's monitor, the selected-key set's monitor, then a channel's key lock (taken by
 * {@code deregister}). {@link #register} is called under a channel's locks and takes none of these. A selection:
 *
 * <pre>
 *   drain cancelled keys -&gt; reconcile interests -&gt; await -&gt; drain cancelled keys -&gt; dispatch events
 * </pre>
 */
public final class NativeSelector extends AbstractSelector {
    private static final long FOREVER = -1;

    private final Poller poller;
    /** Taking a key out of it decides who dismantles the key: a selection, the close, or a register that lost to it. */
    private final Set<SelectionKey> keys = ConcurrentHashMap.newKeySet();
    private final Set<SelectionKey> keysView = Collections.unmodifiableSet(keys);
    private final SelectedKeys selected = new SelectedKeys();
    final LateInterrupts lateInterrupts;

    /** Any thread enqueues; the rest is guarded by this selector's monitor. */
    private final WatchList watched;

    // Guarded by this selector's monitor.
    private final EdgeKeys edges;
    private boolean selecting;
    /** Where cancelled keys are put while they are gone through. */
    private NativeSelectionKey[] cancelled = new NativeSelectionKey[0];
    /** Selections in a row that met an event of a key that was gone before. */
    private int staleSelections;

    private NativeSelector(SelectorProvider provider, Poller poller) {
        super(provider);
        this.poller = poller;
        this.lateInterrupts = new LateInterrupts(poller);
        this.watched = new WatchList(this, poller);
        this.edges = watched.edges;
    }

    /**
     * Opens a selector.
     *
     * @throws IOException if the kernel gives no descriptor (EMFILE, ENFILE) or memory
     */
    public static NativeSelector open(SelectorProvider provider) throws IOException {
        NativeSelector selector = new NativeSelector(provider, Poller.open());
        OpenSelectors.add(selector);
        LateInterrupts.beginLooking();
        return selector;
    }

    // -- Sets --

    @Override
    public Set<SelectionKey> keys() {
        requireOpen();
        return keysView;
    }

    @Override
    public Set<SelectionKey> selectedKeys() {
        requireOpen();
        return selected;
    }

    private void requireOpen() {
        if (!isOpen()) {
            throw new ClosedSelectorException();
        }
    }

    // -- Registration and interest: any thread, no monitor --

    @Override
    protected SelectionKey register(AbstractSelectableChannel channel, int ops, Object attachment) {
        NativeSelectionKey key = new NativeSelectionKey(this, channel, targetOf(channel), ops);
        // Before the key is published: a selection may hand it out before this method returns.
        key.attach(attachment);
        keys.add(key);
        // Pairs with the close, which sets "closed" and then goes through the keys: one of the two sees the other.
        if (!isOpen()) {
            if (keys.remove(key)) {
                releaseFd(key);
            }
            throw new ClosedSelectorException();
        }
        // Not before: a selection that is still under way could arm a key whose reference was just released.
        enqueue(key);
        return key;
    }

    private static Selectable targetOf(AbstractSelectableChannel channel) {
        if (channel instanceof Selectable target) {
            return target;
        }
        if (channel instanceof NativeSelectableChannel foreign) {
            return new ForeignChannel(foreign);
        }
        throw new IllegalSelectorException();
    }

    /** Has the next selection bring the kernel in line with the key's interest. */
    void enqueue(NativeSelectionKey key) {
        if (watched.enqueue(key)) {
            poller.wakeup();
        }
    }

    /** As {@link #enqueue}, after a change of the interest, unless that changed nothing: what {@link Interest} returned. */
    void queue(NativeSelectionKey key, int changed) {
        if (watched.queue(key, changed)) {
            poller.wakeup();
        }
    }

    /** Whether a key's mode may be {@link Ops#EDGE}. */
    boolean reportsEdges() {
        return poller.edges();
    }

    @Override
    public Selector wakeup() {
        poller.wakeup();
        return this;
    }

    // -- Selection --

    @Override
    public int select(long timeoutMillis) throws IOException {
        requireTimeout(timeoutMillis);
        return lockAndSelect(null, timeoutMillis == 0 ? FOREVER : nanos(timeoutMillis));
    }

    @Override
    public int select() throws IOException {
        return lockAndSelect(null, FOREVER);
    }

    @Override
    public int selectNow() throws IOException {
        return lockAndSelect(null, 0);
    }

    @Override
    public int select(Consumer<SelectionKey> action, long timeoutMillis) throws IOException {
        Objects.requireNonNull(action);
        requireTimeout(timeoutMillis);
        return lockAndSelect(action, timeoutMillis == 0 ? FOREVER : nanos(timeoutMillis));
    }

    @Override
    public int select(Consumer<SelectionKey> action) throws IOException {
        Objects.requireNonNull(action);
        return lockAndSelect(action, FOREVER);
    }

    @Override
    public int selectNow(Consumer<SelectionKey> action) throws IOException {
        Objects.requireNonNull(action);
        return lockAndSelect(action, 0);
    }

    private static void requireTimeout(long timeoutMillis) {
        if (timeoutMillis < 0) {
            throw new IllegalArgumentException("Negative timeout");
        }
    }

    private static long nanos(long millis) {
        return millis > Long.MAX_VALUE / 2_000_000 ? Long.MAX_VALUE / 2 : millis * 1_000_000;
    }

    private int lockAndSelect(Consumer<SelectionKey> action, long timeoutNanos) throws IOException {
        synchronized (this) {
            requireOpen();
            if (selecting) {
                throw new IllegalStateException("select in progress");
            }
            selecting = true;
            try {
                synchronized (selected) {
                    return doSelect(action, timeoutNanos);
                }
            } finally {
                selecting = false;
            }
        }
    }

    private int doSelect(Consumer<SelectionKey> action, long timeoutNanos) throws IOException {
        drainCancelled();
        watched.reconcile();
        boolean hot = edges.anyHot();
        SelectEvent event = Recording.begun() ? SelectEvent.begun() : null;
        int n = timeoutNanos == 0 ? look() : awaitInterruptibly(hot, timeoutNanos);
        if (event != null) {
            event.end();
        }
        boolean drained = drainCancelled() | edges.gaveUp();
        int count = n == 0 ? 0 : dispatch(n, drained, action);
        count += edges.hotCount() == 0 ? 0 : dispatchHot(action);
        if (event != null) {
            event.done(this, keys.size(), count, timeoutNanos);
        }
        return count;
    }

    private int look() throws IOException {
        int n = checked(poller.await(0));
        edges.absorb(n);
        return n;
    }

    /**
     * Waits until there are events, a wakeup, an interrupt, the close or the end of the time.
     *
     * @param hot whether there are some already, so that it only looks for more
     */
    private int awaitInterruptibly(boolean hot, long timeoutNanos) throws IOException {
        long deadline = timeoutNanos == FOREVER ? 0 : System.nanoTime() + timeoutNanos;
        lateInterrupts.begin();
        begin();
        try {
            long left = timeoutNanos;
            int n;
            boolean something;
            do {
                n = checked(poller.await(hot ? 0 : left));
                something = edges.absorb(n);
                if (n > 0 && !something && !hot) {
                    edges.wokenInVain(n);
                }
                if (something || poller.woken() || Thread.currentThread().isInterrupted()) {
                    return n;
                }
                if (timeoutNanos != FOREVER) {
                    left = Math.max(0, deadline - System.nanoTime());
                }
            } while (left != 0);
            return n;
        } finally {
            end();
            lateInterrupts.end();
        }
    }

    private int checked(int n) throws IOException {
        if (n < 0) {
            throw Errno.failed(poller.describeAwait(), -n);
        }
        return n;
    }

    // -- Events --

    /** @param drained whether keys went since the wait, so that their events are still among the {@code n} */
    private int dispatch(int n, boolean drained, Consumer<SelectionKey> action) throws IOException {
        int selectedCount = 0;
        boolean stale = false;
        IOException failure = null;
        int i = 0;
        if (action != null) {
            markEnded(n);
        }
        try {
            while (i < n) {
                NativeSelectionKey key = watched.key(poller.token(i));
                int events = poller.events(i++);
                if (key == null) {
                    stale = true;
                } else if (key.edges != null || events == 0) {
                    // Told by dispatchHot; or of a key that is gone, see Poller.token, and not to have another one fire.
                    continue;
                } else if ((events & Consts.POLLNVAL) != 0) {
                    failure = WatchList.chain(failure, WatchList.broken(key, "poll(" + key.target.fd() + ")", Errno.EBADF));
                } else if (failure != null) {
                    // A key selected now would not be told: the next selection would not find it changed.
                    watched.renew(key);
                } else {
                    watched.fired(key);
                    selectedCount += tell(key, events, action);
                }
            }
        } finally {
            // Only if the program's action failed. It may have closed this selector, too, and what was in the poller is gone.
            while (i < n && isOpen()) {
                watched.renew(watched.key(poller.token(i++)));
            }
        }
        if (failure != null) {
            throw failure;
        }
        if (!drained) {
            forgetGhosts(stale);
        }
        return selectedCount;
    }

    /**
     * Looks which keys were cancelled before any action: a key that an action cancels is told all the same, as the JDK does.
     * That such a key was not drained is because whoever cancels it has not come to put it in the set of cancelled keys; a
     * second cancel, or the channel's close, does not wait for that, and may have returned before this selection began.
     */
    private void markEnded(int n) {
        for (int i = 0; i < n; i++) {
            NativeSelectionKey key = watched.key(poller.token(i));
            if (key != null && !key.isValid()) {
                key.ended = true;
            }
        }
    }

    /** Dispatches what the edges and our own reads and writes say is ready. */
    private int dispatchHot(Consumer<SelectionKey> action) {
        int selectedCount = 0;
        for (int i = 0; i < edges.hotCount(); i++) {
            NativeSelectionKey key = edges.hot(i);
            int events = key.edges == null || !key.isValid() ? 0 : key.edges.events();
            if ((events & key.eventsFor(key.interest.ops())) != 0) {
                selectedCount += tell(key, events, action);
            }
        }
        return selectedCount;
    }

    /** Tells the program of the events of a key, as far as they are of interest to it; 1 if that counts as an update. */
    private int tell(NativeSelectionKey key, int events, Consumer<SelectionKey> action) {
        if (action == null ? !key.isValid() : key.ended) {
            return 0;
        }
        int interest = key.interest.ops();
        int ready = key.readyFor(events, interest);
        if ((ready & interest) != 0) {
            OpenSelectors.happened(key);
            return action == null ? select(key, ready) : deliver(key, ready, action);
        }
        if (action != null && (events & key.eventsFor(interest)) != 0) {
            // As the JDK: the ready set tells of this selection, also if nothing in it is of interest.
            key.ready = ready;
        }
        watched.renew(key);
        return 0;
    }

    /** Puts a key in the selected set, or adds to its ready set if it is there; 1 if that changed anything. */
    private int select(NativeSelectionKey key, int ready) {
        if (key.selectedIndex >= 0) {
            int before = key.ready;
            key.ready = before | ready;
            return (before | ready) != before ? 1 : 0;
        }
        key.ready = ready;
        selected.put(key);
        return 1;
    }

    private int deliver(NativeSelectionKey key, int ready, Consumer<SelectionKey> action) {
        key.ready = ready;
        action.accept(key);
        requireOpen();
        return 1;
    }

    /**
     * An event of a key that was gone before the wait is that of a ghost: an entry whose number was closed behind our
     * back while a duplicate keeps the file open. The kernel has no call to remove it (epoll(7), question 6), so if it
     * comes again, everything is armed anew.
     */
    private void forgetGhosts(boolean stale) throws IOException {
        staleSelections = stale ? staleSelections + 1 : 0;
        if (staleSelections < 2) {
            return;
        }
        staleSelections = 0;
        watched.reset(keys);
    }

    // -- Cancelled keys and the close --

    /**
     * Dismantles the keys cancelled so far; false if there are none. The set's monitor is left before deregister takes
     * a channel's locks.
     */
    private boolean drainCancelled() {
        Set<SelectionKey> set = cancelledKeys();
        // Without the monitor, by a plain read of HashSet's count: only a selection takes keys out, so who finds none has
        // missed none that was put in before. One that is put in meanwhile is for the next selection.
        if (set.isEmpty()) {
            return false;
        }
        int count;
        synchronized (set) {
            count = set.size();
            cancelled = set.toArray(cancelled);
            set.clear();
        }
        for (int i = 0; i < count; i++) {
            NativeSelectionKey key = cancelled[i];
            cancelled[i] = null;
            if (keys.remove(key)) {
                dismantle(key);
            }
        }
        return true;
    }

    private void dismantle(NativeSelectionKey key) {
        watched.remove(key);
        selected.remove(key);
        // JDK 17 fails with a NullPointerException if the channel does not know the key yet.
        if (key.channel().keyFor(this) == key) {
            deregister(key);
        }
        releaseFd(key);
    }

    private static void releaseFd(NativeSelectionKey key) {
        if (key.holdsFd) {
            key.target.fd().release();
        }
    }

    private NativeSelectionKey[] snapshot() {
        return keys.toArray(new NativeSelectionKey[0]);
    }

    // -- For people: any thread, no monitor --

    @Override
    public String toString() {
        return name() + "[" + (isOpen() ? backend() + ", keys=" + keyCount() : "closed") + "]";
    }

    public String name() {
        return super.toString();
    }

    public String backend() {
        return poller.toString();
    }

    public int keyCount() {
        return keys.size();
    }

    void forEachKey(Consumer<NativeSelectionKey> action) {
        keys.forEach(key -> action.accept((NativeSelectionKey) key));
    }

    @Override
    protected void implCloseSelector() throws IOException {
        OpenSelectors.remove(this);
        wakeup();
        synchronized (this) {
            synchronized (selected) {
                for (NativeSelectionKey key : snapshot()) {
                    if (keys.remove(key)) {
                        key.cancel();
                        dismantle(key);
                    }
                }
                watched.clear();
                selected.clear();
                poller.close();
            }
        }
    }
}
