package org.anyfd.it;

import java.nio.channels.SelectableChannel;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import jnr.ffi.LibraryLoader;
import jnr.ffi.Memory;
import jnr.ffi.Pointer;
import jnr.ffi.Runtime;
import org.anyfd.channel.Selectable;

/**
 * What the kernel knows of a descriptor, asked without the provider: by it the sequence waits until the loopback has
 * delivered. Nothing but {@link #clearError} makes a change. Owned by one {@link LockStep}, used by its thread.
 */
final class LockStepKernel {
    static final int POLLIN = 1;
    static final int POLLOUT = 4;
    static final int POLLERR = 8;
    static final int POLLHUP = 16;
    static final int TCP_CLOSE = 7;
    static final int TCP_CLOSE_WAIT = 8;

    private static final int FIONREAD = 0x541B;
    private static final int SOL_SOCKET = 1;
    private static final int SO_ERROR = 4;
    private static final int SO_MEMINFO = 55;
    private static final int IPPROTO_TCP = 6;
    private static final int TCP_INFO = 11;
    /** Offset of tcpi_unacked, which of a listener is the number of connections not yet accepted. */
    private static final int TCPI_UNACKED = 24;
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(20);
    private static final long TRIES_BEFORE_REST = 20;

    /** The C functions; public for JNR-FFI. */
    public interface Calls {
        int poll(Pointer fds, long count, int timeoutMillis);
        int ioctl(int fd, long request, Pointer value);
        int getsockopt(int fd, int level, int name, Pointer value, Pointer lenBytes);
    }

    private static final Calls CALLS = LibraryLoader.create(Calls.class).load("c");

    private final Pointer memory = Memory.allocateDirect(Runtime.getRuntime(CALLS), 128);
    private final Pointer length = Memory.allocateDirect(Runtime.getRuntime(CALLS), 8);

    /** The number of a channel of ours, or, in a JVM that opens sun.nio.ch to us, of the JDK. */
    static int descriptor(SelectableChannel channel) {
        if (channel instanceof Selectable ours) {
            return ours.fd().number();
        }
        try {
            var method = Class.forName("sun.nio.ch.SelChImpl").getMethod("getFDVal");
            method.setAccessible(true);
            return (int) method.invoke(channel);
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }

    /** The events there are: of POLLIN and POLLOUT, and POLLERR and POLLHUP. */
    int poll(int fd) {
        memory.putInt(0, fd);
        memory.putShort(4, (short) (POLLIN | POLLOUT));
        memory.putShort(6, (short) 0);
        CALLS.poll(memory, 1, 0);
        return memory.getShort(6);
    }

    boolean hasEvent(int fd, int events) {
        return (poll(fd) & events) != 0;
    }

    int unread(int fd) {
        memory.putInt(0, -1);
        CALLS.ioctl(fd, FIONREAD, memory);
        return memory.getInt(0);
    }

    /** The memory taken by datagrams not yet received; it grows with each one, and need not shrink at once. */
    int receiveMemory(int fd) {
        getsockopt(fd, SOL_SOCKET, SO_MEMINFO, 36);
        return memory.getInt(0);
    }

    int tcpState(int fd) {
        getsockopt(fd, IPPROTO_TCP, TCP_INFO, 104);
        return memory.getByte(0);
    }

    int acceptQueue(int fd) {
        getsockopt(fd, IPPROTO_TCP, TCP_INFO, 104);
        return memory.getInt(TCPI_UNACKED);
    }

    /** Takes an error that waits to be told to the next operation. */
    void clearError(int fd) {
        getsockopt(fd, SOL_SOCKET, SO_ERROR, 4);
    }

    private void getsockopt(int fd, int level, int name, int lenBytes) {
        length.putInt(0, lenBytes);
        memory.putInt(0, -1);
        if (CALLS.getsockopt(fd, level, name, memory, length) != 0) {
            throw new AssertionError("getsockopt(" + fd + ", " + level + ", " + name + ")");
        }
    }

    /** Waits until the kernel has done what it was asked to; at once, nearly always. */
    void await(BooleanSupplier done, Supplier<String> what) {
        if (done.getAsBoolean()) {
            return;
        }
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        for (long tries = 0; !done.getAsBoolean(); tries++) {
            if (System.nanoTime() - deadline > 0) {
                throw new AssertionError("the kernel does not: " + what.get());
            }
            if (tries < TRIES_BEFORE_REST) {
                Thread.yield();
            } else {
                LockSupport.parkNanos(50_000);
            }
        }
        // It was seen on its way: the socket's state changes before those that wait for it are told.
        LockSupport.parkNanos(100_000);
    }
}
