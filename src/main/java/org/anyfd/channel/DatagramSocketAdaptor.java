package org.anyfd.channel;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.MulticastSocket;
import java.net.NetworkInterface;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketOption;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.DatagramChannel;
import java.nio.channels.MembershipKey;
import java.nio.channels.UnsupportedAddressTypeException;
import java.util.Objects;
import java.util.Set;

/**
 * A datagram channel as a socket: what {@link DatagramChannel#socket} returns. Any thread may call any
 * method.
 *
 * <p>A MulticastSocket, for the JDK's is one and programs cast it. That class can only be extended together with a
 * socket of its own, which is closed at once, so every method is overridden.
 */
@SuppressWarnings("deprecation") // half of MulticastSocket is
final class DatagramSocketAdaptor extends MulticastSocket {
    /** What JDK 17 says as "Socket closed" is told as it is by later ones. */
    private static final boolean TELLS_INTERRUPT = Runtime.version().feature() > 17;

    private final NativeDatagramChannel channel;
    private final Timeout timeout = new Timeout();
    /** The address {@link #setInterface} was given, for an interface has several. */
    private volatile InetAddress interfaceAddress;

    private DatagramSocketAdaptor(NativeDatagramChannel channel) throws IOException {
        super((SocketAddress) null);
        super.close();
        this.channel = channel;
    }

    static DatagramSocketAdaptor of(NativeDatagramChannel channel) {
        try {
            return new DatagramSocketAdaptor(channel);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public DatagramChannel getChannel() {
        return channel;
    }

    @Override
    public boolean isClosed() {
        return !channel.isOpen();
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    // -- Addresses --

    @Override
    public void bind(SocketAddress address) throws SocketException {
        requireInet(address == null || address instanceof InetSocketAddress);
        try {
            channel.bind(address);
        } catch (RuntimeException e) {
            throw Adaptors.of(e);
        } catch (IOException e) {
            throw Adaptors.ofOption(e);
        }
    }

    @Override
    public void connect(SocketAddress address) throws SocketException {
        if (address == null) {
            throw new IllegalArgumentException("Address can't be null");
        }
        requireInet(address instanceof InetSocketAddress);
        try {
            channel.reconnect(address);
        } catch (RuntimeException e) {
            throw Adaptors.of(e);
        } catch (IOException e) {
            throw Adaptors.ofOption(e);
        }
    }

    /** An address of another kind is refused as by the channel; one of a family that the socket lacks is not. */
    private static void requireInet(boolean inet) {
        if (!inet) {
            throw new UnsupportedAddressTypeException();
        }
    }

    @Override
    public void connect(InetAddress address, int port) {
        if (address == null) {
            throw new IllegalArgumentException("Address can't be null");
        }
        if (port < 0 || port > 0xFFFF) {
            throw new IllegalArgumentException("port out of range:" + port);
        }
        try {
            connect(new InetSocketAddress(address, port));
        } catch (SocketException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void disconnect() {
        try {
            channel.disconnect();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public boolean isBound() {
        return channel.association().isBound();
    }

    @Override
    public boolean isConnected() {
        return getRemoteSocketAddress() != null;
    }

    @Override
    public SocketAddress getRemoteSocketAddress() {
        return channel.association().remote();
    }

    @Override
    public InetAddress getInetAddress() {
        InetSocketAddress remote = channel.association().remote();
        return remote == null ? null : remote.getAddress();
    }

    @Override
    public int getPort() {
        InetSocketAddress remote = channel.association().remote();
        return remote == null ? -1 : remote.getPort();
    }

    @Override
    public SocketAddress getLocalSocketAddress() {
        try {
            return channel.getLocalAddress();
        } catch (IOException closed) {
            return null;
        }
    }

    @Override
    public InetAddress getLocalAddress() {
        if (isClosed()) {
            return null;
        }
        InetSocketAddress local = (InetSocketAddress) getLocalSocketAddress();
        return local == null ? any() : local.getAddress();
    }

    @Override
    public int getLocalPort() {
        if (isClosed()) {
            return -1;
        }
        InetSocketAddress local = (InetSocketAddress) getLocalSocketAddress();
        return local == null ? 0 : local.getPort();
    }

    private static InetAddress any() {
        return new InetSocketAddress(0).getAddress();
    }

    // -- Sending and receiving --

    @Override
    public void send(DatagramPacket packet) throws IOException {
        synchronized (packet) {
            SocketAddress target = target(packet);
            try {
                channel.sender().sendBlocking(
                    ByteBuffer.wrap(packet.getData(), packet.getOffset(), packet.getLength()), target);
            } catch (ClosedChannelException e) {
                throw Adaptors.with(e, "Socket closed");
            }
        }
    }

    /** A packet without an address goes to the peer, and is told so. */
    private SocketAddress target(DatagramPacket packet) {
        SocketAddress peer = getRemoteSocketAddress();
        if (packet.getAddress() == null) {
            if (peer == null) {
                throw new IllegalArgumentException("Address not set");
            }
            packet.setSocketAddress(peer);
            return peer;
        }
        SocketAddress target = packet.getSocketAddress();
        if (peer != null && !peer.equals(target)) {
            throw new IllegalArgumentException("Connected and packet address differ");
        }
        return target;
    }

    @Override
    public void send(DatagramPacket packet, byte ttl) throws IOException {
        synchronized (packet) {
            int before = getTimeToLive();
            setTTL(ttl);
            try {
                send(packet);
            } finally {
                setTimeToLive(before);
            }
        }
    }

    @Override
    public void receive(DatagramPacket packet) throws IOException {
        synchronized (packet) {
            int room = PacketRoom.of(packet);
            ByteBuffer dst = ByteBuffer.wrap(packet.getData(), packet.getOffset(), room);
            InetSocketAddress sender = receive(dst);
            packet.setSocketAddress(sender);
            PacketRoom.setLength(packet, room - dst.remaining(), room);
        }
    }

    private InetSocketAddress receive(ByteBuffer dst) throws IOException {
        try {
            InetSocketAddress sender = channel.receiver().receiveBlocking(dst, timeout.nanos());
            if (sender == null) {
                throw new SocketTimeoutException("Receive timed out");
            }
            return sender;
        } catch (ClosedByInterruptException e) {
            throw TELLS_INTERRUPT ? e : Adaptors.with(e, "Socket closed");
        } catch (ClosedChannelException e) {
            throw Adaptors.with(e, "Socket closed");
        }
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

    // -- Options --

    @Override
    public <T> DatagramSocket setOption(SocketOption<T> name, T value) throws IOException {
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

    @Override
    public void setSendBufferSize(int size) throws SocketException {
        if (size <= 0) {
            throw new IllegalArgumentException("Invalid send size");
        }
        Adaptors.set(channel, StandardSocketOptions.SO_SNDBUF, size);
    }

    @Override
    public int getSendBufferSize() throws SocketException {
        return Adaptors.get(channel, StandardSocketOptions.SO_SNDBUF);
    }

    @Override
    public void setReceiveBufferSize(int size) throws SocketException {
        if (size <= 0) {
            throw new IllegalArgumentException("Invalid receive size");
        }
        Adaptors.set(channel, StandardSocketOptions.SO_RCVBUF, size);
    }

    @Override
    public int getReceiveBufferSize() throws SocketException {
        return Adaptors.get(channel, StandardSocketOptions.SO_RCVBUF);
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
    public void setBroadcast(boolean on) throws SocketException {
        Adaptors.set(channel, StandardSocketOptions.SO_BROADCAST, on);
    }

    @Override
    public boolean getBroadcast() throws SocketException {
        return Adaptors.get(channel, StandardSocketOptions.SO_BROADCAST);
    }

    @Override
    public void setTrafficClass(int tc) throws SocketException {
        Adaptors.set(channel, StandardSocketOptions.IP_TOS, tc);
    }

    @Override
    public int getTrafficClass() throws SocketException {
        return Adaptors.get(channel, StandardSocketOptions.IP_TOS);
    }

    // -- Multicast --

    @Override
    public void setTimeToLive(int ttl) throws IOException {
        Adaptors.set(channel, StandardSocketOptions.IP_MULTICAST_TTL, ttl);
    }

    @Override
    public int getTimeToLive() throws IOException {
        return Adaptors.get(channel, StandardSocketOptions.IP_MULTICAST_TTL);
    }

    @Override
    public void setTTL(byte ttl) throws IOException {
        setTimeToLive(Byte.toUnsignedInt(ttl));
    }

    @Override
    public byte getTTL() throws IOException {
        return (byte) getTimeToLive();
    }

    @Override
    public void setLoopbackMode(boolean disable) throws SocketException {
        Adaptors.set(channel, StandardSocketOptions.IP_MULTICAST_LOOP, !disable);
    }

    @Override
    public boolean getLoopbackMode() throws SocketException {
        return !Adaptors.get(channel, StandardSocketOptions.IP_MULTICAST_LOOP);
    }

    @Override
    public void setNetworkInterface(NetworkInterface netif) throws SocketException {
        Adaptors.set(channel, StandardSocketOptions.IP_MULTICAST_IF, netif);
    }

    @Override
    public NetworkInterface getNetworkInterface() throws SocketException {
        NetworkInterface netif = Adaptors.get(channel, StandardSocketOptions.IP_MULTICAST_IF);
        return netif != null ? netif : noInterface();
    }

    /** What the JDK calls the choice of the kernel: an interface with the index 0, which only the JDK can make. */
    private static NetworkInterface noInterface() throws SocketException {
        try (MulticastSocket unset = new MulticastSocket((SocketAddress) null)) {
            return unset.getNetworkInterface();
        } catch (IOException e) {
            throw Adaptors.ofOption(e);
        }
    }

    @Override
    public void setInterface(InetAddress address) throws SocketException {
        if (address == null) {
            throw new SocketException("Invalid value 'null'");
        }
        NetworkInterface netif = NetworkInterface.getByInetAddress(address);
        if (netif == null) {
            throw new SocketException("No network interface found with address " + address.getHostAddress());
        }
        setNetworkInterface(netif);
        interfaceAddress = address;
    }

    @Override
    public InetAddress getInterface() throws SocketException {
        NetworkInterface netif = Adaptors.get(channel, StandardSocketOptions.IP_MULTICAST_IF);
        if (netif == null) {
            return any();
        }
        InetAddress given = interfaceAddress;
        if (given != null && netif.inetAddresses().anyMatch(given::equals)) {
            return given;
        }
        return netif.inetAddresses().findFirst()
            .orElseThrow(() -> new SocketException("Network interface has no IP address"));
    }

    @Override
    public void joinGroup(InetAddress group) throws IOException {
        Objects.requireNonNull(group);
        try {
            joinGroup(new InetSocketAddress(group, 0), null);
        } catch (IllegalArgumentException e) {
            throw Adaptors.with(e, "joinGroup failed");
        }
    }

    @Override
    public void joinGroup(SocketAddress address, NetworkInterface netif) throws IOException {
        InetAddress group = group(address);
        requireOpen();
        NetworkInterface on = netif != null ? netif : getNetworkInterface();
        synchronized (this) {
            if (channel.membership(group, on) != null) {
                throw new SocketException("Already a member of group");
            }
            channel.join(group, on);
        }
    }

    @Override
    public void leaveGroup(InetAddress group) throws IOException {
        Objects.requireNonNull(group);
        leaveGroup(new InetSocketAddress(group, 0), null);
    }

    @Override
    public void leaveGroup(SocketAddress address, NetworkInterface netif) throws IOException {
        InetAddress group = group(address);
        requireOpen();
        MembershipKey key = channel.membership(group, netif != null ? netif : getNetworkInterface());
        if (key == null) {
            throw new SocketException("Not a member of group");
        }
        key.drop();
    }

    private static InetAddress group(SocketAddress address) throws SocketException {
        if (!(address instanceof InetSocketAddress inet)) {
            throw new IllegalArgumentException("Unsupported address type");
        }
        if (inet.isUnresolved()) {
            throw new IllegalArgumentException("Unresolved address");
        }
        if (!inet.getAddress().isMulticastAddress()) {
            throw new SocketException("Not a multicast address");
        }
        return inet.getAddress();
    }
}
