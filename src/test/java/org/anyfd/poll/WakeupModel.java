package org.anyfd.poll;

import com.kenai.jffi.MemoryIO;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.anyfd.model.Model;
import org.anyfd.sys.Consts;
import org.anyfd.sys.Errno;
import org.anyfd.sys.Layouts;

/**
 * Wakeups of a selecting thread: {@link Poller}, its backends, {@link WakeupGate}, {@link Waker}, {@link Fd} and
 * {@link Refs} as they are, over a kernel that knows an eventfd and a socket. Only the loop of the selecting thread is
 * written here, after NativeSelector's.
 *
 * <p>Each waker changes something and then wakes. What must hold: when all rests, every change has been looked at; there
 * are no more woken selections than wakeups; nobody writes to the eventfd's number once it is another's; the number is
 * closed once.
 */
final class WakeupModel extends Model {
    /** What is broken on purpose. */
    static final String DRAINED_EARLY = "drained after enter";
    /** Which is right, too: what is drained so late belongs to signals that the leave has found. */
    static final String DRAINED_LATE = "drained after leave";
    static final String UNREAD_LEVEL = "level-triggered and never drained";

    private static final int EVENTFD = 7;
    private static final int EPOLL = 8;
    private static final int SOCKET = 9;
    private static final int OPEN = 1;
    private static final int ANOTHERS = 2;

    private final Poller poller;
    private final boolean epoll;
    private final int wakers;
    private final boolean closing;
    private final String broken;

    // The kernel.
    private int number;
    private boolean written;
    private boolean edge;
    private boolean readable;

    // The program.
    private int changes;
    private int looked;
    private int calls;
    private int woken;
    private boolean closed;

    WakeupModel(String backend, int wakers, boolean closing, String broken) throws IOException {
        this.epoll = backend.equals("epoll");
        this.wakers = wakers;
        this.closing = closing;
        this.broken = broken;
        poller = epoll ? EpollPoller.create() : new PollPoller(Waker.open());
        poller.update(SOCKET, 0, 0, Consts.POLLIN);
    }

    @Override
    public Set<String> guarded() {
        return Set.of("EpollPoller", "PollPoller", "AlwaysReady", "WakeupGate.closed");
    }

    @Override
    public String torn() {
        return broken;
    }

    @Override
    public List<Actor> actors() {
        List<Actor> actors = new ArrayList<>();
        actors.add(Actor.loop("selector", this::select));
        for (int i = 0; i < wakers; i++) {
            int bit = 1 << i;
            actors.add(Actor.once("waker " + (i + 1), () -> wakeAfter(bit)));
        }
        actors.add(Actor.once("peer", () -> step("sends a byte", () -> readable = true)));
        if (closing) {
            actors.add(Actor.once("closer", this::close));
            actors.add(Actor.once("stranger", () -> step("opens a file, and is given the eventfd's number",
                () -> number == 0, () -> number = ANOTHERS)));
        }
        return actors;
    }

    private void wakeAfter(int change) {
        step("changes something", () -> {
            changes |= change;
            calls++;
        });
        poller.wakeup();
    }

    private void select() throws IOException {
        lock();
        if (closing && closed) {
            unlock();
            step("ends", () -> false, () -> null);
        }
        step("looks at the changes", () -> looked = changes);
        boolean wait = choose(2) == 0;
        int n;
        boolean wasWoken;
        do {
            n = poller.await(wait ? -1 : 0);
            wasWoken = poller.woken();
            if (DRAINED_LATE.equals(broken)) {
                poller.waker().drain();
            }
        } while (wait && n == 0 && !wasWoken);
        int ready = n;
        boolean consumed = wasWoken;
        step(consumed ? "returns, woken" : "returns", () -> {
            woken += consumed ? 1 : 0;
            readable &= ready == 0;
        });
        unlock();
    }

    private void close() {
        step("closes", () -> {
            closed = true;
            calls++;
        });
        poller.wakeup();
        lock();
        poller.close();
        unlock();
    }

    @Override
    public void check() {
        require(closed || woken <= calls, "woken more often than somebody called wakeup");
    }

    @Override
    public void checkEnd() {
        require(closing || looked == changes, "a wakeup is lost: the selector waits, and has not seen all changes");
        require(!readable || closing, "the byte is not read");
        require(number == (closing ? ANOTHERS : OPEN), "the eventfd is not closed");
    }

    // -- The kernel --

    @Override
    public Object call(String name, Object[] args) {
        return switch (name) {
            case "eventfd" -> {
                number = OPEN;
                yield EVENTFD;
            }
            case "epollCreate1" -> EPOLL;
            case "epollCtl" -> 0;
            case "write" -> step("write(eventfd)", () -> true, this::write);
            case "read" -> step("read(eventfd)", () -> true, this::read);
            case "close" -> (int) args[0] == EVENTFD ? step("close(eventfd)", () -> true, this::closeNumber) : (Object) 0;
            case "epollWait" -> epollWait((long) args[1], (int) args[3]);
            case "poll" -> poll((long) args[0], (int) args[2]);
            default -> super.call(name, args);
        };
    }

    private Object write() {
        require(number == OPEN, "written to a number that is no longer the eventfd's");
        written = true;
        edge = true;
        return (long) Long.BYTES;
    }

    private Object read() {
        require(number == OPEN, "read from a number that is no longer the eventfd's");
        boolean had = written;
        written = false;
        return had ? (long) Long.BYTES : (long) -Errno.EAGAIN;
    }

    private Object closeNumber() {
        require(number == OPEN, "closed a number that is no longer the eventfd's");
        number = 0;
        return 0;
    }

    /** Edge-triggered: the eventfd is reported once for a write, and stays unread. */
    private int epollWait(long address, int timeout) {
        int ready = step("epoll_wait(" + timeout + ")", () -> timeout == 0 || edge || readable, () -> {
            int now = (edge ? 1 : 0) | (readable ? 2 : 0);
            edge = UNREAD_LEVEL.equals(broken) && edge;
            return now;
        });
        int n = 0;
        for (int bit = 1; bit <= 2; bit++) {
            if ((ready & bit) != 0) {
                long entry = address + n++ * Layouts.EPOLL_EVENT;
                MemoryIO.getInstance().putInt(entry + Layouts.EPOLL_EVENT_EVENTS, Consts.POLLIN);
                MemoryIO.getInstance().putLong(entry + Layouts.EPOLL_EVENT_DATA, bit == 1 ? Poller.WAKE : 0);
            }
        }
        return n;
    }

    private int poll(long address, int timeout) {
        if (DRAINED_EARLY.equals(broken)) {
            poller.waker().drain();
        }
        int ready = step("poll(" + timeout + ")", () -> timeout == 0 || written || readable,
            () -> (written ? 1 : 0) | (readable ? 2 : 0));
        boolean drains = !DRAINED_LATE.equals(broken) && !UNREAD_LEVEL.equals(broken);
        int wake = drains ? ready & 1 : 0;
        MemoryIO.getInstance().putShort(address + Layouts.POLLFD_REVENTS, (short) (wake != 0 ? Consts.POLLIN : 0));
        MemoryIO.getInstance().putShort(address + Layouts.POLLFD + Layouts.POLLFD_REVENTS,
            (short) ((ready & 2) != 0 ? Consts.POLLIN : 0));
        return wake + (ready >> 1);
    }
}
