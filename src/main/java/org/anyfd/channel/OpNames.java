package org.anyfd.channel;

import java.nio.channels.SelectionKey;
import java.util.StringJoiner;
import org.anyfd.sys.Consts;

/** Internal. Operations and events as people read them. */
public final class OpNames {
    private record Bit(int bit, String name) {
    }

    private static final Bit[] OPS = {
        new Bit(SelectionKey.OP_READ, "OP_READ"),
        new Bit(SelectionKey.OP_WRITE, "OP_WRITE"),
        new Bit(SelectionKey.OP_CONNECT, "OP_CONNECT"),
        new Bit(SelectionKey.OP_ACCEPT, "OP_ACCEPT"),
        new Bit(Ops.PRIORITY, "PRIORITY"),
        new Bit(Ops.PEER_CLOSED, "PEER_CLOSED"),
        new Bit(Ops.EDGE, "EDGE"),
        new Bit(Ops.ONESHOT, "ONESHOT"),
        new Bit(Ops.EXCLUSIVE, "EXCLUSIVE"),
    };
    private static final Bit[] EVENTS = {
        new Bit(Consts.POLLIN, "POLLIN"),
        new Bit(Consts.POLLOUT, "POLLOUT"),
        new Bit(Consts.POLLPRI, "POLLPRI"),
        new Bit(Consts.POLLRDHUP, "POLLRDHUP"),
        new Bit(Consts.EPOLLET, "EPOLLET"),
        new Bit(Consts.EPOLLONESHOT, "EPOLLONESHOT"),
        new Bit(Consts.EPOLLEXCLUSIVE, "EPOLLEXCLUSIVE"),
    };

    private OpNames() {
    }

    /** Such as {@code OP_READ|ONESHOT}; 0 for none. */
    public static String ofOps(int ops) {
        return names(ops, OPS);
    }

    /** What a kernel is asked to watch, such as {@code POLLIN|EPOLLET}; 0 for nothing. */
    public static String ofEvents(int events) {
        return names(events, EVENTS);
    }

    private static String names(int bits, Bit[] table) {
        StringJoiner names = new StringJoiner("|").setEmptyValue("0");
        int unnamed = bits;
        for (Bit row : table) {
            if ((bits & row.bit) != 0) {
                names.add(row.name);
                unnamed &= ~row.bit;
            }
        }
        return unnamed == 0 ? names.toString() : names.add("0x" + Integer.toHexString(unnamed)).toString();
    }
}
