package org.anyfd;

import java.util.List;

/**
 * The selectors of this JVM and what they watch: the MBean {@code org.anyfd:type=Selectors}. It is there if the program
 * is started with {@code -Dorg.anyfd.jmx=true}, from the first selector on, or once it has called
 * {@link Selectors#register}.
 *
 * <p>Whoever asks waits for no selection and disturbs none. What the answer says of each key was so at some moment while it
 * was put together.
 */
public interface SelectorsMXBean {
    /** An open selector. */
    interface Selector {
        /** What {@code toString} calls it, without what changes. */
        String getName();

        /** {@code epoll fd 7} or {@code poll}. */
        String getBackend();

        /** How many channels are registered, with those whose cancelled keys wait for the next selection. */
        int getKeyCount();
    }

    /** A valid key. */
    interface Key {
        /** The name of its selector. */
        String getSelector();

        /** The number of the descriptor. */
        int getFd();

        /** The kind of channel, such as {@code SocketChannel} or {@code FdChannel}. */
        String getKind();

        /** Addresses, path or what else there is to say: what the channel's {@code toString} has. */
        String getTarget();

        /** The interest, such as {@code OP_READ|OP_WRITE}; 0 for none. */
        String getInterestOps();

        /**
         * What the kernel watches, as poll(2) and epoll_ctl(2) call it. It follows the interest with the next selection. It
         * may be more, with EPOLLET, for a channel whose interest goes on and off.
         */
        String getArmed();

        /** What was ready when it was last selected. */
        String getReadyOps();

        /**
         * For how many milliseconds its channel was not ready for anything of interest: since it was last selected, was
         * registered, or this bean was registered, whichever was last.
         */
        long getIdleMillis();
    }

    /** The open selectors. */
    List<Selector> getSelectors();

    /** The keys of all selectors. */
    List<Key> getKeys();
}
