package org.anyfd.channel;

import java.io.IOException;

/**
 * Internal. A Unix socket whose messages can carry more than bytes. Any thread may call any method; the calls take turns
 * with the channel's other reads and writes.
 */
public interface MessageSocket {
    /**
     * Runs a call that sends, in blocking mode until it does not give up with EAGAIN.
     *
     * @return n >= 0, or -EAGAIN in non-blocking mode
     */
    int send(Io.Call call) throws IOException;

    /** Runs a call that receives, as {@link #send}; 0 at end-of-stream. */
    int receive(Io.Call call) throws IOException;
}
