package org.anyfd.channel;

import java.util.List;
import java.util.Set;
import org.anyfd.model.Model;

/**
 * One key whose interest two threads change: {@link UpdateQueue} and {@link Interest} as they are. Only the second thread
 * wakes the selector, for the first one's change can wait. Queuing is written after {@link WatchList}, the rest after
 * NativeSelectionKey and NativeSelector.
 *
 * <p>What must hold: when all rests, the kernel watches what the second thread wanted.
 */
final class UpdateModel extends Model {
    static final String NOT_WOKEN = "whoever queues the key does not mind who found it queued";

    static final int FIRST = 1;
    static final int SECOND = 2;

    private final UpdateQueue updates = new UpdateQueue();
    private final Interest interest = new Interest(null, 0);
    private final int first;
    private final String broken;
    private int armed;
    private boolean woken;

    /** @param first what the first thread wants: the second may find its own change made already */
    UpdateModel(int first, String broken) {
        this.first = first;
        this.broken = broken;
    }

    @Override
    public Set<String> guarded() {
        return Set.of("UpdateModel.armed", "UpdateQueue.taken");
    }

    @Override
    public List<Actor> actors() {
        return List.of(Actor.loop("selector", this::select),
            Actor.once("first", () -> change(first)),
            Actor.once("second", () -> {
                change(SECOND);
                wakeup();
            }));
    }

    private void change(int ops) {
        if (updates.link(interest, interest.getAndOr(ops)) && !NOT_WOKEN.equals(broken)) {
            wakeup();
        }
    }

    private void wakeup() {
        step("wakeup", () -> woken = true);
    }

    private void select() {
        lock();
        updates.take();
        if (updates.next() != null) {
            armed = interest.ops();
        }
        step("epoll_wait", () -> woken, () -> woken = false);
        unlock();
    }

    @Override
    public void checkEnd() {
        require((armed & SECOND) != 0, "the kernel does not watch what the program wants");
    }
}
