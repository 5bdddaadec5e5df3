package org.anyfd.fd;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectionKey;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.anyfd.channel.Attempt;
import org.anyfd.channel.Bytes;
import org.anyfd.poll.Fd;
import org.anyfd.sys.Consts;
import org.anyfd.sys.Errno;
import org.anyfd.sys.NativeMemory;
import org.anyfd.sys.Scratch;
import org.anyfd.sys.Sys;

/**
 * The signals sent to this JVM that a program wants to know of: signal(7). Ready for OP_READ while there are some that
 * were not taken.
 *
 * <pre>{@code
 * SignalChannel signals = SignalChannel.open("HUP", "TERM");
 * signals.configureBlocking(false);
 * signals.register(selector, SelectionKey.OP_READ);
 * ...
 * SignalChannel.Signal signal = signals.take();   // when the selector finds it ready
 * if (signal.name().equals("HUP")) { reload(); }
 * }</pre>
 *
 * <p><b>In place of what it does.</b> A signal that a channel is open for does nothing else: TERM, INT and HUP no longer
 * end the JVM, and the program has to. Several channels may be open for the same signal, and each is told. When the last
 * of them closes, the signal is handled as it was before.
 *
 * <p><b>Counts.</b> The kernel remembers only that a signal is to be delivered, not how often it was sent: of those sent
 * in quick succession at least one arrives. Signals of different kinds may arrive in another order than they were sent.
 *
 * <p><b>How.</b> By a handler of the JVM's, which writes to an eventfd; signalfd(2) would need the signal blocked in all
 * threads. So who sent a signal (siginfo) is not known, and real-time signals cannot be caught. SIGKILL and SIGSTOP the
 * system keeps; SIGQUIT (thread dump), SEGV, BUS, FPE, ILL and USR2 the JVM, as well as HUP, INT and TERM with
 * {@code -Xrs}. A JVM that was started with HUP, INT or TERM ignored, as by nohup(1), goes on ignoring it: such a signal
 * never arrives.
 *
 * <p>Safe for use by several threads.
 */
public final class SignalChannel extends DescriptorChannel {
    /**
     * A signal that has arrived.
     *
     * @param name as it was given to {@link SignalChannel#open}, such as "HUP"
     * @param number its number, such as 1
     * @param count how often it has arrived since it was last taken, at least 1
     */
    public record Signal(String name, int number, long count) {
    }

    /** The names as they were given, by number. */
    private final Map<Integer, String> names;
    /**
     * Signals that were not taken, in the order of their first arrival: number and count. The eventfd, a semaphore, counts
     * the entries; it is raised after one was put in. Guarded by itself.
     */
    private final Map<Integer, Long> pending = new LinkedHashMap<>();
    /** Guarded by readLock. */
    private final ByteBuffer token = NativeMemory.allocate(Long.BYTES);

    private SignalChannel(int number, Map<Integer, String> names) {
        super(Fd.own(number), Attempt.PLAIN, SelectionKey.OP_READ);
        this.names = names;
    }

    /**
     * Opens a channel for signals that arrive from now on.
     *
     * @param names such as "HUP" or "SIGHUP", as kill(1) knows them
     * @throws IllegalArgumentException if there is no name, no signal of a name, or the system or the JVM keeps one to
     *     itself
     * @throws IOException if the kernel gives no descriptor (EMFILE, ENFILE)
     */
    public static SignalChannel open(String... names) throws IOException {
        Map<Integer, String> byNumber = new LinkedHashMap<>();
        for (String name : names) {
            byNumber.putIfAbsent(CaughtSignal.number(name), name);
        }
        if (byNumber.isEmpty()) {
            throw new IllegalArgumentException("no signal is named");
        }
        int fd = Sys.eventfd(0, Consts.EFD_SEMAPHORE | Consts.EFD_NONBLOCK | Consts.EFD_CLOEXEC);
        if (fd < 0) {
            throw Errno.failed("eventfd()", -fd);
        }
        SignalChannel channel = new SignalChannel(fd, byNumber);
        try {
            byNumber.values().forEach(name -> CaughtSignal.add(name, channel));
        } catch (RuntimeException | Error e) {
            channel.close();
            throw e;
        }
        return channel;
    }

    /** The names of the signals that this channel is open for, as they were given. */
    public Set<String> names() {
        return Set.copyOf(names.values());
    }

    /**
     * Takes the signal that has waited longest. In blocking mode waits for one.
     *
     * @return null in non-blocking mode if there is none
     * @throws ClosedChannelException if the channel is closed; a subclass if that, or an interrupt, came during the wait
     * @throws IOException with the kernel's reason
     */
    public Signal take() throws IOException {
        readLock.lock();
        try {
            return Bytes.read(this, io, token.clear()) > 0 ? first() : null;
        } finally {
            readLock.unlock();
        }
    }

    private Signal first() {
        synchronized (pending) {
            var entries = pending.entrySet().iterator();
            var entry = entries.next();
            entries.remove();
            return new Signal(names.get(entry.getKey()), entry.getKey(), entry.getValue());
        }
    }

    /** Called by handlers, in threads of their own. */
    void caught(int number) {
        boolean already;
        synchronized (pending) {
            already = pending.merge(number, 1L, Long::sum) > 1;
        }
        if (!already) {
            raise();
        }
    }

    private void raise() {
        Scratch s = Scratch.take();
        try {
            s.small().putLong(0, 1);
            // Never EAGAIN: there are fewer kinds of signals than an eventfd can count.
            int r = call(number -> (int) Sys.write(number, s.smallAddress(), Long.BYTES));
            if (r < 0) {
                throw new IllegalStateException(Errno.failed("write(" + fd() + ")", -r));
            }
        } catch (ClosedChannelException e) {
            // So nobody will ask for it.
        } finally {
            s.give();
        }
    }

    /** Takes short locks only, ours and those of the JDK's table of signals. */
    @Override
    void beforeClose() {
        CaughtSignal.remove(this);
    }

    @Override
    String what() {
        return String.join(", ", names.values());
    }
}
