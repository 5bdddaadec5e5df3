package org.anyfd.channel;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketOption;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.nio.channels.IllegalBlockingModeException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.Set;

/**
 * The {@link ServerSocket} that a channel's {@code socket()} returns: the same listening socket, seen through java.net.
 * One channel's; any thread may call any method. Holds no state but its accept timeout.
 */
final class ServerSocketAdaptor extends ServerSocket {
    private final NativeServerSocketChannel channel;
    private final Timeout timeout = new Timeout();

    ServerSocketAdaptor(NativeServerSocketChannel channel) {
        super(new NoSocketImpl());
        this.channel = channel;
    }

    @Override
    public ServerSocketChannel getChannel() {
        return channel;
    }

    @Override
    public void bind(SocketAddress local) throws IOException {
        bind(local, 0);
    }

    @Override
    public void bind(SocketAddress local, int backlog) throws IOException {
        try {
            channel.bind(local, backlog);
        } catch (RuntimeException e) {
            throw Adaptors.of(e);
        }
    }

    /** Without a timeout, a connection that is there is accepted in non-blocking mode too, as by the JDK's. */
    @Override
    public Socket accept() throws IOException {
        try {
            int millis = timeout.millis();
            SocketChannel accepted = millis == 0 ? channel.accept() : channel.acceptBlocking(timeout.nanos());
            if (accepted != null) {
                return accepted.socket();
            }
            if (!channel.isBlocking()) {
                throw new IllegalBlockingModeException();
            }
            throw new SocketTimeoutException("Accept timed out");
        } catch (RuntimeException e) {
            throw Adaptors.of(e);
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }

    @Override
    public boolean isBound() {
        return channel.local().isBound();
    }

    @Override
    public boolean isClosed() {
        return !channel.isOpen();
    }

    @Override
    public InetAddress getInetAddress() {
        InetSocketAddress local = (InetSocketAddress) channel.local().known();
        return local == null ? null : local.getAddress();
    }

    @Override
    public int getLocalPort() {
        InetSocketAddress local = (InetSocketAddress) channel.local().known();
        return local == null ? -1 : local.getPort();
    }

    @Override
    public SocketAddress getLocalSocketAddress() {
        return channel.local().known();
    }

    @Override
    public String toString() {
        return isBound()
            ? "ServerSocket[addr=" + getInetAddress() + ",localport=" + getLocalPort() + "]"
            : "ServerSocket[unbound]";
    }

    @Override
    public void setSoTimeout(int millis) throws SocketException {
        requireOpen();
        timeout.set(millis);
    }

    @Override
    public int getSoTimeout() throws SocketException {
        requireOpen();
        return timeout.millis();
    }

    private void requireOpen() throws SocketException {
        if (isClosed()) {
            throw new SocketException("Socket is closed");
        }
    }

    @Override
    public void setReuseAddress(boolean on) throws SocketException {
        Adaptors.set(channel, StandardSocketOptions.SO_REUSEADDR, on);
    }

    @Override
    public boolean getReuseAddress() throws SocketException {
        return Adaptors.get(channel, StandardSocketOptions.SO_REUSEADDR);
    }

    @Override
    public void setReceiveBufferSize(int bytes) throws SocketException {
        if (bytes <= 0) {
            throw new IllegalArgumentException("size cannot be 0 or negative");
        }
        Adaptors.set(channel, StandardSocketOptions.SO_RCVBUF, bytes);
    }

    @Override
    public int getReceiveBufferSize() throws SocketException {
        return Adaptors.get(channel, StandardSocketOptions.SO_RCVBUF);
    }

    /** Does nothing, like the JDK's. */
    @Override
    public void setPerformancePreferences(int connectionTime, int latency, int bandwidth) {
    }

    @Override
    public <T> ServerSocket setOption(SocketOption<T> name, T value) throws IOException {
        channel.setOption(name, value);
        return this;
    }

    @Override
    public <T> T getOption(SocketOption<T> name) throws IOException {
        return channel.getOption(name);
    }

    @Override
    public Set<SocketOption<?>> supportedOptions() {
        return channel.supportedOptions();
    }
}
