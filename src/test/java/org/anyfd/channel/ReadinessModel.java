package org.anyfd.channel;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.anyfd.model.Model;
import org.anyfd.sys.Consts;
import org.anyfd.sys.Errno;

/**
 * One socket's key: {@link Readiness}, {@link Interest} and {@link UpdateQueue} as they are, over a kernel that knows the
 * socket's bytes and an epoll entry. The selecting thread is written after {@link WatchList}, {@link EdgeKeys} and
 * NativeSelector, without their counting: it may begin or end the watching of edges whenever they count. The reader is written
 * after {@link Io}, an interest change after NativeSelectionKey.
 *
 * <p>What must hold: when all rests, the program was told of what there is to read, if it wants to know, and the kernel
 * watches what the program wants.
 */
final class ReadinessModel extends Model {
    static final String NO_TICK = "an edge since the read began does not count";
    static final String NO_DOUBT = "a read that filled its buffer leaves no doubt";
    static final String DOUBT_FIRST = "readiness is looked at behind the doubt";
    static final String LOOK_THEN_IDLE = "the interest is read before the key is idle";

    private final UpdateQueue updates = new UpdateQueue();
    private final Interest interest = new Interest(null, 0);
    private final Readiness readiness = new Readiness();
    private final String broken;
    private final String program;

    // The kernel.
    private int bytes;
    private int armed;
    /** EPOLLET. */
    private boolean triggered;
    private boolean listed;

    // The selecting thread.
    private boolean edges;
    private boolean hot;
    /** Whether what the kernel watches is to be told it anew, also if it is the same. */
    private boolean untold;
    /** Whether reads are noted: EdgeWatch.active. */
    private volatile boolean active;

    /** A wakeup that is not consumed. */
    private boolean woken;
    private boolean told;

    /**
     * @param program what happens, a letter each, in an actor of its own: b, a byte comes; r, somebody reads one byte; R,
     *     somebody reads all; m, interest is taken off and put on again
     */
    ReadinessModel(String program, String broken) {
        this.program = program;
        this.broken = broken;
        updates.link(interest, interest.getAndSet(1));
    }

    @Override
    public Set<String> guarded() {
        return Set.of("ReadinessModel.edges", "ReadinessModel.hot", "ReadinessModel.untold",
            "ReadinessModel.armed", "ReadinessModel.triggered", "UpdateQueue.taken");
    }

    @Override
    public String torn() {
        return broken;
    }

    @Override
    public List<Actor> actors() {
        List<Actor> actors = new ArrayList<>();
        actors.add(Actor.loop("selector", this::select));
        for (int i = 0; i < program.length(); i++) {
            char c = program.charAt(i);
            String name = c + "" + i;
            switch (c) {
                case 'b' -> actors.add(Actor.once(name, () -> step("a byte comes", this::arrive)));
                case 'r' -> actors.add(Actor.once(name, () -> read(1)));
                case 'R' -> actors.add(Actor.once(name, () -> read(100)));
                default -> actors.add(Actor.once(name, this::mute));
            }
        }
        return actors;
    }

    private void arrive() {
        bytes++;
        listed |= armed != 0;
    }

    // -- The program --

    private void read(int asked) {
        boolean notes = active;
        long before = notes ? readiness.before() : 0;
        int n = step("read " + asked, () -> true, () -> {
            int had = Math.min(bytes, asked);
            bytes -= had;
            // Read without having been told, or since: what is left is to be told of anew.
            told = false;
            return had == 0 ? -Errno.EAGAIN : had;
        });
        if (notes) {
            long since = NO_TICK.equals(broken) ? readiness.before() : before;
            readiness.read(since, n, NO_DOUBT.equals(broken) ? asked + 1 : asked);
        }
    }

    private void mute() {
        updates.link(interest, interest.getAndSet(0));
        updates.link(interest, interest.getAndSet(1));
        step("wakeup", () -> woken = true);
    }

    // -- The selecting thread --

    private void select() {
        // A program that was told reads before it selects again, unless it has to look at something else.
        step("selects", () -> !told || woken, () -> null);
        lock();
        reconcile();
        if (hot) {
            hot = false;
            if (edges) {
                heat(interest.ops());
            }
        }
        boolean look = hot;
        boolean event;
        boolean wasWoken;
        do {
            int found = step("epoll_wait", () -> look || woken || isReported(), () -> {
                int now = (isReported() ? 1 : 0) | (woken ? 2 : 0);
                woken = false;
                listed = false;
                return now;
            });
            wasWoken = (found & 2) != 0;
            event = (found & 1) != 0 && !absorbed();
        } while (!event && !hot && !wasWoken);
        int wanted = interest.ops();
        boolean ready = edges ? hot && readiness.events() != 0 : event;
        if (ready && wanted != 0) {
            step("tells the program", () -> told = true);
        } else if (event && triggered) {
            updates.add(interest);
            untold = true;
        }
        unlock();
    }

    private boolean isReported() {
        return armed != 0 && bytes > 0 && (listed || !triggered);
    }

    /** Takes in an edge; false if the event is one to be dispatched. */
    private boolean absorbed() {
        if (!edges) {
            return false;
        }
        readiness.edge(Consts.POLLIN);
        int wanted = interest.ops();
        if (wanted == 0) {
            spend();
        } else {
            heat(wanted);
        }
        return true;
    }

    /** What was spent may have been too much: back to level-triggered, of which the kernel is told later. */
    private void spend() {
        if (choose(2) == 1) {
            active = false;
            edges = false;
            updates.add(interest);
        }
    }

    private void reconcile() {
        updates.take();
        if (LOOK_THEN_IDLE.equals(broken)) {
            int ops = interest.ops();
            if (updates.next() != null) {
                arm(ops);
            }
        } else if (updates.next() != null) {
            arm(interest.ops());
        }
    }

    private void arm(int wanted) {
        if (edges) {
            if (choose(2) == 0) {
                heat(wanted);
                return;
            }
            active = false;
            edges = false;
            control(wanted, false);
        } else if (wanted != armed || triggered || untold) {
            boolean edge = wanted != 0 && choose(2) == 1;
            if (edge) {
                readiness.reset();
                active = true;
                edges = true;
            }
            control(wanted, edge);
        }
    }

    /** As the kernel: what is there is reported at once. */
    private void control(int wanted, boolean edge) {
        step("epoll_ctl(" + wanted + (edge ? ", EPOLLET)" : ")"), () -> {
            armed = wanted;
            triggered = edge;
            untold = false;
            listed = wanted != 0 && bytes > 0;
        });
    }

    private void heat(int wanted) {
        if (wanted == 0) {
            return;
        }
        boolean ready = !DOUBT_FIRST.equals(broken) && readiness.events() != 0;
        if (readiness.takeDoubt()) {
            control(1, true);
            spend();
        }
        if (edges) {
            hot |= DOUBT_FIRST.equals(broken) ? readiness.events() != 0 : ready;
        }
    }

    @Override
    public void checkEnd() {
        require(bytes == 0 || told, "an event is lost: there is something to read, and nobody was told");
        require(edges || armed == interest.ops(), "the kernel does not watch what the program wants");
    }
}
