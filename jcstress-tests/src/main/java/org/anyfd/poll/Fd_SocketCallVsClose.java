package org.anyfd.poll;

import java.io.IOException;
import org.anyfd.Termination;
import org.anyfd.Window;
import org.anyfd.sys.Consts;
import org.anyfd.sys.Errno;
import org.anyfd.sys.Layouts;
import org.anyfd.sys.Scratch;
import org.anyfd.sys.Sockets;
import org.anyfd.sys.Sys;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Mode;
import org.openjdk.jcstress.annotations.Signal;
import org.openjdk.jcstress.annotations.State;

/**
 * A thread goes into recv(2) on a silent socket, to wait there, while another closes the descriptor. It returns. The
 * sockets have SO_RCVTIMEO, so that a thread that is left there comes back, as an ERROR.
 *
 * <pre>
 * mvn -f jcstress-tests verify -Draces.only=Fd_SocketCallVsClose
 *
 *                      Real         Twin
 *   ERROR                 -            3
 *   TERMINATED          282            7
 * </pre>
 */
public class Fd_SocketCallVsClose {
    private static final int SO_RCVTIMEO = 20;

    /** One end of a socket pair of which nobody uses the other. */
    private static final class Silent {
        final Fd fd;
        private final int peer;

        Silent() {
            Scratch s = Scratch.take();
            try {
                Sockets.socketpair(Consts.AF_UNIX, Consts.SOCK_STREAM | Consts.SOCK_CLOEXEC, 0, s.smallAddress());
                fd = Fd.own(s.small().getInt(0));
                peer = s.small().getInt(4);
                s.small().putLong(Layouts.TIMESPEC_SEC, 0);
                s.small().putLong(Layouts.TIMESPEC_NSEC, Patience.MILLIS * 1000L); // a timeval: microseconds
                Sys.setsockopt(fd.number(), Consts.SOL_SOCKET, SO_RCVTIMEO, s.smallAddress(), Layouts.TIMESPEC);
            } finally {
                s.give();
            }
        }

        void receive() throws IOException {
            Scratch s = Scratch.take();
            try {
                if (Sys.recv(fd.number(), s.smallAddress(), 1, 0) == -Errno.EAGAIN) {
                    throw new IOException("nobody woke the thread");
                }
            } finally {
                s.give();
            }
        }

        void closePeer() {
            Sys.close(peer);
        }
    }

    @JCStressTest(Mode.Termination)
    @State
    public static class Real extends Termination {
        final Silent silent = new Silent();

        @Actor
        public void actor() throws IOException {
            arrive();
            try {
                if (silent.fd.acquire()) {
                    try {
                        receive();
                    } finally {
                        silent.fd.release();
                    }
                }
            } finally {
                silent.closePeer();
            }
        }

        void receive() throws IOException {
            if (silent.fd.enterSocketCall()) {
                try {
                    silent.receive();
                } finally {
                    silent.fd.leaveSocketCall();
                }
            }
        }

        @Signal
        public void signal() {
            arrive();
            silent.fd.close();
        }
    }

    /** Broken: looks whether it is open, and then goes in. */
    @JCStressTest(Mode.Termination)
    @State
    public static class Twin extends Real {
        @Override
        void receive() throws IOException {
            if (silent.fd.isOpen()) {
                Window.widenFar();
                silent.receive();
            }
        }

        @Override
        @Actor
        public void actor() throws IOException {
            super.actor();
        }

        @Override
        @Signal
        public void signal() {
            super.signal();
        }
    }
}
