package org.anyfd.it;

import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.util.List;
import java.util.Random;
import jdk.net.ExtendedSocketOptions;
import org.anyfd.it.LockStepParty.Kind;

/** What all channels have: the blocking mode, and options. Part of one {@link LockStep}. */
final class LockStepCommon {
    private static final List<SocketOption<?>> OPTIONS = List.of(
        StandardSocketOptions.SO_KEEPALIVE, StandardSocketOptions.SO_BROADCAST, StandardSocketOptions.TCP_NODELAY,
        StandardSocketOptions.IP_TOS, StandardSocketOptions.IP_MULTICAST_TTL, StandardSocketOptions.IP_MULTICAST_LOOP,
        StandardSocketOptions.SO_REUSEADDR, StandardSocketOptions.SO_REUSEPORT, StandardSocketOptions.SO_LINGER,
        StandardSocketOptions.SO_RCVBUF, StandardSocketOptions.SO_SNDBUF, StandardSocketOptions.IP_MULTICAST_IF,
        ExtendedSocketOptions.TCP_KEEPIDLE, ExtendedSocketOptions.TCP_KEEPINTERVAL, ExtendedSocketOptions.TCP_KEEPCOUNT);
    /** Those that change nothing of what the other operations do. */
    private static final List<SocketOption<?>> HARMLESS = List.of(
        StandardSocketOptions.SO_KEEPALIVE, StandardSocketOptions.SO_BROADCAST, StandardSocketOptions.IP_TOS,
        StandardSocketOptions.IP_MULTICAST_TTL, ExtendedSocketOptions.TCP_KEEPIDLE,
        ExtendedSocketOptions.TCP_KEEPINTERVAL, ExtendedSocketOptions.TCP_KEEPCOUNT);

    private final LockStep run;
    private final Random random;

    LockStepCommon(LockStep run) {
        this.run = run;
        this.random = run.random;
    }

    String operation(LockStepParty party) {
        boolean pipe = party.kind == Kind.SOURCE || party.kind == Kind.SINK;
        return switch (random.nextInt(pipe ? 2 : 5)) {
            case 0, 1 -> configureBlocking(party);
            case 2, 3 -> get(party);
            default -> set(party);
        };
    }

    private String configureBlocking(LockStepParty party) {
        // Mostly back to where selectors can use it.
        boolean block = random.nextInt(3) == 0;
        String result = LockStepText.of(party, () -> party.channel.configureBlocking(block) == party.channel);
        return "configureBlocking " + party + " " + block + " = " + result + " | " + LockStepText.state(party);
    }

    private String get(LockStepParty party) {
        SocketOption<?> option = OPTIONS.get(random.nextInt(OPTIONS.size()));
        boolean tuned = party.kind == Kind.TCP
            && (option == StandardSocketOptions.SO_RCVBUF || option == StandardSocketOptions.SO_SNDBUF);
        return tuned ? null : "get " + party + " " + option
            + " = " + LockStepText.of(party, () -> party.network().getOption(option));
    }

    private String set(LockStepParty party) {
        SocketOption<?> option = HARMLESS.get(random.nextInt(HARMLESS.size()));
        Object value = option.type() == Boolean.class ? (Object) random.nextBoolean()
            : random.nextInt(6) == 0 ? random.nextInt(300) - 10 : 1 + random.nextInt(100);
        Object given = random.nextInt(20) == 0 ? null : value;
        String result = LockStepText.of(party, () -> setRaw(party, option, given));
        return "set " + party + " " + option + " " + given + " = " + result;
    }

    @SuppressWarnings("unchecked")
    private static boolean setRaw(LockStepParty party, SocketOption<?> option, Object value) throws Exception {
        return party.network().setOption((SocketOption<Object>) option, value) == party.channel;
    }
}
