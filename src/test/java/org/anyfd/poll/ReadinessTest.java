package org.anyfd.poll;

import static org.anyfd.sys.Consts.POLLERR;
import static org.anyfd.sys.Consts.POLLHUP;
import static org.anyfd.sys.Consts.POLLIN;
import static org.anyfd.sys.Consts.POLLOUT;
import static org.anyfd.sys.Consts.POLLPRI;
import static org.anyfd.sys.Consts.POLLRDHUP;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.anyfd.sys.Consts;
import org.anyfd.sys.Scratch;
import org.anyfd.sys.Sys;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** What both backends report of each kind of file in each state that can be had without privileges. */
@ParameterizedClass
@EnumSource(Backend.class)
@Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ReadinessTest {
    private static final int ALL = POLLIN | POLLOUT | POLLPRI | POLLRDHUP;
    /** {@code <asm-generic/ioctls.h>}: unlocks the slave of a pty master. */
    private static final long TIOCSPTLCK = 0x40045431;

    @Order(1)
    @RegisterExtension
    final Descriptors fds = new Descriptors();
    @Order(2)
    @RegisterExtension
    final Watching watching;
    @TempDir
    Path folder;

    ReadinessTest(Backend backend) {
        this.watching = new Watching(backend);
    }

    private void assertReady(int expected, int fd) throws IOException {
        assertReady(expected, fd, ALL);
    }

    private void assertReady(int expected, int fd, int asked) throws IOException {
        watching.add(fd, fd, asked);
        Map<Long, Integer> seen = watching.look();
        watching.remove(fd, fd, asked);
        assertEquals(expected == 0 ? Map.of() : Map.of((long) fd, expected), seen);
    }

    @Test
    void pipeReadEnd() throws IOException {
        Descriptors.Ends pipe = fds.pipe();
        assertReady(0, pipe.read());
        Descriptors.write(pipe.write(), 1);
        assertReady(POLLIN, pipe.read());
        fds.close(pipe.write());
        assertReady(POLLIN | POLLHUP, pipe.read());
        Descriptors.read(pipe.read(), 1);
        assertReady(POLLHUP, pipe.read());
    }

    @Test
    void pipeWriteEnd() throws IOException {
        Descriptors.Ends pipe = fds.pipe();
        assertReady(POLLOUT, pipe.write());
        while (Descriptors.write(pipe.write(), Scratch.SMALL) > 0) {
            // until it is full
        }
        assertReady(0, pipe.write());
        Descriptors.read(pipe.read(), Scratch.SMALL);
        assertReady(POLLOUT, pipe.write());
        fds.close(pipe.read());
        assertReady(POLLOUT | POLLERR, pipe.write());
    }

    @Test
    void eventfd() throws IOException {
        int counter = fds.eventfd(0);
        assertReady(POLLOUT, counter);
        Descriptors.add(counter, 1);
        assertReady(POLLIN | POLLOUT, counter);
        Descriptors.read(counter, Long.BYTES);
        Descriptors.add(counter, -1);
        assertReady(POLLIN, counter);
    }

    @Test
    void epollDescriptor() throws IOException {
        assertReady(0, fds.epoll());
    }

    @Test
    void filesAndFoldersAreAlwaysReady() throws IOException {
        assertReady(POLLIN | POLLOUT, fds.file(Files.createFile(folder.resolve("file"))), POLLIN | POLLOUT);
        assertReady(POLLIN, fds.file(folder), POLLIN);
    }

    @Test
    void devicesWithoutAStateAreAlwaysReady() throws IOException {
        for (String name : new String[] {"/dev/null", "/dev/zero", "/dev/full", "/dev/urandom", "/proc/self/stat"}) {
            assertReady(POLLIN | POLLOUT, fds.open(name, Consts.O_RDONLY), POLLIN | POLLOUT);
        }
    }

    @Test
    void devicesWithAStateTellIt() throws IOException {
        assertReady(POLLIN, fds.open("/dev/random", Consts.O_RDONLY), POLLIN);
        assertReady(POLLIN, fds.open("/proc/self/mounts", Consts.O_RDONLY), POLLIN);
    }

    @Test
    void terminal() throws IOException {
        int master = fds.open("/dev/ptmx", Consts.O_RDWR | Consts.O_NOCTTY | Consts.O_NONBLOCK);
        assertReady(POLLOUT, master);
        int slave = fds.open(slaveOf(master), Consts.O_RDWR | Consts.O_NOCTTY | Consts.O_NONBLOCK);
        assertReady(POLLOUT, master);
        assertReady(POLLOUT, slave);
        Descriptors.write(slave, 1);
        assertReady(POLLIN | POLLOUT, master);
        Descriptors.read(master, 100);
        fds.close(slave);
        assertReady(POLLOUT | POLLHUP, master);
    }

    @Test
    void terminalWithoutItsMaster() throws IOException {
        int master = fds.open("/dev/ptmx", Consts.O_RDWR | Consts.O_NOCTTY);
        int slave = fds.open(slaveOf(master), Consts.O_RDWR | Consts.O_NOCTTY);
        fds.close(master);
        assertReady(POLLIN | POLLOUT | POLLERR | POLLHUP, slave);
    }

    private static String slaveOf(int master) {
        Scratch s = Scratch.take();
        try {
            s.small().putInt(0, 0);
            assertEquals(0, Sys.ioctl(master, TIOCSPTLCK, s.smallAddress()));
            assertEquals(0, Sys.ioctl(master, Consts.TIOCGPTN & 0xFFFFFFFFL, s.smallAddress()));
            return "/dev/pts/" + s.small().getInt(0);
        } finally {
            s.give();
        }
    }

    @Test
    void socketsThatAreNotConnected() throws IOException {
        assertReady(POLLOUT | POLLHUP, fds.socket(Consts.AF_INET, Consts.SOCK_STREAM));
        assertReady(POLLOUT, fds.socket(Consts.AF_INET, Consts.SOCK_DGRAM));
        assertReady(POLLOUT, fds.socket(Consts.AF_UNIX, Consts.SOCK_DGRAM));
    }

    @Test
    void connectedSockets() throws IOException {
        for (int type : new int[] {Consts.SOCK_STREAM, Consts.SOCK_SEQPACKET}) {
            Descriptors.Ends pair = fds.connected(type);
            assertReady(POLLOUT, pair.read());
            Descriptors.write(pair.write(), 1);
            assertReady(POLLIN | POLLOUT, pair.read());
            Descriptors.read(pair.read(), 1);
            fds.close(pair.write());
            assertReady(POLLIN | POLLOUT | POLLHUP | POLLRDHUP, pair.read());
        }
    }
}
