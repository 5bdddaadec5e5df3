package org.anyfd.poll;

import java.io.IOException;

/** What the contract of {@link Poller} is tested with, whichever the property names. */
enum Backend {
    EPOLL {
        @Override
        Poller open() throws IOException {
            return EpollPoller.create();
        }
    },
    POLL {
        @Override
        Poller open() throws IOException {
            return new PollPoller(Waker.open());
        }
    };

    abstract Poller open() throws IOException;
}
