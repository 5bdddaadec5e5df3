package org.anyfd.it;

import java.net.SocketAddress;
import java.nio.channels.DatagramChannel;
import java.nio.channels.NetworkChannel;
import java.nio.channels.SelectableChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;

/**
 * A channel of the sequence and what is known of its connection, which tells what to wait for after an operation, and
 * which operations would block. Owned by one {@link LockStep}, used by its thread.
 */
final class LockStepParty {
    enum Kind {
        TCP, SERVER, UDP, SOURCE, SINK, UNIX, UNIX_SERVER;

        boolean isStream() {
            return this == TCP || this == UNIX;
        }

        boolean isServer() {
            return this == SERVER || this == UNIX_SERVER;
        }

        boolean isUnix() {
            return this == UNIX || this == UNIX_SERVER;
        }
    }

    final int id;
    final Kind kind;
    /** Null while the connection waits to be accepted. */
    SelectableChannel channel;
    int fd = -1;
    /** The address others connect or send to, once bound. */
    SocketAddress address;
    /** The other end, of a stream or a pipe; the one a datagram channel is connected to. */
    LockStepParty peer;
    /** What a client was connected to: where it must say it is. */
    SocketAddress remote;
    /** The port its remote address must have, as far as known. */
    int remotePort;
    /** Connections not yet accepted, oldest first. */
    final List<LockStepParty> pending = new ArrayList<>();
    /** Whose pending connection it is, or null. */
    LockStepParty server;
    /** Bytes sent to it and not read. */
    long unread;
    boolean connected;
    /** It has sent end-of-stream. */
    boolean finSent;
    boolean inputShut;
    /** SO_LINGER is 0: its close resets the connection. */
    boolean abortive;
    /** Its connection was reset. */
    boolean broken;
    boolean closed;
    /** Not yet given back to the kernel, which a closed channel is only when no selector holds it. */
    boolean fdOpen = true;
    /**
     * It had an error or a hang-up when selected: the JDK then replaces the ready set by the interest set, ours adds to
     * it; so bits that are no longer in the interest set are not compared from then on.
     */
    boolean tainted;

    /**
     * A datagram channel disconnected from an IPv4 peer: disconnecting leaves that address in Linux' filter for IPv6
     * senders (6.18, and with plain system calls too), so nothing is sent to it over IPv6.
     */
    boolean deafToV6;

    LockStepParty(int id, Kind kind) {
        this.id = id;
        this.kind = kind;
    }

    void open(SelectableChannel opened) {
        channel = opened;
        fd = LockStepKernel.descriptor(opened);
    }

    SocketChannel stream() {
        return (SocketChannel) channel;
    }

    ServerSocketChannel listener() {
        return (ServerSocketChannel) channel;
    }

    DatagramChannel datagrams() {
        return (DatagramChannel) channel;
    }

    NetworkChannel network() {
        return (NetworkChannel) channel;
    }

    boolean isLive() {
        return channel != null && !closed;
    }

    boolean isConnected() {
        return channel instanceof SocketChannel s && s.isConnected()
            || channel instanceof DatagramChannel d && d.isConnected();
    }

    /** In the kernel's sense, not yet accepted or open. */
    boolean receives() {
        return channel == null ? server != null && server.fdOpen : fdOpen;
    }

    @Override
    public String toString() {
        return kind.name().toLowerCase() + id;
    }
}
