package org.anyfd;

import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import org.anyfd.channel.Ops;

/**
 * Operations and modes beyond those of {@link SelectionKey}, for programs that want what the kernel has. They are set
 * as interest of a key of an anyfd selector, whatever its channel, along with NIO's own:
 *
 * <pre>{@code
 * SelectionKey key = channel.register(selector, 0);
 * key.interestOps(SelectionKey.OP_READ | ExtendedOps.PEER_CLOSED);
 * ...
 * if ((key.readyOps() & ExtendedOps.PEER_CLOSED) != 0) {
 *     key.channel().close();
 * }
 * }</pre>
 *
 * <p>{@code channel.register(selector, ops)} takes NIO's operations only, because {@link SelectableChannel#validOps}
 * does not have these: there are programs that register all operations that are valid. So register first, with 0 if
 * nothing may happen before, then set the interest. Programs that do not set them never meet them, neither in
 * {@link SelectionKey#interestOps()} nor in {@link SelectionKey#readyOps()}. All rules of NIO hold for them, too: any thread
 * may set them, and a selection that is under way does not notice before the next. An error or a hang-up makes
 * all that a key is interested in ready, {@link #PRIORITY} and {@link #PEER_CLOSED} too.
 *
 * <p>{@link #PRIORITY} and {@link #PEER_CLOSED} are operations: they get ready. {@link #EDGE}, {@link #ONESHOT} and
 * {@link #EXCLUSIVE} are modes: they say how the operations of the key are reported, are never in the ready set, and do
 * nothing for a key without operations.
 *
 * <p>{@link SelectionKey#interestOps(int)} throws {@link IllegalArgumentException} for combinations that the kernel does
 * not have, and {@link UnsupportedOperationException} for {@link #EDGE} if the selector uses poll(2). Selectors of other
 * providers throw {@link IllegalArgumentException} for all of them.
 */
public final class ExtendedOps {
    /**
     * Ready when there is something exceptional: urgent data of a TCP connection, a change of state of a packet-mode
     * pseudo terminal's other side, of a GPIO or another sysfs attribute, of {@code /proc/self/mounts}. EPOLLPRI,
     * poll(2). Some of these report an error along with it, which makes {@link SelectionKey#OP_READ} ready if asked for.
     * It is ready until the program has taken notice: has {@linkplain org.anyfd.fd.UrgentData#take taken} the urgent byte
     * or read on behind it, or has read the file from its beginning.
     */
    public static final int PRIORITY = Ops.PRIORITY;

    /**
     * Ready when the peer of a stream socket has closed its sending direction or all of the connection, also while there
     * is data to be read: EPOLLRDHUP, epoll_ctl(2). It stays ready; drop the interest once it is known. Of a pipe,
     * when nobody has the other end open.
     */
    public static final int PEER_CLOSED = Ops.PEER_CLOSED;

    /**
     * Reports when something happens, not what there is: the key is selected once for each arrival of data, of room to
     * write, of connections. EPOLLET, epoll(7). The program reads, writes or accepts until nothing is left, or it may
     * wait for ever. Setting an interest that differs reports anew what there is. A key must be taken out of the
     * selected-key set, as ever, for its next event to count.
     */
    public static final int EDGE = Ops.EDGE;

    /**
     * Reports once: after that nothing, not even an error, until the interest is set again by any of the methods that
     * do, to the same or to another. EPOLLONESHOT, epoll_ctl(2). {@link SelectionKey#interestOps()} goes on to return what
     * was set last. So one thread can select and others handle the keys, each of them alone: when done, the
     * handler calls {@code key.interestOps(ops)} and {@code selector.wakeup()}.
     */
    public static final int ONESHOT = Ops.ONESHOT;

    /**
     * Of several selectors that wait for the same channel, such as one listening socket registered with a selector for
     * each thread, an event wakes one or some, not all. EPOLLEXCLUSIVE, epoll_ctl(2), since Linux 4.5. It is a hint:
     * whoever is woken may find that another was faster. And it is a duty: the kernel has told nobody else, so
     * accept until there is nothing left. Goes with {@link #EDGE}, not with the others. With poll(2), all are woken.
     */
    public static final int EXCLUSIVE = Ops.EXCLUSIVE;

    private ExtendedOps() {
    }
}
