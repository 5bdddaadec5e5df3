package org.anyfd.it;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.SelectorProvider;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import org.anyfd.it.LockStepParty.Kind;

/**
 * A sequence of random operations on the channels and selectors of this JVM's provider, and a line of text for each that
 * tells what a program sees of it. The sequence depends on the seed and on the results so far alone, so two providers
 * that behave alike tell the same. Used by one thread.
 *
 * <p>After an operation that sends something it waits until the kernel has delivered it: {@link LockStepKernel} asks.
 *
 * <p>Left out is what depends on time or chance even so: how much fills a TCP connection, the buffer sizes of a connected
 * one (the kernel tunes them), TCP_QUICKACK and SO_INCOMING_NAPI_ID, positive SO_LINGER, a full TCP backlog, the order of
 * keys in a selection, and the numbers of ports, of which it is told whether they are the right ones.
 */
final class LockStep {
    private static final int MOST_PARTIES = 22;
    private static final int FEW_PARTIES = 12;

    final Random random;
    final LockStepKernel kernel = new LockStepKernel();
    final LockStepBuffers buffers;
    final SelectorProvider provider = SelectorProvider.provider();
    final List<LockStepParty> parties = new ArrayList<>();
    final Path directory;
    final InetAddress v4 = InetAddress.getByName("127.0.0.1");
    final InetAddress v6 = InetAddress.getByName("::1");
    final boolean hasV6 = NetworkInterface.getByInetAddress(v6) != null;
    /** Taken, but nobody listens: connections are refused and datagrams unreachable. */
    final InetSocketAddress refused;
    final InetSocketAddress unreachable;
    private final List<AutoCloseable> holders = new ArrayList<>();

    private final LockStepStreams streams;
    private final LockStepDatagrams datagrams;
    private final LockStepSelectors selectors;
    private final LockStepCommon common;
    private final Consumer<String> out;
    private int partiesMade;
    private int number;

    LockStep(long seed, Consumer<String> out) throws IOException {
        random = new Random(seed);
        buffers = new LockStepBuffers(random);
        streams = new LockStepStreams(this);
        datagrams = new LockStepDatagrams(this);
        selectors = new LockStepSelectors(this);
        common = new LockStepCommon(this);
        this.out = out;
        directory = Files.createTempDirectory("anyfd-test");
        SocketChannel stream = provider.openSocketChannel();
        holders.add(stream);
        refused = (InetSocketAddress) stream.bind(new InetSocketAddress(v4, 0)).getLocalAddress();
        DatagramChannel datagram = provider.openDatagramChannel();
        holders.add(datagram);
        datagram.bind(new InetSocketAddress(v4, 0));
        unreachable = (InetSocketAddress) datagram.getLocalAddress();
        datagram.connect(datagram.getLocalAddress());
    }

    /** Runs the sequence; a line for each operation. */
    void run(int operations) throws Exception {
        try {
            for (number = 0; number < operations; number++) {
                step();
            }
        } finally {
            close();
        }
    }

    int number() {
        return number;
    }

    private void step() throws IOException {
        String text;
        do {
            text = operation();
        } while (text == null);
        out.accept(number + " " + text);
        settle();
    }

    /** Does something and tells of it; null if there is nothing to do it with. */
    private String operation() throws IOException {
        long live = parties.stream().filter(LockStepParty::isLive).count();
        if (live < FEW_PARTIES && parties.size() < MOST_PARTIES && random.nextInt(3) == 0) {
            return open();
        }
        if (random.nextInt(100) < 40) {
            return selectors.operation();
        }
        LockStepParty party = any();
        if (party == null) {
            return open();
        }
        // What cannot be closed any more is looked at once in a while only.
        if (!party.isLive() && random.nextInt(4) != 0) {
            return null;
        }
        if (random.nextInt(10) == 0) {
            return common.operation(party);
        }
        return switch (party.kind) {
            case TCP, UNIX -> streams.stream(party);
            case SERVER, UNIX_SERVER -> streams.server(party);
            case SOURCE -> streams.source(party);
            case SINK -> streams.sink(party);
            case UDP -> datagrams.operation(party);
        };
    }

    private String open() throws IOException {
        parties.removeIf(party -> party.closed && !party.fdOpen && random.nextInt(3) != 0);
        if (parties.size() > MOST_PARTIES) {
            return null;
        }
        return random.nextInt(4) == 0 ? datagrams.open() : streams.open();
    }

    // -- Who there is --

    LockStepParty add(Kind kind, SelectableChannel channel) {
        LockStepParty party = new LockStepParty(++partiesMade, kind);
        if (channel != null) {
            party.open(channel);
            parties.add(party);
        }
        return party;
    }

    LockStepParty any() {
        return parties.isEmpty() ? null : parties.get(random.nextInt(parties.size()));
    }

    /** One that is bound and has its descriptor, closed or not; null if there is none. */
    LockStepParty anyBound(Kind kind) {
        List<LockStepParty> bound = parties.stream()
            .filter(party -> party.kind == kind && party.fdOpen && party.address != null).toList();
        return bound.isEmpty() ? null : bound.get(random.nextInt(bound.size()));
    }

    LockStepParty of(SelectableChannel channel) {
        for (LockStepParty party : parties) {
            if (party.channel == channel) {
                return party;
            }
        }
        throw new AssertionError("unknown channel " + channel);
    }

    // -- What closes means to the others --

    /**
     * Takes note of the channels that the last operation closed, by intent or by its failure. First of all of them: a
     * number given back may be asked for nothing.
     */
    void settle() throws IOException {
        List<LockStepParty> lingering = new ArrayList<>();
        List<LockStepParty> gone = new ArrayList<>();
        for (LockStepParty party : parties) {
            boolean closes = !party.closed && !party.channel.isOpen();
            party.closed |= closes;
            if (party.closed && party.fdOpen && !party.channel.isRegistered()) {
                party.fdOpen = false;
                gone.add(party);
            } else if (closes) {
                lingering.add(party);
            }
        }
        for (LockStepParty party : lingering) {
            if (party.kind == Kind.TCP && party.connected && !party.abortive) {
                streams.finSent(party);
            }
        }
        for (LockStepParty party : gone) {
            if (party.kind == Kind.UDP) {
                datagrams.descriptorClosed(party);
            } else {
                streams.descriptorClosed(party);
            }
        }
        parties.forEach(party -> party.connected = party.isConnected());
    }

    private void close() throws Exception {
        for (LockStepParty party : parties) {
            party.channel.close();
        }
        selectors.close();
        for (AutoCloseable holder : holders) {
            holder.close();
        }
        try (var files = Files.list(directory)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(directory);
    }
}
