package org.anyfd.it;

import static org.anyfd.it.LockStepKernel.POLLERR;
import static org.anyfd.it.LockStepKernel.POLLIN;

import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.anyfd.it.LockStepParty.Kind;

/** The operations on datagram channels. Part of one {@link LockStep}. */
final class LockStepDatagrams {
    /** Far from what makes the kernel drop datagrams. */
    private static final int MOST_QUEUED_BYTES = 40_000;

    private final LockStep run;
    private final Random random;
    private final LockStepKernel kernel;

    LockStepDatagrams(LockStep run) {
        this.run = run;
        this.random = run.random;
        this.kernel = run.kernel;
    }

    String open() throws IOException {
        LockStepParty party = run.add(Kind.UDP, random.nextInt(4) == 0
            ? run.provider.openDatagramChannel(StandardProtocolFamily.INET) : run.provider.openDatagramChannel());
        if (random.nextInt(4) != 0) {
            party.channel.configureBlocking(false);
        }
        return "open " + party + " = " + LockStepText.state(party);
    }

    String operation(LockStepParty party) throws IOException {
        if (party.isLive() && party.address == null && random.nextInt(3) == 0) {
            return bind(party);
        }
        return switch (random.nextInt(24)) {
            case 0 -> close(party);
            case 1 -> bind(party);
            case 2, 3, 4 -> connect(party);
            case 5, 6 -> disconnect(party);
            case 7, 8, 9, 10, 11, 12, 13 -> send(party);
            case 14, 15, 16, 17 -> write(party);
            case 18, 19, 20 -> read(party);
            default -> receive(party);
        };
    }

    private String bind(LockStepParty party) throws IOException {
        InetAddress host = random.nextInt(6) == 0 && run.hasV6 ? run.v6 : run.v4;
        SocketAddress address = random.nextInt(4) == 0 ? null : new InetSocketAddress(host, 0);
        String result = LockStepText.of(party, () -> party.datagrams().bind(address) == party.channel);
        noteAddress(party);
        return "bind " + party + " = " + result + state(party);
    }

    /** Where others find it: what the kernel may have chosen. */
    private void noteAddress(LockStepParty party) throws IOException {
        if (party.channel.isOpen()) {
            InetSocketAddress local = (InetSocketAddress) party.datagrams().getLocalAddress();
            party.address = local == null || !local.getAddress().isAnyLocalAddress() ? local
                : new InetSocketAddress(run.v4, local.getPort());
        }
    }

    private String connect(LockStepParty party) throws IOException {
        LockStepParty target = run.anyBound(Kind.UDP);
        boolean nobody = target == null || random.nextInt(4) == 0;
        boolean fresh = party.channel.isOpen() && !party.datagrams().isConnected();
        SocketAddress address = nobody ? run.unreachable : target.address;
        String result = LockStepText.of(party, () -> party.datagrams().connect(address) == party.channel);
        if (fresh && party.datagrams().isConnected()) {
            party.deafToV6 = false;
            party.peer = nobody ? null : target;
            party.remote = address;
            party.remotePort = ((InetSocketAddress) address).getPort();
        }
        noteAddress(party);
        return "connect " + party + " to " + (nobody ? "nobody" : target) + " = " + result + state(party);
    }

    private String disconnect(LockStepParty party) throws IOException {
        forgetError(party);
        String result = LockStepText.of(party, () -> party.datagrams().disconnect() == party.channel);
        if (party.channel.isOpen()) {
            disconnected(party);
        }
        return "disconnect " + party + " = " + result + state(party);
    }

    private void disconnected(LockStepParty party) throws IOException {
        if (party.remote != null) {
            party.deafToV6 = isV4(party.remote);
        }
        party.peer = null;
        party.remote = null;
        noteAddress(party);
    }

    private static boolean isV4(SocketAddress address) {
        return ((InetSocketAddress) address).getAddress() instanceof Inet4Address;
    }

    /**
     * The error of a datagram that nobody received outlives the connection, and the next send takes it for its own: the
     * JDK's then says that all is sent and sends nothing, ours sends.
     */
    private void forgetError(LockStepParty party) {
        if (party.isLive() && kernel.hasEvent(party.fd, POLLERR)) {
            kernel.clearError(party.fd);
        }
    }

    private String close(LockStepParty party) {
        return "close " + party + " = " + LockStepText.of(party, () -> {
            party.channel.close();
            return "";
        }) + state(party);
    }

    /** Those connected to a channel that is closed are disconnected: its port could become another's. */
    void descriptorClosed(LockStepParty party) throws IOException {
        for (LockStepParty each : run.parties) {
            if (each.kind == Kind.UDP && each.isLive() && each.peer == party) {
                forgetError(each);
                each.datagrams().disconnect();
                disconnected(each);
            }
        }
    }

    // -- Sending --

    private String send(LockStepParty party) throws IOException {
        LockStepParty target = party.peer != null && party.peer.fdOpen && random.nextBoolean() ? party.peer : run.anyBound(Kind.UDP);
        if (target == null || isFull(target) || target.deafToV6 && !isV4(target.address)) {
            return null;
        }
        ByteBuffer src = run.buffers.source(run.buffers.size());
        boolean sends = src.hasRemaining() || !party.isConnected();
        int before = kernel.receiveMemory(target.fd);
        SocketAddress address = target.address;
        int[] n = {-1};
        String result = LockStepText.of(party, () -> n[0] = party.datagrams().send(src, address));
        if (party.channel.isOpen()) {
            noteAddress(party);
        }
        if (sends && n[0] >= 0) {
            sent(party, target, before);
        }
        return "send " + party + " to " + target + " = " + result + LockStepBuffers.text(src) + state(party);
    }

    private boolean isFull(LockStepParty target) {
        return kernel.receiveMemory(target.fd) > MOST_QUEUED_BYTES;
    }

    private String write(LockStepParty party) {
        LockStepParty target = party.isConnected() ? party.peer : null;
        if (target != null && (isFull(target) || target.deafToV6 && !isV4(party.remote))) {
            return null;
        }
        ByteBuffer[] srcs = random.nextInt(3) == 0 ? run.buffers.sources()
            : new ByteBuffer[] {run.buffers.source(run.buffers.size())};
        boolean sends = LockStepBuffers.remaining(srcs) > 0 && party.isConnected();
        int before = target == null ? 0 : kernel.receiveMemory(target.fd);
        long[] n = {-1};
        String result = LockStepText.of(party, () -> n[0] = srcs.length == 1
            ? party.datagrams().write(srcs[0]) : party.datagrams().write(srcs));
        if (sends && n[0] >= 0) {
            sent(party, target, before);
        }
        return "write " + party + " = " + result + LockStepBuffers.text(srcs);
    }

    private void sent(LockStepParty party, LockStepParty target, int before) {
        boolean delivered = target != null && (remoteOf(target) == null || remoteOf(target).equals(party.address));
        if (delivered) {
            kernel.await(() -> kernel.receiveMemory(target.fd) > before, () -> "deliver to " + target);
        } else if (party.isConnected()) {
            kernel.await(() -> kernel.hasEvent(party.fd, POLLERR), () -> "tell " + party + " that nobody is there");
        }
    }

    /** Of a closed one too that has its descriptor still. */
    private static SocketAddress remoteOf(LockStepParty party) {
        return party.remote;
    }

    // -- Receiving --

    private boolean mayReceive(LockStepParty party) {
        return !party.channel.isBlocking() || !party.isLive() || kernel.hasEvent(party.fd, POLLIN);
    }

    private String receive(LockStepParty party) {
        if (!mayReceive(party)) {
            return null;
        }
        ByteBuffer dst = run.buffers.destination(run.buffers.size());
        String result = LockStepText.of(party, () -> sender(party.datagrams().receive(dst)));
        return "receive " + party + " = " + result + LockStepBuffers.text(dst);
    }

    private String sender(SocketAddress address) {
        if (address == null) {
            return "null";
        }
        int port = ((InetSocketAddress) address).getPort();
        List<LockStepParty> senders = new ArrayList<>(run.parties);
        senders.removeIf(each -> each.kind != Kind.UDP || each.address == null
            || ((InetSocketAddress) each.address).getPort() != port);
        if (senders.size() > 1) {
            // In one of the JVMs only: the kernel gives one number to an IPv4 and an IPv6 socket, or that of a closed one again.
            senders.removeIf(each -> !each.fdOpen || isV4(each.address) != isV4(address));
        }
        return LockStepText.address(address, -1) + " " + senders;
    }

    private String read(LockStepParty party) {
        if (party.isConnected() && !mayReceive(party)) {
            return null;
        }
        ByteBuffer[] dsts = random.nextInt(3) == 0 ? run.buffers.destinations()
            : new ByteBuffer[] {run.buffers.destination(run.buffers.size())};
        String result = LockStepText.of(party, () -> dsts.length == 1
            ? (long) party.datagrams().read(dsts[0]) : party.datagrams().read(dsts));
        return "read " + party + " = " + result + LockStepBuffers.text(dsts);
    }

    private static String state(LockStepParty party) {
        return " | " + LockStepText.state(party);
    }
}
