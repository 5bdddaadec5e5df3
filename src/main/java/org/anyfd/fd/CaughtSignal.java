package org.anyfd.fd;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.anyfd.sys.Consts;
import org.anyfd.sys.Signals;

/**
 * A signal that the JVM catches for channels, from when the first of them opens until the last one closes. Its handler is
 * one of the JVM's: signalfd(2) asks that the signal be blocked in all threads, which a JVM cannot do.
 *
 * <p>Any thread may call it. Inside its lock only those of the JDK's table of signals are taken.
 */
final class CaughtSignal {
    /** By number; guarded by itself. */
    private static final Map<Integer, CaughtSignal> ALL = new HashMap<>();

    private final int number;
    private final String name;
    private final Object handler = Signals.handler(this::tell);
    /** What handled the signal before; guarded by ALL. */
    private Object before;
    /** Changed under the lock of ALL, read by handlers without. */
    private final List<SignalChannel> channels = new CopyOnWriteArrayList<>();

    private CaughtSignal(int number, String name) {
        this.number = number;
        this.name = name;
    }

    /**
     * The number of a signal.
     *
     * @param name as kill(1) has it, with or without SIG
     * @throws IllegalArgumentException if there is none of that name
     */
    static int number(String name) {
        int number = ExitStatus.signalNumber(plain(name));
        if (number < 0) {
            throw new IllegalArgumentException("no signal of that name, or a real-time signal: " + name);
        }
        return number;
    }

    private static String plain(String name) {
        return name.startsWith("SIG") ? name.substring(3) : name;
    }

    /**
     * Has a channel told of a signal.
     *
     * @throws IllegalArgumentException if the system or the JVM keeps it to itself
     */
    static void add(String name, SignalChannel channel) {
        int number = number(name);
        synchronized (ALL) {
            CaughtSignal caught = ALL.get(number);
            if (caught == null) {
                caught = new CaughtSignal(number, plain(name));
                caught.channels.add(channel); // first: a signal may come as soon as it is caught
                caught.begin();
                ALL.put(number, caught);
            } else {
                caught.channels.add(channel);
            }
        }
    }

    private void begin() {
        // HotSpot lets these be taken, and needs them: for a mapped file that was cut short, and to suspend threads.
        if (number == Consts.SIGBUS || number == Consts.SIGUSR2) {
            throw kept(null);
        }
        try {
            before = Signals.handle(name, handler);
        } catch (IllegalArgumentException e) {
            throw kept(e);
        }
    }

    private IllegalArgumentException kept(IllegalArgumentException cause) {
        return new IllegalArgumentException("SIG" + name + " cannot be caught, the system or the JVM keeps it to itself"
            + " (HUP, INT and TERM with -Xrs)", cause);
    }

    /** Tells a channel no more. The last one of a signal gives that back to who handled it before. */
    static void remove(SignalChannel channel) {
        synchronized (ALL) {
            ALL.values().removeIf(caught -> {
                boolean last = caught.channels.remove(channel) && caught.channels.isEmpty();
                if (last) {
                    caught.end();
                }
                return last;
            });
        }
    }

    /** A signal that somebody else has taken since stays theirs. */
    private void end() {
        Object current = Signals.handle(name, before);
        if (current != handler) {
            Signals.handle(name, current);
        }
    }

    private void tell() {
        channels.forEach(channel -> channel.caught(number));
    }
}
