package org.anyfd.fd;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectableChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.anyfd.channel.Family;
import org.anyfd.sys.Consts;
import org.anyfd.sys.Errno;
import org.anyfd.sys.Layouts;
import org.anyfd.sys.Scratch;
import org.anyfd.sys.Sys;

/**
 * Which process is at the other end of a Unix socket, as the kernel vouches for it: unix(7).
 *
 * <pre>{@code
 * SocketChannel client = server.accept();
 * if (PeerCredentials.of(client).uid() != 0) {
 *     client.close();
 * }
 * }</pre>
 *
 * <p>Of a connection, these are those of the process that called connect(2), listen(2) or socketpair(2), at that time:
 * it may have passed the socket on since. Of a message, those of its sender: see {@link #request}.
 *
 * @param pid the number of the process; 0 if it is in a pid namespace that cannot be seen from here
 * @param uid its effective user, 0 to 2^32-1
 * @param gid its effective group, 0 to 2^32-1
 */
public record PeerCredentials(long pid, long uid, long gid) {
    /** How many supplementary groups are asked for at first. */
    private static final int SOME_GROUPS = 64;

    /** Reads a struct ucred. */
    static PeerCredentials read(ByteBuffer m, int at) {
        return new PeerCredentials(m.getInt(at + Layouts.UCRED_PID),
            Integer.toUnsignedLong(m.getInt(at + Layouts.UCRED_UID)),
            Integer.toUnsignedLong(m.getInt(at + Layouts.UCRED_GID)));
    }

    /**
     * Those of the peer of a connected Unix socket, or of who made a listening one listen: SO_PEERCRED.
     *
     * @param socket a Unix socket of anyfd
     * @throws IllegalArgumentException if it is not anyfd's
     * @throws ClosedChannelException if it is closed
     * @throws IOException if it has no peer, or is of another family
     */
    public static PeerCredentials of(SelectableChannel socket) throws IOException {
        PeerCredentials[] peer = new PeerCredentials[1];
        SocketDescriptor.use(socket, (fd, s) -> {
            s.small().putInt(Layouts.UCRED, Layouts.UCRED);
            int r = Sys.getsockopt(fd, Consts.SOL_SOCKET, Consts.SO_PEERCRED, s.smallAddress(),
                s.smallAddress() + Layouts.UCRED);
            requireDone("SO_PEERCRED", fd, r);
            peer[0] = read(s.small(), 0);
            return r;
        });
        if (peer[0].pid == 0 && (int) peer[0].uid == -1) {
            throw new IOException("no peer: " + socket);
        }
        return peer[0];
    }

    /**
     * The supplementary groups of the peer of a connected Unix socket: SO_PEERGROUPS, Linux 4.13.
     *
     * @return their numbers, 0 to 2^32-1 each
     * @throws IllegalArgumentException if it is not anyfd's
     * @throws ClosedChannelException if it is closed
     * @throws IOException if it has no peer (ENODATA), or is of another family
     */
    public static List<Long> groups(SelectableChannel socket) throws IOException {
        List<Long> groups = new ArrayList<>();
        SocketDescriptor.use(socket, (fd, s) -> {
            int len = getGroups(fd, s, SOME_GROUPS * Integer.BYTES);
            if (len < 0) {
                // ERANGE: the kernel has said how much room they need, of which there is enough for 65,536 (NGROUPS_MAX).
                len = getGroups(fd, s, -len);
            }
            for (int i = 0; i < len; i += Integer.BYTES) {
                groups.add(Integer.toUnsignedLong(s.data(len).getInt(i)));
            }
            return len;
        });
        return groups;
    }

    /** The length of the list in the scratch's data, or -length if that needs more room. */
    private static int getGroups(int fd, Scratch s, int room) throws IOException {
        s.data(room);
        s.small().putInt(0, room);
        int r = Sys.getsockopt(fd, Consts.SOL_SOCKET, Consts.SO_PEERGROUPS, s.dataAddress(), s.smallAddress());
        if (r == -Errno.ERANGE) {
            return -s.small().getInt(0);
        }
        requireDone("SO_PEERGROUPS", fd, r);
        return s.small().getInt(0);
    }

    /**
     * The process at the other end of a connected Unix socket. With Linux 6.5 and newer it is certain that the handle is
     * not that of a later process with the same number.
     *
     * @return empty if it has ended, or cannot be seen from here
     * @throws IllegalArgumentException if it is not anyfd's
     * @throws ClosedChannelException if it is closed
     * @throws IOException if it has no peer, or is of another family
     */
    public static Optional<ProcessHandle> process(SelectableChannel socket) throws IOException {
        long pid = of(socket).pid;
        int pidfd = getPidFd(socket);
        if (pidfd < 0) {
            return pidfd == -Errno.ENOPROTOOPT ? ProcessHandle.of(pid) : Optional.empty();
        }
        try {
            Optional<ProcessHandle> process = ProcessHandle.of(pid);
            return PidFdChannel.hasEnded(pidfd) ? Optional.empty() : process;
        } finally {
            Sys.close(pidfd);
        }
    }

    /**
     * The process at the other end of a connected Unix socket as a channel, which is ready when it ends: SO_PEERPIDFD,
     * Linux 6.5. It means this process for certain, not a later one with the same number.
     *
     * @throws IllegalArgumentException if it is not anyfd's
     * @throws ClosedChannelException if it is closed
     * @throws IOException if it has no peer, the process has ended and the kernel is older than 6.16 (EINVAL,
     *     ESRCH), or is older than 6.5 (ENOPROTOOPT)
     */
    public static PidFdChannel pidFd(SelectableChannel socket) throws IOException {
        long pid = of(socket).pid;
        int pidfd = getPidFd(socket);
        if (pidfd < 0) {
            throw Errno.failed("getsockopt(SO_PEERPIDFD, " + socket + ")", -pidfd);
        }
        return new PidFdChannel(pidfd, pid);
    }

    /** Its number or -errno. */
    private static int getPidFd(SelectableChannel socket) throws IOException {
        return SocketDescriptor.use(socket, (fd, s) -> Family.getInt(fd, Consts.SOL_SOCKET, Consts.SO_PEERPIDFD));
    }

    /**
     * Has the kernel add the sender's credentials to each message that arrives on a Unix socket from now on, SO_PASSCRED:
     * {@link FdPassing#receive} gives them. For datagrams, of which each may come from another process, there is no other
     * way.
     *
     * @throws IllegalArgumentException if it is not anyfd's
     * @throws ClosedChannelException if it is closed
     * @throws IOException if it is of another family
     */
    public static void request(SelectableChannel socket) throws IOException {
        SocketDescriptor.use(socket, (fd, s) -> {
            s.small().putInt(0, 1);
            return requireDone("SO_PASSCRED", fd,
                Sys.setsockopt(fd, Consts.SOL_SOCKET, Consts.SO_PASSCRED, s.smallAddress(), Integer.BYTES));
        });
    }

    private static int requireDone(String option, int fd, int r) throws IOException {
        if (r < 0) {
            throw Errno.failed("socket option " + option + " of fd " + fd, -r);
        }
        return r;
    }
}
