package org.anyfd.channel;

import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import org.anyfd.poll.Fd;

/** Short system calls on a descriptor's number, made under a reference. */
final class Numbered {
    interface Use {
        void with(int number) throws IOException;
    }

    private Numbered() {
    }

    /**
     * Runs the calls.
     *
     * @throws ClosedChannelException if the descriptor is closed already
     */
    static void use(Fd fd, Use use) throws IOException {
        if (!fd.acquire()) {
            throw new ClosedChannelException();
        }
        try {
            use.with(fd.number());
        } finally {
            fd.release();
        }
    }
}
