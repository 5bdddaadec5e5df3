package org.anyfd.channel;

import java.io.IOException;
import java.net.SocketException;
import java.net.SocketOption;
import java.nio.channels.AlreadyBoundException;
import java.nio.channels.AlreadyConnectedException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.NetworkChannel;
import java.nio.channels.NotYetBoundException;
import java.nio.channels.NotYetConnectedException;
import java.nio.channels.UnresolvedAddressException;
import java.nio.channels.UnsupportedAddressTypeException;

/**
 * What the adaptors share: the channels' exceptions as those of {@code java.net}, with the texts that the JDK's own
 * adaptors have.
 */
final class Adaptors {
    private Adaptors() {
    }

    static <T> void set(NetworkChannel channel, SocketOption<T> name, T value) throws SocketException {
        try {
            channel.setOption(name, value);
        } catch (IOException e) {
            throw ofOption(e);
        }
    }

    static <T> T get(NetworkChannel channel, SocketOption<T> name) throws SocketException {
        try {
            return channel.getOption(name);
        } catch (IOException e) {
            throw ofOption(e);
        }
    }

    /** What an option's setter or getter throws, which declares no more than SocketException. */
    static SocketException ofOption(IOException e) {
        if (e instanceof SocketException exact) {
            return exact;
        }
        return with(e, e instanceof ClosedChannelException ? "Socket is closed" : e.getMessage());
    }

    /** What bind, connect, accept or shutdown throws in place of the channel's unchecked exception. */
    static SocketException of(RuntimeException e) {
        return with(e, text(e));
    }

    private static String text(RuntimeException e) {
        if (e instanceof UnsupportedAddressTypeException) {
            return "Unsupported address type";
        }
        if (e instanceof UnresolvedAddressException) {
            return "Unresolved address";
        }
        if (e instanceof AlreadyBoundException) {
            return "Already bound";
        }
        if (e instanceof AlreadyConnectedException) {
            return "Already connected";
        }
        if (e instanceof NotYetBoundException) {
            return "Socket is not bound yet";
        }
        if (e instanceof NotYetConnectedException) {
            return "Socket is not connected";
        }
        throw e;
    }

    static SocketException with(Exception cause, String text) {
        SocketException e = new SocketException(text);
        e.initCause(cause);
        return e;
    }
}
