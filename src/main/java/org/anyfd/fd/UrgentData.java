package org.anyfd.fd;

import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.NotYetConnectedException;
import java.nio.channels.SocketChannel;
import org.anyfd.channel.NativeSocketChannel;
import org.anyfd.sys.Consts;
import org.anyfd.sys.Errno;
import org.anyfd.sys.Scratch;
import org.anyfd.sys.Sys;

/**
 * TCP's urgent data, one byte at a time, apart from the stream: recv(2) with MSG_OOB, tcp(7). It is sent by
 * {@link java.net.Socket#sendUrgentData}, and its arrival makes a key ready for {@code org.anyfd.ExtendedOps.PRIORITY}.
 *
 * <p>A program that asks for {@link java.net.Socket#setOOBInline} finds the byte in the stream instead.
 */
public final class UrgentData {
    private UrgentData() {
    }

    /**
     * Takes the urgent byte, of which there is at most one: a second that arrives takes the place of the first. Never
     * waits, in either blocking mode; any thread may call, also while another reads.
     *
     * @return the byte, from 0 to 255, or -1 if there is none, it was taken already, or it is in the stream
     * @throws IllegalArgumentException if it is no channel of anyfd
     * @throws NotYetConnectedException if it is not connected
     * @throws ClosedChannelException if it is closed
     * @throws IOException if the kernel refuses: EOPNOTSUPP of a Unix-domain socket before Linux 5.15
     */
    public static int take(SocketChannel channel) throws IOException {
        if (!(channel instanceof NativeSocketChannel ours)) {
            throw new IllegalArgumentException("not a channel of anyfd: " + channel);
        }
        if (ours.isOpen() && !ours.isConnected()) {
            throw new NotYetConnectedException();
        }
        if (!ours.fd().acquire()) {
            throw new ClosedChannelException();
        }
        try {
            return receive(ours.fd().number());
        } finally {
            ours.fd().release();
        }
    }

    private static int receive(int number) throws IOException {
        Scratch s = Scratch.take();
        try {
            int n = (int) Sys.recv(number, s.smallAddress(), 1, Consts.MSG_OOB | Consts.MSG_DONTWAIT);
            // None, taken before, or left in the stream: EINVAL. Announced and still on its way: EAGAIN.
            if (n < 0 && n != -Errno.EINVAL && n != -Errno.EAGAIN) {
                throw Errno.failed("recv(fd " + number + ", MSG_OOB)", -n);
            }
            return n == 1 ? s.small().get(0) & 0xFF : -1;
        } finally {
            s.give();
        }
    }
}
