package org.anyfd.channel;

import static java.nio.channels.SelectionKey.OP_READ;
import static java.nio.channels.SelectionKey.OP_WRITE;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import jnr.enxio.channels.NativeSelectableChannel;
import org.anyfd.sys.Consts;
import org.anyfd.testing.Descriptors;
import org.anyfd.testing.Raw;
import org.opentest4j.TestAbortedException;

/**
 * Descriptors of every kind in every state that can be had without privileges, and what poll(2) and epoll_wait(2) say
 * of them when asked for input and output. The events in the comments are those that Linux reports. Not here are
 * /dev/console and /dev/kmsg, which are not for everyone.
 */
enum Specimen {
    PIPE_EMPTY(0) {
        @Override
        int make(Descriptors fds) throws IOException {
            return fds.pipe().first();
        }
    },
    /** IN. */
    PIPE_WITH_DATA(OP_READ) {
        @Override
        int make(Descriptors fds) throws IOException {
            Raw.Pair pipe = fds.pipe();
            Raw.write(pipe.second(), (byte) 1);
            return pipe.first();
        }
    },
    /** IN and HUP. */
    PIPE_WITH_DATA_WRITER_GONE(OP_READ) {
        @Override
        int make(Descriptors fds) throws IOException {
            Raw.Pair pipe = fds.pipe();
            Raw.write(pipe.second(), (byte) 1);
            fds.close(pipe.second());
            return pipe.first();
        }
    },
    /** HUP alone. */
    PIPE_EMPTY_WRITER_GONE(OP_READ) {
        @Override
        int make(Descriptors fds) throws IOException {
            Raw.Pair pipe = fds.pipe();
            fds.close(pipe.second());
            return pipe.first();
        }
    },
    PIPE_WITH_ROOM(OP_WRITE) {
        @Override
        int make(Descriptors fds) throws IOException {
            return fds.pipe().second();
        }
    },
    PIPE_FULL(0) {
        @Override
        int make(Descriptors fds) throws IOException {
            return full(fds.pipe().second());
        }
    },
    /** OUT and ERR. */
    PIPE_READER_GONE(OP_WRITE) {
        @Override
        int make(Descriptors fds) throws IOException {
            Raw.Pair pipe = fds.pipe();
            fds.close(pipe.first());
            return pipe.second();
        }
    },
    /** ERR alone. */
    PIPE_FULL_READER_GONE(OP_WRITE) {
        @Override
        int make(Descriptors fds) throws IOException {
            Raw.Pair pipe = fds.pipe();
            full(pipe.second());
            fds.close(pipe.first());
            return pipe.second();
        }
    },
    MASTER_IDLE(OP_WRITE) {
        @Override
        int make(Descriptors fds) throws IOException {
            return fds.pty().first();
        }
    },
    MASTER_BEFORE_A_SLAVE(OP_WRITE) {
        @Override
        int make(Descriptors fds) throws IOException {
            return fds.closing(Raw.ptyMaster());
        }
    },
    /** OUT and HUP. */
    MASTER_SLAVE_CLOSED(OP_READ | OP_WRITE) {
        @Override
        int make(Descriptors fds) throws IOException {
            Raw.Pair pty = fds.pty();
            fds.close(pty.second());
            return pty.first();
        }
    },
    TERMINAL_IDLE(OP_WRITE) {
        @Override
        int make(Descriptors fds) throws IOException {
            return fds.pty().second();
        }
    },
    TERMINAL_WITH_INPUT(OP_READ | OP_WRITE) {
        @Override
        int make(Descriptors fds) throws IOException {
            Raw.Pair pty = fds.pty();
            Raw.write(pty.first(), (byte) 1);
            return pty.second();
        }
    },
    /** IN, OUT, ERR and HUP. */
    TERMINAL_MASTER_CLOSED(OP_READ | OP_WRITE) {
        @Override
        int make(Descriptors fds) throws IOException {
            Raw.Pair pty = fds.pty();
            fds.close(pty.first());
            return pty.second();
        }
    },
    /** epoll refuses it; poll(2) says IN and OUT. */
    REGULAR_FILE(OP_READ | OP_WRITE) {
        @Override
        int make(Descriptors fds) throws IOException {
            return fds.closing(Raw.memfd());
        }
    },
    FILE_FOR_READING(OP_READ) {
        @Override
        int make(Descriptors fds) throws IOException {
            return device(fds, "/proc/self/exe", Consts.O_RDONLY);
        }
    },
    DIRECTORY(OP_READ) {
        @Override
        int make(Descriptors fds) throws IOException {
            return device(fds, "/", Consts.O_RDONLY);
        }
    },
    NULL(OP_READ | OP_WRITE) {
        @Override
        int make(Descriptors fds) throws IOException {
            return device(fds, "/dev/null", Consts.O_RDWR);
        }
    },
    ZERO(OP_READ | OP_WRITE) {
        @Override
        int make(Descriptors fds) throws IOException {
            return device(fds, "/dev/zero", Consts.O_RDWR);
        }
    },
    FULL(OP_READ | OP_WRITE) {
        @Override
        int make(Descriptors fds) throws IOException {
            return device(fds, "/dev/full", Consts.O_RDWR);
        }
    },
    URANDOM(OP_READ) {
        @Override
        int make(Descriptors fds) throws IOException {
            return device(fds, "/dev/urandom", Consts.O_RDONLY);
        }
    },
    RANDOM(OP_READ) {
        @Override
        int make(Descriptors fds) throws IOException {
            return device(fds, "/dev/random", Consts.O_RDONLY);
        }
    },
    PROC_STAT(OP_READ) {
        @Override
        int make(Descriptors fds) throws IOException {
            return device(fds, "/proc/self/stat", Consts.O_RDONLY);
        }
    },
    PROC_MOUNTS(OP_READ) {
        @Override
        int make(Descriptors fds) throws IOException {
            return device(fds, "/proc/self/mounts", Consts.O_RDONLY);
        }
    },
    /** IN, OUT, PRI and ERR. */
    SYSFS(OP_READ) {
        @Override
        int make(Descriptors fds) throws IOException {
            return device(fds, "/sys/kernel/uevent_seqnum", Consts.O_RDONLY);
        }
    },
    /** As {@link #SYSFS}. */
    PRESSURE(OP_READ) {
        @Override
        int make(Descriptors fds) throws IOException {
            return device(fds, "/proc/pressure/cpu", Consts.O_RDONLY);
        }
    },
    PTMX(OP_WRITE) {
        @Override
        int make(Descriptors fds) throws IOException {
            return device(fds, "/dev/ptmx", Consts.O_RDWR | Consts.O_NOCTTY);
        }
    },
    /** ERR alone, until it is configured. Its open needs a device node that anyone may open. */
    TUN(OP_READ | OP_WRITE) {
        @Override
        int make(Descriptors fds) throws IOException {
            return device(fds, "/dev/net/tun", Consts.O_RDWR);
        }
    },
    /** ERR alone, until it is mounted. */
    FUSE(OP_READ | OP_WRITE) {
        @Override
        int make(Descriptors fds) throws IOException {
            return device(fds, "/dev/fuse", Consts.O_RDWR);
        }
    },
    EVENTFD_ZERO(OP_WRITE) {
        @Override
        int make(Descriptors fds) throws IOException {
            return fds.closing(Raw.eventfd(0));
        }
    },
    EVENTFD_ONE(OP_READ | OP_WRITE) {
        @Override
        int make(Descriptors fds) throws IOException {
            return fds.closing(Raw.eventfd(1));
        }
    },
    EVENTFD_FULL(OP_READ) {
        @Override
        int make(Descriptors fds) throws IOException {
            int number = fds.closing(Raw.eventfd(0));
            Raw.write(number, ByteBuffer.allocate(8).order(ByteOrder.nativeOrder()).putLong(-2).array());
            return number;
        }
    },
    TIMER_UNSET(0) {
        @Override
        int make(Descriptors fds) throws IOException {
            return fds.closing(Raw.timerfd());
        }
    },
    TIMER_EXPIRED(OP_READ) {
        @Override
        int make(Descriptors fds) throws IOException {
            int number = fds.closing(Raw.timerfd());
            Raw.expire(number);
            return number;
        }
    },
    INOTIFY_IDLE(0) {
        @Override
        int make(Descriptors fds) throws IOException {
            return fds.closing(Raw.inotify());
        }
    },
    INOTIFY_EVENT(OP_READ) {
        @Override
        int make(Descriptors fds) throws IOException {
            Path directory = Files.createTempDirectory("anyfd-test");
            int number = fds.closing(Raw.inotify());
            Raw.watch(number, directory);
            Files.delete(Files.createFile(directory.resolve("file")));
            Files.delete(directory);
            return number;
        }
    },
    PROCESS_ALIVE(0) {
        @Override
        int make(Descriptors fds) throws IOException {
            return fds.closing(Raw.pidfd(process(fds).pid()));
        }
    },
    /** IN, and HUP once the JDK has reaped it. */
    PROCESS_GONE(OP_READ | OP_WRITE) {
        @Override
        int make(Descriptors fds) throws IOException {
            Process process = process(fds);
            int number = fds.closing(Raw.pidfd(process.pid()));
            process.destroyForcibly();
            return number;
        }
    },
    EPOLL_IDLE(0) {
        @Override
        int make(Descriptors fds) throws IOException {
            return fds.closing(Raw.epoll());
        }
    },
    EPOLL_WITH_SOMETHING_READY(OP_READ) {
        @Override
        int make(Descriptors fds) throws IOException {
            int number = fds.closing(Raw.epoll());
            Raw.epollAdd(number, fds.closing(Raw.eventfd(1)));
            return number;
        }
    },
    SEQPACKET_IDLE(OP_WRITE) {
        @Override
        int make(Descriptors fds) throws IOException {
            return fds.closing(Raw.sockets(Consts.SOCK_SEQPACKET)).first();
        }
    },
    /** IN, OUT and HUP. */
    SEQPACKET_PEER_CLOSED(OP_READ | OP_WRITE) {
        @Override
        int make(Descriptors fds) throws IOException {
            Raw.Pair pair = fds.closing(Raw.sockets(Consts.SOCK_SEQPACKET));
            fds.close(pair.second());
            return pair.first();
        }
    },
    UNIX_DATAGRAM(OP_WRITE) {
        @Override
        int make(Descriptors fds) throws IOException {
            return fds.closing(Raw.socket(Consts.AF_UNIX, Consts.SOCK_DGRAM));
        }
    },
    UDP(OP_WRITE) {
        @Override
        int make(Descriptors fds) throws IOException {
            return fds.closing(Raw.socket(Consts.AF_INET, Consts.SOCK_DGRAM));
        }
    },
    NETLINK(OP_WRITE) {
        @Override
        int make(Descriptors fds) throws IOException {
            return fds.closing(Raw.socket(AF_NETLINK, Consts.SOCK_DGRAM));
        }
    },
    /** OUT and HUP. */
    TCP_NEVER_CONNECTED(OP_READ | OP_WRITE) {
        @Override
        int make(Descriptors fds) throws IOException {
            return fds.closing(Raw.socket(Consts.AF_INET, Consts.SOCK_STREAM));
        }
    },
    TCP_IDLE(OP_WRITE) {
        @Override
        int make(Descriptors fds) throws IOException {
            return connected(fds, false);
        }
    },
    /** IN, OUT, ERR and HUP. */
    TCP_RESET(OP_READ | OP_WRITE) {
        @Override
        int make(Descriptors fds) throws IOException {
            return connected(fds, true);
        }
    };

    private static final int AF_NETLINK = 16;

    /** What is ready, of that for which the descriptor is open. */
    final int ready;

    Specimen(int ready) {
        this.ready = ready;
    }

    /** Makes one, to be closed after the test. A state may need a moment to show. */
    abstract int make(Descriptors fds) throws IOException;

    private static int full(int writeEnd) throws IOException {
        byte[] page = new byte[Consts.PIPE_BUF];
        while ((Raw.poll(writeEnd) & Consts.POLLOUT) != 0) {
            Raw.write(writeEnd, page);
        }
        return writeEnd;
    }

    private static int device(Descriptors fds, String name, int flags) {
        try {
            return fds.closing(Raw.open(Path.of(name), flags));
        } catch (IOException e) {
            throw new TestAbortedException("this machine has none: " + e.getMessage());
        }
    }

    /** One that waits for input until it is closed or killed. */
    private static Process process(Descriptors fds) throws IOException {
        Process process = new ProcessBuilder("cat").start();
        fds.closing(() -> {
            process.destroyForcibly();
            process.getOutputStream().close();
            process.getInputStream().close();
            process.getErrorStream().close();
        });
        return process;
    }

    /** A duplicate of the accepted end of a connection. */
    private static int connected(Descriptors fds, boolean reset) throws IOException {
        try (ServerSocketChannel listener = ServerSocketChannel.open()) {
            listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            SocketChannel client = fds.closing(SocketChannel.open(listener.getLocalAddress()));
            try (SocketChannel accepted = listener.accept()) {
                int number = fds.closing(Raw.dup(((NativeSelectableChannel) accepted).getFD()));
                if (reset) {
                    client.setOption(StandardSocketOptions.SO_LINGER, 0);
                    client.close();
                }
                return number;
            }
        }
    }
}
