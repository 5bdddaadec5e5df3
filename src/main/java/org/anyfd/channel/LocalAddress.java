package org.anyfd.channel;

import java.io.IOException;
import java.net.SocketAddress;
import java.nio.channels.AlreadyBoundException;
import org.anyfd.poll.Fd;

/**
 * The address of a socket's own end: whether it has one, and which. The kernel is asked when somebody first wants to
 * know, for most never do. One channel's; any thread may call any method, for it has a lock of its own, which is held
 * during short system calls only.
 */
final class LocalAddress {
    private final Family family;
    private final Fd fd;
    /** Written under this object's monitor, which guards the other two. */
    private volatile boolean bound;
    private SocketAddress address;
    private boolean kept;

    /**
     * @param bound whether the socket has an address already, as one that was accepted has
     */
    LocalAddress(Family family, Fd fd, boolean bound) {
        this.family = family;
        this.fd = fd;
        this.bound = bound;
    }

    /**
     * Runs the calls that bind the socket.
     *
     * @throws AlreadyBoundException if it has an address already
     */
    synchronized void bind(Numbered.Use binding) throws IOException {
        if (bound) {
            throw new AlreadyBoundException();
        }
        Numbered.use(fd, binding);
        renewed();
    }

    /** Notes what the program bound to, if the kernel's answer would be shown as unnamed, as the JDK shows it. */
    synchronized void named(SocketAddress given) {
        if (given instanceof UnixName) {
            address = given;
        }
    }

    /** Says that the kernel has given the socket an address, or another one in place of a wildcard. */
    synchronized void renewed() throws IOException {
        bound = true;
        address = null;
        if (kept) {
            get();
        }
    }

    /** Says that the socket is not bound any more. */
    synchronized void lost() {
        bound = false;
        address = null;
    }

    /** Null if the socket has none. */
    synchronized SocketAddress get() throws IOException {
        if (bound && address == null) {
            Numbered.use(fd, number -> address = family.localAddress(number));
        }
        return address;
    }

    /** From now on the address is asked for as soon as there is one, so that it is {@link #known} after close too. */
    synchronized void keep() {
        kept = true;
        try {
            get();
        } catch (IOException closed) {
            // Too late; nobody asked while it was open.
        }
    }

    /** The address, also after close, without a system call; null if there is none or nobody has asked for it. */
    synchronized SocketAddress known() {
        return address;
    }

    boolean isBound() {
        return bound;
    }
}
