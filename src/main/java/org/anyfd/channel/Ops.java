package org.anyfd.channel;

import static java.nio.channels.SelectionKey.OP_ACCEPT;
import static java.nio.channels.SelectionKey.OP_CONNECT;
import static java.nio.channels.SelectionKey.OP_READ;
import static java.nio.channels.SelectionKey.OP_WRITE;
import static org.anyfd.sys.Consts.POLLERR;
import static org.anyfd.sys.Consts.POLLHUP;
import static org.anyfd.sys.Consts.POLLIN;
import static org.anyfd.sys.Consts.POLLOUT;

/** Internal. NIO's operation bits and poll(2)'s event bits, each in terms of the other. */
public final class Ops {
    private Ops() {
    }

    public static int events(int ops) {
        return ((ops & (OP_READ | OP_ACCEPT)) != 0 ? POLLIN : 0) | ((ops & (OP_WRITE | OP_CONNECT)) != 0 ? POLLOUT : 0);
    }

    /**
     * The operations in {@code interest} that are ready. An error or a hang-up makes all of them ready: each will tell
     * the program what happened, and a pipe's end-of-stream shows as POLLHUP alone.
     */
    public static int ready(int events, int interest) {
        if ((events & (POLLERR | POLLHUP)) != 0) {
            return interest;
        }
        int in = (events & POLLIN) != 0 ? OP_READ | OP_ACCEPT : 0;
        int out = (events & POLLOUT) != 0 ? OP_WRITE | OP_CONNECT : 0;
        return interest & (in | out);
    }
}
