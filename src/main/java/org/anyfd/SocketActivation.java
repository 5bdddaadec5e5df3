package org.anyfd;

import java.io.IOException;
import java.net.SocketAddress;
import java.nio.channels.SelectableChannel;
import java.util.List;
import org.anyfd.channel.PassedFds;
import org.anyfd.sys.Platform;

/**
 * The sockets, and other descriptors, that whoever started this program opened for it: systemd, or any other supervisor
 * that speaks the protocol of sd_listen_fds(3). The program's sockets then outlive it, and are there before it: it can be
 * restarted without losing a connection, and be started by the first one.
 *
 * <p><b>The protocol.</b> The environment variable LISTEN_FDS says how many there are, from number 3 on; LISTEN_FDNAMES
 * names them, separated by colons; and LISTEN_PID says for which process they are. With another process's number there, as
 * in a script that does not {@code exec java}, there are none; without LISTEN_PID, which not every supervisor can know,
 * they are for this one.
 *
 * <p><b>Programs that know nothing of this.</b> With {@code -Dorg.anyfd.listenFds=true} a
 * {@link java.nio.channels.ServerSocketChannel#bind} takes the listening socket that was passed for the same address,
 * instead of making a new one, and a {@link java.nio.channels.DatagramChannel#bind} the datagram socket:
 * <ul>
 * <li>The port must be the same, and not 0. The address must be the same, or both a wildcard, 0.0.0.0 or {@code ::}; of
 *     two wildcards that of the channel's own family is preferred. A datagram socket must be of the channel's own family.
 * <li>A Unix socket's path must name the same file, which must still be there: a server that deletes it first makes a new
 *     socket.
 * <li>What the program has set by {@code setOption} before is set on the socket that is taken. Its backlog stays. A
 *     multicast group has to be joined after the bind.
 * <li>Each is taken once. The channel is its owner and closes it: a server that is stopped and started again within this
 *     process has to bind its address itself, which whoever passed the socket still has.
 * <li>For another address the bind makes a new socket as ever. If that fails, the message says which were passed.
 * </ul>
 *
 * <p><b>Programs that do</b> use this class, with or without that property:
 * <pre>{@code
 * ServerSocketChannel http = SocketActivation.take("http", ServerSocketChannel.class);
 * }</pre>
 *
 * <p>Children of this process do not inherit the descriptors (FD_CLOEXEC), once this class or a bind has looked at them.
 * Any thread may call any method.
 */
public final class SocketActivation {
    private SocketActivation() {
    }

    /** A descriptor that was passed and is not taken yet. */
    public static final class Passed {
        private final PassedFds.Passed passed;

        private Passed(PassedFds.Passed passed) {
            this.passed = passed;
        }

        /** Its number, 3 or more. */
        public int fd() {
            return passed.number();
        }

        /** Its name; {@code "unknown"} if it has none. systemd names a socket after its unit, such as {@code my.socket}. */
        public String name() {
            return passed.name();
        }

        /**
         * Where it is bound.
         *
         * @return null if it is not a socket for which NIO has a class, or is taken by now
         * @throws IOException if the kernel cannot say
         */
        public SocketAddress address() throws IOException {
            return PassedFds.address(passed);
        }

        /**
         * Takes it over, as {@link AnyFdSelectorProvider#adopt(int)} does.
         *
         * @throws IOException if it has been taken already, or as that method
         */
        public SelectableChannel take() throws IOException {
            return take(SelectableChannel.class);
        }

        /**
         * Takes it over, as {@link AnyFdSelectorProvider#adopt(int, Class)} does.
         *
         * @throws IOException if it has been taken already, or as that method
         */
        public <C extends SelectableChannel> C take(Class<C> kind) throws IOException {
            return PassedFds.take(passed, number -> AnyFdSelectorProvider.adopt(number, kind));
        }

        /** Such as {@code fd 3 "http" ServerSocketChannel 0.0.0.0:80}. */
        @Override
        public String toString() {
            try {
                return PassedFds.describe(passed);
            } catch (IOException e) {
                return "fd " + fd() + " \"" + name() + "\" (" + e.getMessage() + ")";
            }
        }
    }

    /**
     * Those that were passed and are not taken yet, in the order of their numbers.
     *
     * @return an unmodifiable list, empty if there are none
     * @throws IOException if a variable is not a number, or a descriptor is not open
     */
    public static List<Passed> passed() throws IOException {
        Platform.requireSupported();
        return PassedFds.untaken().stream().map(Passed::new).toList();
    }

    /**
     * Takes the first one of a name.
     *
     * @param kind the class of channel that it has to be, such as {@code ServerSocketChannel.class}
     * @throws IOException if there is none of that name, it is of another kind, or as {@link #passed}
     */
    public static <C extends SelectableChannel> C take(String name, Class<C> kind) throws IOException {
        List<Passed> passed = passed();
        for (Passed one : passed) {
            if (one.name().equals(name)) {
                return one.take(kind);
            }
        }
        throw new IOException("no descriptor \"" + name + "\" among those passed and not taken: " + passed);
    }
}
