package org.anyfd.channel;

import static java.net.StandardSocketOptions.IP_MULTICAST_IF;
import static java.net.StandardSocketOptions.IP_MULTICAST_LOOP;
import static java.net.StandardSocketOptions.IP_MULTICAST_TTL;
import static java.net.StandardSocketOptions.IP_TOS;
import static java.net.StandardSocketOptions.SO_BROADCAST;
import static java.net.StandardSocketOptions.SO_KEEPALIVE;
import static java.net.StandardSocketOptions.SO_LINGER;
import static java.net.StandardSocketOptions.SO_RCVBUF;
import static java.net.StandardSocketOptions.SO_REUSEADDR;
import static java.net.StandardSocketOptions.SO_REUSEPORT;
import static java.net.StandardSocketOptions.SO_SNDBUF;
import static java.net.StandardSocketOptions.TCP_NODELAY;

import java.io.IOException;
import java.net.SocketOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.anyfd.sys.Consts;

/**
 * Internal. The socket options, as a table: a row an option, which says what the kernel calls it, how its value is
 * written, and which channels have it. The same options, checks and messages as the JDK's provider, on the same JDK.
 *
 * <p>A channel asks for a row, has it check the value's type, makes sure it is open, and only then gets or sets: that
 * is the JDK's order of checks.
 */
public final class Options {
    /** The kinds of channel that differ in their options. */
    private enum Kind { STREAM, LISTENER, DATAGRAM, UNIX_STREAM, UNIX_LISTENER }

    /**
     * An option.
     *
     * @param kernel what the kernel calls it, on an IPv6 socket if that differs from {@code kernel4}
     * @param kernel4 what the kernel calls it on an IPv4 socket, or null if that is the same. An IPv6 socket, which
     *     serves IPv4 as well, has both set, and the first read
     */
    public record Row(SocketOption<?> option, OptionValue value, Name kernel, Name kernel4, Set<Kind> kinds) {
        /** Throws the JDK's exception if the value is null or of another type. */
        public void check(Object v) {
            if (v == null || !option.type().isInstance(v)) {
                throw new IllegalArgumentException("Invalid value '" + v + "'");
            }
        }

        /** Sets the option of a socket whose number stays open during the call. */
        public void set(int fd, int domain, Object v) throws IOException {
            boolean ipv4 = domain == Consts.AF_INET && kernel4 != null;
            value.set(fd, ipv4 ? kernel4 : kernel, v);
            if (domain == Consts.AF_INET6 && kernel4 != null) {
                value.setIpv4OfIpv6(fd, kernel4, v);
            }
        }

        /** Gets the option of a socket whose number stays open during the call. */
        public Object get(int fd, int domain) throws IOException {
            return value.get(fd, domain == Consts.AF_INET && kernel4 != null ? kernel4 : kernel);
        }
    }

    /** The kernel's name of an option: setsockopt(2)'s level and optname. */
    record Name(int level, int name) {
    }

    private static final List<Row> TABLE = new ArrayList<>();

    private static void row(SocketOption<?> option, OptionValue value, Name kernel, Name kernel4, Kind... kinds) {
        if (option != null) {
            TABLE.add(new Row(option, value, kernel, kernel4, Set.of(kinds)));
        }
    }

    private static void socket(SocketOption<?> option, OptionValue value, int name, Kind... kinds) {
        row(option, value, new Name(Consts.SOL_SOCKET, name), null, kinds);
    }

    private static void tcp(SocketOption<?> option, OptionValue value, int name, Kind... kinds) {
        row(option, value, new Name(Consts.IPPROTO_TCP, name), null, kinds);
    }

    private static void ip(SocketOption<?> option, OptionValue value, int name6, int name4, Kind... kinds) {
        row(option, value, new Name(Consts.IPPROTO_IPV6, name6), new Name(Consts.IPPROTO_IP, name4), kinds);
    }

    static {
        Kind s = Kind.STREAM;
        Kind l = Kind.LISTENER;
        Kind d = Kind.DATAGRAM;
        Kind us = Kind.UNIX_STREAM;
        Kind ul = Kind.UNIX_LISTENER;
        socket(SO_RCVBUF, OptionValue.RECEIVE_BUFFER, Consts.SO_RCVBUF, s, l, d, us, ul);
        socket(SO_SNDBUF, OptionValue.SEND_BUFFER, Consts.SO_SNDBUF, s, d, us);
        socket(SO_REUSEADDR, OptionValue.BOOL, Consts.SO_REUSEADDR, s, l, d);
        socket(SO_REUSEPORT, OptionValue.BOOL, Consts.SO_REUSEPORT, s, l, d);
        socket(SO_KEEPALIVE, OptionValue.BOOL, Consts.SO_KEEPALIVE, s);
        socket(SO_BROADCAST, OptionValue.BOOL, Consts.SO_BROADCAST, d);
        socket(SO_LINGER, OptionValue.LINGER, Consts.SO_LINGER, s, us);
        tcp(TCP_NODELAY, OptionValue.BOOL, Consts.TCP_NODELAY, s);
        ip(IP_TOS, OptionValue.TOS, Consts.IPV6_TCLASS, Consts.IP_TOS, s, d);
        ip(IP_MULTICAST_IF, OptionValue.INTERFACE, Consts.IPV6_MULTICAST_IF, Consts.IP_MULTICAST_IF, d);
        ip(IP_MULTICAST_TTL, OptionValue.TTL, Consts.IPV6_MULTICAST_HOPS, Consts.IP_MULTICAST_TTL, d);
        ip(IP_MULTICAST_LOOP, OptionValue.BOOL, Consts.IPV6_MULTICAST_LOOP, Consts.IP_MULTICAST_LOOP, d);

        tcp(extended("TCP_QUICKACK"), OptionValue.BOOL, Consts.TCP_QUICKACK, s, l);
        tcp(extended("TCP_KEEPIDLE"), OptionValue.INT, Consts.TCP_KEEPIDLE, s, l);
        tcp(extended("TCP_KEEPINTERVAL"), OptionValue.INT, Consts.TCP_KEEPINTVL, s, l);
        tcp(extended("TCP_KEEPCOUNT"), OptionValue.INT, Consts.TCP_KEEPCNT, s, l);
        socket(extended("SO_INCOMING_NAPI_ID"), OptionValue.NAPI_ID, Consts.SO_INCOMING_NAPI_ID, s, l, d);
        ip(extended("IP_DONTFRAGMENT"), OptionValue.DONT_FRAGMENT, Consts.IPV6_MTU_DISCOVER, Consts.IP_MTU_DISCOVER, d);
        socket(extended("SO_PEERCRED"), OptionValue.PEER_CREDENTIALS, Consts.SO_PEERCRED, us);
    }

    /** An option of the module jdk.net; null if this JDK's has it not, or the run-time image lacks the module. */
    private static SocketOption<?> extended(String name) {
        try {
            return (SocketOption<?>) Class.forName("jdk.net.ExtendedSocketOptions").getField(name).get(null);
        } catch (ReflectiveOperationException absent) {
            return null;
        }
    }

    private static final Map<Kind, Options> BY_KIND = new EnumMap<>(Kind.class);

    static {
        for (Kind kind : Kind.values()) {
            BY_KIND.put(kind, new Options(kind));
        }
    }

    static final Options STREAM = BY_KIND.get(Kind.STREAM);
    static final Options LISTENER = BY_KIND.get(Kind.LISTENER);
    static final Options DATAGRAM = BY_KIND.get(Kind.DATAGRAM);
    public static final Options UNIX_STREAM = BY_KIND.get(Kind.UNIX_STREAM);
    public static final Options UNIX_LISTENER = BY_KIND.get(Kind.UNIX_LISTENER);

    private final Map<SocketOption<?>, Row> rows = new LinkedHashMap<>();
    private final Set<SocketOption<?>> supported = Collections.unmodifiableSet(rows.keySet());

    private Options(Kind kind) {
        for (Row row : TABLE) {
            if (row.kinds.contains(kind)) {
                rows.put(row.option, row);
            }
        }
    }

    /**
     * The row of an option.
     *
     * @throws NullPointerException if the option is null
     * @throws UnsupportedOperationException if this kind of channel has it not
     */
    public Row require(SocketOption<?> option) {
        java.util.Objects.requireNonNull(option);
        Row row = rows.get(option);
        if (row == null) {
            throw new UnsupportedOperationException("'" + option + "' not supported");
        }
        return row;
    }

    /** The options, unmodifiable; the same set each time. */
    public Set<SocketOption<?>> supported() {
        return supported;
    }
}
