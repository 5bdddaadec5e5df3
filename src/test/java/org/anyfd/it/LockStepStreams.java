package org.anyfd.it;

import static org.anyfd.it.LockStepKernel.POLLERR;
import static org.anyfd.it.LockStepKernel.POLLHUP;
import static org.anyfd.it.LockStepKernel.POLLIN;
import static org.anyfd.it.LockStepKernel.POLLOUT;
import static org.anyfd.it.LockStepKernel.TCP_CLOSE;
import static org.anyfd.it.LockStepKernel.TCP_CLOSE_WAIT;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.GatheringByteChannel;
import java.nio.channels.Pipe;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.ScatteringByteChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.WritableByteChannel;
import java.util.Random;
import org.anyfd.it.LockStepParty.Kind;

/** The operations on connections, listeners and pipes. Part of one {@link LockStep}. */
final class LockStepStreams {
    /** As much as may be under way in one direction: every kernel takes that much at once. */
    private static final int MOST_UNREAD = 8_000;
    private static final int MOST_PENDING = 6;

    private final LockStep run;
    private final Random random;
    private final LockStepKernel kernel;

    LockStepStreams(LockStep run) {
        this.run = run;
        this.random = run.random;
        this.kernel = run.kernel;
    }

    // -- Opening --

    String open() throws IOException {
        return switch (random.nextInt(10)) {
            case 0, 1, 2, 3 -> opened(run.add(Kind.TCP, random.nextInt(4) == 0
                ? run.provider.openSocketChannel(StandardProtocolFamily.INET) : run.provider.openSocketChannel()));
            case 4, 5 -> opened(run.add(Kind.SERVER, random.nextInt(4) == 0
                ? run.provider.openServerSocketChannel(StandardProtocolFamily.INET)
                : run.provider.openServerSocketChannel()));
            case 6 -> opened(run.add(Kind.UNIX, run.provider.openSocketChannel(StandardProtocolFamily.UNIX)));
            case 7 -> opened(run.add(Kind.UNIX_SERVER,
                run.provider.openServerSocketChannel(StandardProtocolFamily.UNIX)));
            default -> pipe();
        };
    }

    private String pipe() throws IOException {
        Pipe pipe = run.provider.openPipe();
        LockStepParty source = run.add(Kind.SOURCE, pipe.source());
        LockStepParty sink = run.add(Kind.SINK, pipe.sink());
        source.peer = sink;
        sink.peer = source;
        return opened(source) + "; " + opened(sink);
    }

    private String opened(LockStepParty party) throws IOException {
        if (random.nextInt(4) != 0) {
            party.channel.configureBlocking(false);
        }
        return "open " + party + " = " + LockStepText.state(party);
    }

    // -- Streams --

    String stream(LockStepParty party) throws IOException {
        SocketChannel channel = party.stream();
        if (!channel.isConnected() && random.nextInt(8) < 5) {
            return channel.isConnectionPending() ? finishConnect(party) : connect(party);
        }
        return switch (random.nextInt(32)) {
            case 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 -> read(party);
            case 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24 -> write(party);
            case 25 -> shutdownOutput(party);
            case 26 -> random.nextInt(3) == 0 ? shutdownInput(party) : null;
            case 27 -> linger(party);
            case 28 -> random.nextInt(3) == 0 ? bind(party) : null;
            case 29 -> finishConnect(party);
            case 30 -> channel.isConnected() || !channel.isOpen() ? connect(party) : null;
            default -> close(party);
        };
    }

    private String connect(LockStepParty party) throws IOException {
        LockStepParty server = run.anyBound(random.nextInt(30) == 0 ? otherServer(party) : ownServer(party));
        boolean nobody = random.nextInt(12) == 0;
        if (server == null && !nobody || server != null && server.pending.size() >= MOST_PENDING) {
            return null;
        }
        SocketAddress target = nobody ? noServer(party) : server.address;
        boolean fresh = party.isLive() && !party.stream().isConnected() && !party.stream().isConnectionPending();
        String result = LockStepText.of(party, () -> party.stream().connect(target));
        if (fresh && party.channel.isOpen()
            && (party.stream().isConnected() || party.stream().isConnectionPending())) {
            party.remote = target;
            party.remotePort = target instanceof InetSocketAddress inet ? inet.getPort() : 0;
            connecting(party, nobody ? null : server);
        }
        return "connect " + party + " to " + (nobody ? "nobody" : server) + " = " + result + state(party);
    }

    private static Kind ownServer(LockStepParty party) {
        return party.kind == Kind.TCP ? Kind.SERVER : Kind.UNIX_SERVER;
    }

    private static Kind otherServer(LockStepParty party) {
        return party.kind == Kind.TCP ? Kind.UNIX_SERVER : Kind.SERVER;
    }

    private SocketAddress noServer(LockStepParty party) {
        return party.kind == Kind.TCP ? run.refused : UnixDomainSocketAddress.of(run.directory.resolve("nobody"));
    }

    private void connecting(LockStepParty party, LockStepParty server) throws IOException {
        if (party.kind == Kind.TCP) {
            // Else a small write waits for the acknowledgement of the one before, which the peer may delay.
            party.stream().setOption(StandardSocketOptions.TCP_NODELAY, true);
            kernel.await(() -> kernel.hasEvent(party.fd, POLLOUT | POLLERR | POLLHUP), () -> "connect " + party);
        }
        if (server == null) {
            return;
        }
        LockStepParty accepted = run.add(party.kind, null);
        accepted.server = server;
        accepted.peer = party;
        party.peer = accepted;
        server.pending.add(accepted);
        if (party.kind == Kind.TCP) {
            kernel.await(() -> kernel.acceptQueue(server.fd) == server.pending.size(), () -> "queue at " + server);
        }
    }

    private String finishConnect(LockStepParty party) {
        return "finishConnect " + party + " = " + LockStepText.of(party, () -> party.stream().finishConnect())
            + state(party);
    }

    private String bind(LockStepParty party) {
        SocketAddress address = switch (random.nextInt(5)) {
            case 0 -> null;
            case 1 -> party.kind.isUnix() ? UnixDomainSocketAddress.of(run.directory.resolve("c" + party.id))
                : new InetSocketAddress(run.v6, 0);
            case 2 -> {
                LockStepParty server = run.anyBound(Kind.SERVER);
                yield server == null ? null : server.address;
            }
            default -> new InetSocketAddress(run.v4, 0);
        };
        return "bind " + party + " = " + LockStepText.of(party, () -> party.stream().bind(address) == party.channel)
            + state(party);
    }

    private String linger(LockStepParty party) {
        int value = random.nextInt(3) == 0 ? 0 : -1;
        String result = LockStepText.of(party,
            () -> party.network().setOption(StandardSocketOptions.SO_LINGER, value) == party.channel);
        if (result.equals("true")) {
            party.abortive = value == 0;
        }
        return "linger " + party + " " + value + " = " + result;
    }

    private String shutdownInput(LockStepParty party) {
        String result = LockStepText.of(party, () -> party.stream().shutdownInput() == party.channel);
        if (result.equals("true")) {
            party.inputShut = true;
        }
        return "shutdownInput " + party + " = " + result + state(party);
    }

    private String shutdownOutput(LockStepParty party) {
        String result = LockStepText.of(party, () -> party.stream().shutdownOutput() == party.channel);
        if (result.equals("true")) {
            finSent(party);
        }
        return "shutdownOutput " + party + " = " + result + state(party);
    }

    String close(LockStepParty party) {
        if (party.kind == Kind.TCP && party.channel.isBlocking() && party.channel.isRegistered()) {
            // Its key was cancelled, and no selection was since: ours tells the peer at once, the JDK's only then.
            return null;
        }
        // What is in the kernel's hands is cut off by a reset, at a time of its own.
        return "close " + party + " = " + LockStepText.of(party, () -> {
            party.channel.close();
            return "";
        }) + state(party);
    }

    private static String state(LockStepParty party) {
        return " | " + LockStepText.state(party);
    }

    // -- Servers --

    String server(LockStepParty party) throws IOException {
        if (party.isLive() && party.address == null && random.nextInt(3) != 0) {
            return listen(party);
        }
        return switch (random.nextInt(16)) {
            case 0 -> listen(party);
            case 1 -> random.nextInt(2) == 0 ? close(party) : null;
            default -> accept(party);
        };
    }

    private String listen(LockStepParty party) throws IOException {
        SocketAddress address = serverAddress(party);
        int backlog = random.nextInt(3) == 0 ? -1 : 20;
        boolean unbound = party.address == null;
        String result = LockStepText.of(party, () -> party.listener().bind(address, backlog) == party.channel);
        if (unbound && result.equals("true")) {
            party.address = party.listener().getLocalAddress();
            if (party.kind == Kind.UNIX_SERVER && address == null) {
                // The name it chose is in the directory for temporary files, where it stays.
                ((UnixDomainSocketAddress) party.address).getPath().toFile().deleteOnExit();
            }
        }
        return "listen " + party + " = " + result + state(party);
    }

    private SocketAddress serverAddress(LockStepParty party) {
        int choice = random.nextInt(12);
        LockStepParty other = run.anyBound(Kind.SERVER);
        if (choice == 0 && other != null) {
            return other.address;
        }
        if (party.kind == Kind.UNIX_SERVER) {
            return choice == 1 ? null : UnixDomainSocketAddress.of(run.directory.resolve("s" + random.nextInt(100_000)));
        }
        InetAddress host = choice < 3 && run.hasV6 ? run.v6 : run.v4;
        return choice > 9 ? null : new InetSocketAddress(host, 0);
    }

    private String accept(LockStepParty party) throws IOException {
        if (party.channel.isBlocking() && party.channel.isOpen() && party.address != null
            && !kernel.hasEvent(party.fd, POLLIN)) {
            return null;
        }
        SocketChannel[] accepted = new SocketChannel[1];
        String result = LockStepText.of(party, () -> {
            accepted[0] = party.listener().accept();
            return accepted[0] != null;
        });
        String text = "accept " + party + " = " + result;
        if (accepted[0] == null) {
            return text;
        }
        LockStepParty newcomer = accepted(party, accepted[0]);
        return text + " " + newcomer + state(newcomer);
    }

    private LockStepParty accepted(LockStepParty party, SocketChannel channel) throws IOException {
        LockStepParty newcomer = party.pending.remove(0);
        newcomer.open(channel);
        run.parties.add(newcomer);
        newcomer.remotePort = clientPort(newcomer);
        if (party.kind == Kind.SERVER && !newcomer.broken) {
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            kernel.await(() -> kernel.unread(newcomer.fd) == newcomer.unread, () -> "deliver to " + newcomer);
            if (newcomer.peer.finSent) {
                awaitFin(newcomer);
            }
        }
        if (random.nextInt(4) != 0) {
            channel.configureBlocking(false);
        }
        return newcomer;
    }

    private static int clientPort(LockStepParty newcomer) throws IOException {
        LockStepParty client = newcomer.peer;
        boolean known = client.kind == Kind.TCP && client.channel.isOpen() && client.stream().isConnected();
        return known ? ((InetSocketAddress) client.stream().getLocalAddress()).getPort() : -1;
    }

    // -- Transfers --

    String source(LockStepParty party) {
        return random.nextInt(25) == 0 ? close(party) : read(party);
    }

    String sink(LockStepParty party) {
        return switch (random.nextInt(25)) {
            case 0 -> close(party);
            case 1, 2 -> party.channel.isBlocking() ? null : fill(party);
            default -> write(party);
        };
    }

    private boolean mayRead(LockStepParty party) {
        return !party.channel.isBlocking() || !party.isLive() || party.inputShut
            || party.kind.isStream() && !party.stream().isConnected()
            || kernel.hasEvent(party.fd, POLLIN | POLLERR | POLLHUP);
    }

    String read(LockStepParty party) {
        if (!mayRead(party)) {
            return null;
        }
        long[] n = {0};
        String result;
        if (random.nextInt(3) == 0) {
            ByteBuffer[] dsts = run.buffers.destinations();
            int offset = random.nextInt(3) == 0 ? random.nextInt(dsts.length) : 0;
            int length = random.nextInt(20) == 0 ? dsts.length : dsts.length - offset;
            result = LockStepText.of(party,
                () -> n[0] = ((ScatteringByteChannel) party.channel).read(dsts, offset, length))
                + LockStepBuffers.text(dsts);
        } else {
            ByteBuffer dst = random.nextInt(100) == 0 ? null : run.buffers.destination(run.buffers.size());
            result = LockStepText.of(party, () -> n[0] = ((ReadableByteChannel) party.channel).read(dst))
                + (dst == null ? "" : LockStepBuffers.text(dst));
        }
        party.unread -= Math.max(0, n[0]);
        return "read " + party + " = " + result;
    }

    String write(LockStepParty party) {
        if (party.finSent && party.broken && party.isLive()) {
            // After shutdownOutput the JDK calls write(2) even so, and its failure uses the reset up: a read then finds
            // the end of the stream. Ours fails without a call, and the read says that there was a reset.
            kernel.clearError(party.fd);
        }
        ByteBuffer[] srcs = random.nextInt(3) == 0 ? run.buffers.sources()
            : new ByteBuffer[] {run.buffers.source(run.buffers.size())};
        if (party.peer != null && party.peer.unread + LockStepBuffers.remaining(srcs) > MOST_UNREAD) {
            return null;
        }
        long[] n = {0};
        String result = LockStepText.of(party, () -> n[0] = srcs.length == 1
            ? ((WritableByteChannel) party.channel).write(srcs[0])
            : ((GatheringByteChannel) party.channel).write(srcs));
        written(party, n[0]);
        return "write " + party + " = " + result + LockStepBuffers.text(srcs);
    }

    /** Writes to a pipe until it takes no more. */
    private String fill(LockStepParty party) {
        StringBuilder text = new StringBuilder();
        long[] n = {0};
        do {
            ByteBuffer src = run.buffers.source(8_192);
            n[0] = 0;
            text.append(' ').append(LockStepText.of(party, () -> n[0] = ((WritableByteChannel) party.channel).write(src)));
            written(party, n[0]);
        } while (n[0] > 0);
        return "fill " + party + " =" + text;
    }

    private void written(LockStepParty party, long n) {
        LockStepParty peer = party.peer;
        if (n <= 0 || peer == null) {
            return;
        }
        peer.unread += n;
        if (party.kind != Kind.TCP || party.broken) {
            return;
        }
        if (!peer.receives() || peer.finSent && peer.inputShut) {
            // Nobody will read it: a reset comes back.
            reset(party);
            reset(peer);
        } else if (peer.channel != null && !peer.broken) {
            kernel.await(() -> kernel.unread(peer.fd) == peer.unread, () -> "deliver to " + peer);
        }
    }

    // -- What the other end learns of it --

    /** A party has ended its output. */
    void finSent(LockStepParty party) {
        if (party.finSent) {
            return;
        }
        party.finSent = true;
        LockStepParty peer = party.peer;
        if (party.kind == Kind.TCP && !party.broken && peer != null && peer.channel != null && peer.fdOpen
            && !peer.broken) {
            awaitFin(peer);
        }
    }

    private void awaitFin(LockStepParty peer) {
        kernel.await(() -> {
            int state = kernel.tcpState(peer.fd);
            return state == TCP_CLOSE || state == TCP_CLOSE_WAIT && !peer.finSent;
        }, () -> "end the input of " + peer);
    }

    /** The kernel closes a connection, a listener or an end of a pipe. */
    void descriptorClosed(LockStepParty party) {
        for (LockStepParty each : party.pending) {
            if (party.kind == Kind.SERVER) {
                reset(each.peer);
            }
            each.broken = true;
        }
        party.pending.clear();
        if (party.kind != Kind.TCP || party.peer == null || party.broken) {
            return;
        }
        if (party.abortive || party.unread > 0) {
            reset(party.peer);
        } else {
            finSent(party);
        }
    }

    private void reset(LockStepParty party) {
        party.broken = true;
        if (party.channel != null && party.fdOpen) {
            kernel.await(() -> kernel.tcpState(party.fd) == TCP_CLOSE, () -> "reset " + party);
        }
    }
}
