package org.anyfd.channel;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.net.UnknownHostException;
import java.nio.channels.SocketChannel;
import java.util.Set;
import org.anyfd.poll.Fd;
import org.anyfd.sys.Consts;
import org.anyfd.sys.Errno;

/**
 * The {@link Socket} that a channel's {@code socket()} returns: the same connection, seen through java.net. One
 * channel's; any thread may call any method. Holds no state but its read timeout.
 */
final class SocketAdaptor extends Socket {
    private final NativeSocketChannel channel;
    private final Fd fd;
    private final Timeout timeout = new Timeout();

    private SocketAdaptor(NativeSocketChannel channel, Fd fd) throws SocketException {
        super(new NoSocketImpl());
        this.channel = channel;
        this.fd = fd;
    }

    static SocketAdaptor of(NativeSocketChannel channel, Fd fd) {
        try {
            return new SocketAdaptor(channel, fd);
        } catch (SocketException impossible) {
            // Declared by Socket's constructor, which throws nothing.
            throw new AssertionError(impossible);
        }
    }

    @Override
    public SocketChannel getChannel() {
        return channel;
    }

    // -- Connecting --

    @Override
    public void connect(SocketAddress remote) throws IOException {
        connect(remote, 0);
    }

    @Override
    public void connect(SocketAddress remote, int timeoutMillis) throws IOException {
        if (remote == null) {
            throw new IllegalArgumentException("connect: The address can't be null");
        }
        if (timeoutMillis < 0) {
            throw new IllegalArgumentException("connect: timeout can't be negative");
        }
        if (remote instanceof InetSocketAddress inet && inet.isUnresolved()) {
            requireOpen();
            if (isConnected()) {
                throw new SocketException("Already connected");
            }
            close();
            throw new UnknownHostException(remote.toString());
        }
        try {
            channel.connectBlocking(remote, Timeout.nanos(timeoutMillis));
        } catch (RuntimeException e) {
            throw Adaptors.of(e);
        }
    }

    @Override
    public void bind(SocketAddress local) throws IOException {
        try {
            channel.bind(local);
        } catch (RuntimeException e) {
            throw Adaptors.of(e);
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }

    @Override
    public void shutdownInput() throws IOException {
        try {
            channel.shutdownInput();
        } catch (RuntimeException e) {
            throw Adaptors.of(e);
        }
    }

    @Override
    public void shutdownOutput() throws IOException {
        try {
            channel.shutdownOutput();
        } catch (RuntimeException e) {
            throw Adaptors.of(e);
        }
    }

    @Override
    public boolean isConnected() {
        return channel.isConnected();
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
    public boolean isInputShutdown() {
        return channel.receiver().isShut();
    }

    @Override
    public boolean isOutputShutdown() {
        return channel.sender().isShut();
    }

    // -- Addresses --

    @Override
    public InetAddress getInetAddress() {
        InetSocketAddress remote = (InetSocketAddress) channel.peer();
        return remote == null ? null : remote.getAddress();
    }

    @Override
    public int getPort() {
        InetSocketAddress remote = (InetSocketAddress) channel.peer();
        return remote == null ? 0 : remote.getPort();
    }

    @Override
    public SocketAddress getRemoteSocketAddress() {
        return channel.peer();
    }

    @Override
    public InetAddress getLocalAddress() {
        InetSocketAddress local = (InetSocketAddress) channel.local().known();
        return local != null && channel.isOpen() ? local.getAddress() : new InetSocketAddress(0).getAddress();
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
        return isConnected()
            ? "Socket[addr=" + getInetAddress() + ",port=" + getPort() + ",localport=" + getLocalPort() + "]"
            : "Socket[unconnected]";
    }

    // -- Streams --

    @Override
    public InputStream getInputStream() throws IOException {
        requireConnected();
        if (isInputShutdown()) {
            throw new SocketException("Socket input is shutdown");
        }
        return new SocketStreams.Input(this, channel);
    }

    @Override
    public OutputStream getOutputStream() throws IOException {
        requireConnected();
        if (isOutputShutdown()) {
            throw new SocketException("Socket output is shutdown");
        }
        return new SocketStreams.Output(channel);
    }

    /** How long a read of the input stream may wait. */
    long readTimeoutNanos() {
        return timeout.nanos();
    }

    @Override
    public void sendUrgentData(int data) throws IOException {
        if (!channel.sender().writeUrgent(data)) {
            throw new IOException("Socket buffer full");
        }
    }

    private void requireOpen() throws SocketException {
        if (isClosed()) {
            throw new SocketException("Socket is closed");
        }
    }

    private void requireConnected() throws SocketException {
        requireOpen();
        if (!isConnected()) {
            throw new SocketException("Socket is not connected");
        }
    }

    // -- Options --

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

    @Override
    public void setTcpNoDelay(boolean on) throws SocketException {
        Adaptors.set(channel, StandardSocketOptions.TCP_NODELAY, on);
    }

    @Override
    public boolean getTcpNoDelay() throws SocketException {
        return Adaptors.get(channel, StandardSocketOptions.TCP_NODELAY);
    }

    @Override
    public void setSoLinger(boolean on, int seconds) throws SocketException {
        Adaptors.set(channel, StandardSocketOptions.SO_LINGER, on ? seconds : -1);
    }

    @Override
    public int getSoLinger() throws SocketException {
        return Adaptors.get(channel, StandardSocketOptions.SO_LINGER);
    }

    @Override
    public void setSendBufferSize(int bytes) throws SocketException {
        if (bytes <= 0) {
            throw new IllegalArgumentException("Invalid send size");
        }
        Adaptors.set(channel, StandardSocketOptions.SO_SNDBUF, bytes);
    }

    @Override
    public int getSendBufferSize() throws SocketException {
        return Adaptors.get(channel, StandardSocketOptions.SO_SNDBUF);
    }

    @Override
    public void setReceiveBufferSize(int bytes) throws SocketException {
        if (bytes <= 0) {
            throw new IllegalArgumentException("Invalid receive size");
        }
        Adaptors.set(channel, StandardSocketOptions.SO_RCVBUF, bytes);
    }

    @Override
    public int getReceiveBufferSize() throws SocketException {
        return Adaptors.get(channel, StandardSocketOptions.SO_RCVBUF);
    }

    @Override
    public void setKeepAlive(boolean on) throws SocketException {
        Adaptors.set(channel, StandardSocketOptions.SO_KEEPALIVE, on);
    }

    @Override
    public boolean getKeepAlive() throws SocketException {
        return Adaptors.get(channel, StandardSocketOptions.SO_KEEPALIVE);
    }

    @Override
    public void setTrafficClass(int tos) throws SocketException {
        Adaptors.set(channel, StandardSocketOptions.IP_TOS, tos);
    }

    @Override
    public int getTrafficClass() throws SocketException {
        return Adaptors.get(channel, StandardSocketOptions.IP_TOS);
    }

    @Override
    public void setReuseAddress(boolean on) throws SocketException {
        Adaptors.set(channel, StandardSocketOptions.SO_REUSEADDR, on);
    }

    @Override
    public boolean getReuseAddress() throws SocketException {
        return Adaptors.get(channel, StandardSocketOptions.SO_REUSEADDR);
    }

    /** Of no option with a public name, so that it is set here. */
    @Override
    public void setOOBInline(boolean on) throws SocketException {
        onSocket(number -> Family.setInt(number, Consts.SOL_SOCKET, Consts.SO_OOBINLINE, on ? 1 : 0));
    }

    @Override
    public boolean getOOBInline() throws SocketException {
        return onSocket(number -> Family.getInt(number, Consts.SOL_SOCKET, Consts.SO_OOBINLINE)) != 0;
    }

    private interface Call {
        int on(int number);
    }

    private int onSocket(Call call) throws SocketException {
        int[] result = new int[1];
        try {
            Numbered.use(fd, number -> result[0] = call.on(number));
        } catch (IOException e) {
            throw Adaptors.ofOption(e);
        }
        if (result[0] < 0) {
            throw new SocketException(Errno.text(-result[0]));
        }
        return result[0];
    }

    /** Does nothing, like the JDK's. */
    @Override
    public void setPerformancePreferences(int connectionTime, int latency, int bandwidth) {
    }

    @Override
    public <T> Socket setOption(SocketOption<T> name, T value) throws IOException {
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
