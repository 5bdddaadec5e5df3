package org.anyfd.channel;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.anyfd.model.Model;
import org.anyfd.poll.Fd;

/**
 * A channel that is registered, cancelled and closed, while a selector selects and closes: {@link Fd}, its Refs and its
 * CloseLatch, {@link Interest} and {@link UpdateQueue} as they are. The rest is written after NativeSelector,
 * {@link WatchList}, {@link NativeSelectionKey}, and what is known of java.nio.channels.spi.
 *
 * <p>What must hold: no system call is made on the number once it may be another's; a key is not reported by a selection
 * that began after its cancel; when all rests, the number is closed, once, and the kernel watches nothing.
 */
final class CancelModel extends Model {
    static final String NO_REFERENCE = "a registration holds no reference";
    static final String ENQUEUED_EARLY = "a key is queued before the selector is looked at";
    static final String NOT_LOOKED = "a registration does not look whether the selector was closed";
    static final String TWO_GIVE_BACK = "the key's reference is given back by whoever finds it";
    static final String NO_DRAIN = "cancelled keys are not taken before the wait";

    private static final int NUMBER = 7;
    private static final int OPEN = 1;
    private static final int ANOTHERS = 2;

    private final UpdateQueue updates = new UpdateQueue();
    private final Interest interest = new Interest(null, 1);
    private final Fd fd = Fd.own(NUMBER);
    private final String program;
    private final String broken;

    // The kernel.
    private int number = OPEN;
    private boolean entry;
    private boolean woken;

    // The channel and its key.
    private boolean channelClosed;
    private boolean keyLocked;
    private boolean registered;
    private boolean holds;
    private boolean cancelled;
    private boolean armed;

    // The selector.
    private boolean selectorClosed;
    private boolean inKeys;
    private boolean inCancelled;
    private boolean told;

    /** @param program who there is besides: c, somebody cancels the key; s, somebody closes the selector */
    CancelModel(String program, String broken) {
        this.program = program;
        this.broken = broken;
    }

    @Override
    public Set<String> guarded() {
        return Set.of("CancelModel.armed", "UpdateQueue.taken");
    }

    @Override
    public String torn() {
        return broken;
    }

    @Override
    public List<Actor> actors() {
        List<Actor> actors = new ArrayList<>();
        actors.add(Actor.loop("selector", this::select));
        actors.add(Actor.once("registrar", this::register));
        actors.add(Actor.once("closer", this::closeChannel));
        if (program.contains("c")) {
            actors.add(Actor.once("canceller", () -> {
                if (step("looks for the key", () -> true, () -> registered)) {
                    cancel();
                }
            }));
        }
        if (program.contains("s")) {
            actors.add(Actor.once("selector's closer", this::closeSelector));
        }
        actors.add(Actor.once("stranger", () -> step("opens a file, and is given the number", () -> number == 0,
            () -> number = ANOTHERS)));
        return actors;
    }

    // -- The channel: any thread --

    private void lockKeys() {
        step("lock keys", () -> !keyLocked, () -> keyLocked = true);
    }

    private void unlockKeys() {
        step("unlock keys", () -> keyLocked = false);
    }

    private void register() {
        lockKeys();
        if (!channelClosed) {
            boolean got = !NO_REFERENCE.equals(broken) && fd.acquire();
            if (ENQUEUED_EARLY.equals(broken)) {
                updates.add(interest);
            }
            step("puts the key in keys", () -> {
                holds = got;
                inKeys = true;
            });
            if (!NOT_LOOKED.equals(broken) && selectorClosed) {
                if (removeKey() && got) {
                    fd.release();
                }
            } else {
                updates.add(interest);
                registered = true;
                wakeup();
            }
        }
        unlockKeys();
    }

    private boolean removeKey() {
        return step("takes the key out of keys", () -> true, () -> {
            boolean was = inKeys || TWO_GIVE_BACK.equals(broken);
            inKeys = false;
            return was;
        });
    }

    private void cancel() {
        boolean first = step("cancel", () -> true, () -> !cancelled & (cancelled = true));
        if (first) {
            step("puts the key in cancelledKeys", () -> inCancelled = true);
        }
        wakeup();
    }

    private void wakeup() {
        step("wakeup", () -> woken = true);
    }

    private void closeChannel() {
        channelClosed = true;
        fd.close();
        lockKeys();
        if (registered) {
            cancel();
        }
        unlockKeys();
    }

    // -- The selector --

    private void select() {
        step("selects", () -> !told || woken, () -> null);
        lock();
        if (selectorClosed) {
            unlock();
            step("ends", () -> false, () -> null);
        }
        boolean before = inCancelled;
        if (!NO_DRAIN.equals(broken)) {
            drain();
        }
        reconcile();
        boolean event = step("epoll_wait", () -> woken || entry, () -> {
            woken = false;
            return entry;
        });
        if (!NO_DRAIN.equals(broken)) {
            drain();
        }
        if (event && armed) {
            require(!before, "a cancelled key is reported");
            step("tells the program", () -> told = true);
        }
        if (NO_DRAIN.equals(broken)) {
            drain();
        }
        unlock();
    }

    private void drain() {
        boolean any = step("takes the cancelled keys", () -> true, () -> inCancelled & !(inCancelled = false));
        if (any && removeKey()) {
            dismantle();
        }
    }

    private void dismantle() {
        if (armed) {
            control("DEL", false);
            armed = false;
        }
        lockKeys();
        unlockKeys();
        if (holds) {
            fd.release();
        }
    }

    private void reconcile() {
        updates.take();
        if (updates.next() != null && !cancelled && !armed && (holds || NO_REFERENCE.equals(broken))) {
            control("ADD", true);
            armed = true;
        }
    }

    private void closeSelector() {
        selectorClosed = true;
        wakeup();
        lock();
        if (step("looks for keys", () -> true, () -> inKeys) && removeKey()) {
            cancel();
            dismantle();
        }
        unlock();
    }

    // -- The kernel --

    private void control(String what, boolean watches) {
        step("epoll_ctl(" + what + ")", () -> {
            require(number == OPEN, "epoll_ctl on a number that is no longer the channel's");
            entry = watches;
        });
    }

    @Override
    public Object call(String name, Object[] args) {
        if (!name.equals("close")) {
            return super.call(name, args);
        }
        return step("close(" + NUMBER + ")", () -> true, () -> {
            require(number == OPEN, "closed a number that is no longer the channel's");
            number = 0;
            entry = false;
            return 0;
        });
    }

    @Override
    public void checkEnd() {
        require(number == ANOTHERS && !entry && !armed, "something is left of the channel");
    }
}
