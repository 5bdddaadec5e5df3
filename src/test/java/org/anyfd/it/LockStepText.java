package org.anyfd.it;

import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SocketChannel;
import java.util.concurrent.Callable;

/** The words in which both sides tell what they saw, free of what is each side's own: ports and temporary names. */
final class LockStepText {
    private LockStepText() {
    }

    /** What the call returned, or threw. */
    static String of(LockStepParty party, Callable<?> call) {
        boolean wasClosed = party != null && party.channel != null && !party.channel.isOpen();
        try {
            return String.valueOf(call.call());
        } catch (Exception e) {
            // JDK 17 says of a blocking channel closed before that it was closed meanwhile; ours as JDK 25 does.
            if (wasClosed && e.getClass() == AsynchronousCloseException.class) {
                return ClosedChannelException.class.getSimpleName();
            }
            return e.getClass().getSimpleName() + message(e);
        }
    }

    /** Programs know some messages by heart. One where the JDK has none at all is ours to choose. */
    private static String message(Exception e) {
        String message = e.getMessage();
        return message == null || message.startsWith("Operation not valid") ? "" : "(" + message + ")";
    }

    /** All that can be asked of a channel without a change to it. */
    static String state(LockStepParty party) {
        StringBuilder text = new StringBuilder(80);
        text.append(party.channel.isOpen() ? "open" : "closed");
        text.append(party.channel.isBlocking() ? " blocking" : "");
        text.append(party.channel.isRegistered() ? " registered" : "");
        if (party.channel instanceof SocketChannel s) {
            text.append(s.isConnected() ? " connected" : "").append(s.isConnectionPending() ? " pending" : "");
            text.append(" remote ").append(of(party, () -> remote(party, s.getRemoteAddress())));
        } else if (party.channel instanceof DatagramChannel d) {
            text.append(d.isConnected() ? " connected" : "");
            text.append(" remote ").append(of(party, () -> remote(party, d.getRemoteAddress())));
        }
        if (party.kind != LockStepParty.Kind.SOURCE && party.kind != LockStepParty.Kind.SINK) {
            text.append(" local ").append(of(party, () -> local(party, party.network().getLocalAddress())));
        }
        return text.toString();
    }

    private static String local(LockStepParty party, SocketAddress address) {
        LockStepParty server = party.server;
        boolean inherited = server != null && server.address instanceof InetSocketAddress;
        return address(address, inherited ? ((InetSocketAddress) server.address).getPort() : -1);
    }

    private static String remote(LockStepParty party, SocketAddress address) {
        return address(address, party.remotePort);
    }

    /** The address with "ok" for the port expected of it; -1 expects any but 0. */
    static String address(SocketAddress address, int expectedPort) {
        if (address instanceof InetSocketAddress inet) {
            int port = inet.getPort();
            boolean ok = port != 0 && (expectedPort == -1 || expectedPort == port);
            String host = inet.getAddress() == null ? inet.getHostString() : inet.getAddress().getHostAddress();
            return host + ":" + (ok ? "ok" : String.valueOf(port));
        }
        if (address instanceof UnixDomainSocketAddress unix) {
            String name = unix.getPath().getFileName().toString();
            // The names of automatic binding are random.
            return "unix:" + (name.startsWith("socket_") ? "socket_" : name);
        }
        return String.valueOf(address);
    }
}
