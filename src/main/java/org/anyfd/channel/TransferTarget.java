package org.anyfd.channel;

import java.io.IOException;

/** Internal. A channel into which the kernel can move bytes from another descriptor. */
public interface TransferTarget {
    /**
     * Runs a transfer as if it were a write: under the channel's write lock, after its checks, waiting for room in
     * blocking mode.
     *
     * @param count how many bytes it is to move
     * @return how many it moved: fewer at the end of the source, or in non-blocking mode
     * @throws IOException as a write does
     */
    long transfer(Transfer transfer, long count) throws IOException;

    /** A transfer from another descriptor, made by system calls that do not wait. */
    interface Transfer {
        /**
         * Makes one call.
         *
         * @param fd this channel's number, under a reference
         * @param done how many bytes were moved before
         * @return the number of bytes, 0 at the end of the source, or -errno; EAGAIN only if there is no room here
         */
        long attempt(int fd, long done);
    }
}
