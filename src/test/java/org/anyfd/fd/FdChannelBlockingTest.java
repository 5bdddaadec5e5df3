package org.anyfd.fd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.util.stream.Stream;
import org.anyfd.testing.Bounded;
import org.anyfd.testing.Descriptors;
import org.anyfd.testing.Raw;
import org.anyfd.testing.Tasks;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Blocked operations on descriptors whose file blocks: each ends by data, by close and by interrupt. */
@Bounded
class FdChannelBlockingTest {
    /** More than fits in any of the kinds. */
    private static final int MUCH = 4 << 20;

    @RegisterExtension
    final Descriptors fds = new Descriptors();

    private enum Operation {
        READ {
            @Override
            void run(FdChannel channel) throws IOException {
                channel.read(ByteBuffer.allocate(10));
            }
        },
        SCATTER {
            @Override
            void run(FdChannel channel) throws IOException {
                channel.read(new ByteBuffer[] {ByteBuffer.allocate(10), ByteBuffer.allocateDirect(10)});
            }
        },
        WRITE {
            @Override
            void run(FdChannel channel) throws IOException {
                for (;;) {
                    channel.write(ByteBuffer.allocateDirect(MUCH));
                }
            }
        },
        GATHER {
            @Override
            void run(FdChannel channel) throws IOException {
                for (;;) {
                    channel.write(new ByteBuffer[] {ByteBuffer.allocate(1000), ByteBuffer.allocateDirect(MUCH)});
                }
            }
        };

        /** Blocks for ever if nobody helps. */
        abstract void run(FdChannel channel) throws IOException;

        boolean possible(Kind kind) {
            return this == READ || this == SCATTER ? kind.readable : kind.writable;
        }
    }

    static Stream<Arguments> blocking() {
        return Stream.of(Kind.values()).flatMap(kind -> Stream.of(Operation.values())
            .filter(operation -> operation.possible(kind))
            .flatMap(operation -> Stream.of(Kind.Adopting.values())
                .map(adopting -> Arguments.of(kind, operation, adopting))));
    }

    /** The exception with which the operation ended, and whether the thread's interrupt status was set then. */
    private record End(Exception exception, boolean interrupted) {
    }

    private Tasks.Task<End> start(FdChannel channel, Operation operation) {
        return fds.run(() -> run(channel, operation));
    }

    private static End run(FdChannel channel, Operation operation) {
        try {
            operation.run(channel);
            return new End(null, Thread.interrupted());
        } catch (IOException e) {
            return new End(e, Thread.interrupted());
        }
    }

    @ParameterizedTest
    @MethodSource("blocking")
    void closeEndsABlockedOperation(Kind kind, Operation operation, Kind.Adopting adopting) throws Exception {
        int number = kind.open(fds).first();
        FdChannel channel = adopting.adopt(fds, number);
        Tasks.Task<End> task = start(channel, operation).awaitBlocked();
        channel.close();
        End end = task.get();
        // A write that was about to begin anew finds the channel closed.
        assertTrue(end.exception() instanceof ClosedChannelException, () -> "ended with " + end);
        if (operation == Operation.READ || operation == Operation.SCATTER) {
            assertEquals(AsynchronousCloseException.class, end.exception().getClass());
        }
        assertFalse(end.interrupted());
        assertEquals(adopting == Kind.Adopting.BORROW, Raw.isOpen(number));
    }

    @ParameterizedTest
    @MethodSource("blocking")
    void interruptEndsABlockedOperation(Kind kind, Operation operation, Kind.Adopting adopting) throws Exception {
        int number = kind.open(fds).first();
        FdChannel channel = adopting.adopt(fds, number);
        Tasks.Task<End> task = start(channel, operation).awaitBlocked();
        task.thread().interrupt();
        End end = task.get();
        assertTrue(end.exception() instanceof ClosedChannelException, () -> "ended with " + end);
        if (operation == Operation.READ || operation == Operation.SCATTER) {
            assertEquals(ClosedByInterruptException.class, end.exception().getClass());
        }
        assertTrue(end.interrupted());
        assertFalse(channel.isOpen());
        assertEquals(adopting == Kind.Adopting.BORROW, Raw.isOpen(number));
    }

    @ParameterizedTest
    @MethodSource("blocking")
    void interruptBeforehandEndsTheOperationAtOnce(Kind kind, Operation operation, Kind.Adopting adopting)
            throws Exception {
        FdChannel channel = adopting.adopt(fds, kind.open(fds).first());
        End end = fds.run(() -> {
            Thread.currentThread().interrupt();
            return run(channel, operation);
        }).get();
        assertEquals(ClosedByInterruptException.class, end.exception().getClass());
        assertTrue(end.interrupted());
        assertFalse(channel.isOpen());
    }

    @ParameterizedTest
    @MethodSource("org.anyfd.fd.Kind#readers")
    void blockedReaderGetsWhatIsWritten(Kind kind) throws Exception {
        Raw.Pair pair = kind.open(fds);
        FdChannel near = fds.own(pair.first());
        ByteBuffer dst = ByteBuffer.allocate(10);
        Tasks.Task<Integer> task = fds.run(() -> near.read(dst)).awaitBlocked();
        Raw.write(pair.second(), (byte) 'a', (byte) 'b');
        assertEquals(2, task.get());
        assertEquals('b', dst.get(1));
    }

    @ParameterizedTest
    @EnumSource(names = {"PIPE_READER", "SOCKET", "TERMINAL"})
    void blockedReaderHearsOfTheEnd(Kind kind) throws Exception {
        Raw.Pair pair = kind.open(fds);
        FdChannel near = fds.own(pair.first());
        Tasks.Task<Integer> task = fds.run(() -> near.read(ByteBuffer.allocate(10))).awaitBlocked();
        fds.close(pair.second());
        assertEquals(-1, task.get());
    }

    @Test
    void blockedReaderOfAMasterHearsOfTheHangUp() throws Exception {
        Raw.Pair pty = fds.pty();
        FdChannel master = fds.own(pty.first());
        Tasks.Task<Integer> task = fds.run(() -> master.read(ByteBuffer.allocate(10))).awaitBlocked();
        fds.close(pty.second());
        assertEquals("Input/output error", assertThrowsExactly(IOException.class, task::get).getMessage());
    }

    @Test
    void blockedWriterHearsThatTheReaderIsGone() throws Exception {
        Raw.Pair pipe = fds.pipe();
        FdChannel sink = fds.own(pipe.second());
        Tasks.Task<End> task = start(sink, Operation.WRITE).awaitBlocked();
        fds.close(pipe.first());
        assertEquals("Broken pipe", task.get().exception().getMessage());
        assertTrue(sink.isOpen());
    }

    @ParameterizedTest
    @EnumSource(names = {"SOCKET", "TERMINAL", "PTY_MASTER"})
    void blockedReadDoesNotKeepOthersFromWriting(Kind kind) throws Exception {
        Raw.Pair pair = kind.open(fds);
        FdChannel near = fds.own(pair.first());
        Tasks.Task<Integer> reader = fds.run(() -> near.read(ByteBuffer.allocate(10))).awaitBlocked();
        assertEquals(1, near.write(ByteBuffer.allocate(1)));
        assertEquals(1, Raw.read(pair.second()).length);
        Raw.write(pair.second(), (byte) 1);
        assertEquals(1, reader.get());
    }

    @Test
    void readersTakeTurns() throws Exception {
        Raw.Pair pipe = fds.pipe();
        FdChannel source = fds.own(pipe.first());
        Tasks.Task<Integer> first = fds.run(() -> source.read(ByteBuffer.allocate(1))).awaitBlocked();
        Tasks.Task<Integer> second = fds.run(() -> source.read(ByteBuffer.allocate(1)));
        Tasks.await(() -> second.thread().getState() == Thread.State.WAITING, "second reader waiting its turn");
        Raw.write(pipe.second(), (byte) 1, (byte) 2);
        assertEquals(1, first.get());
        assertEquals(1, second.get());
    }

    @Test
    void changeOfModeWaitsForABlockedRead() throws Exception {
        Raw.Pair pipe = fds.pipe();
        FdChannel source = fds.own(pipe.first());
        Tasks.Task<Integer> reader = fds.run(() -> source.read(ByteBuffer.allocate(1))).awaitBlocked();
        Tasks.Task<Object> change = fds.run(() -> source.configureBlocking(false));
        Tasks.await(() -> change.thread().getState() == Thread.State.WAITING, "change of mode waiting");
        assertTrue(source.isBlocking());
        Raw.write(pipe.second(), (byte) 1);
        assertEquals(1, reader.get());
        change.get();
        assertFalse(source.isBlocking());
    }

    @Test
    void borrowersOfOneDescriptorAreClosedOneByOne() throws Exception {
        Raw.Pair pipe = fds.pipe();
        FdChannel first = fds.borrow(pipe.first());
        FdChannel second = fds.borrow(pipe.first());
        Tasks.Task<End> one = start(first, Operation.READ).awaitBlocked();
        Tasks.Task<End> two = start(second, Operation.READ).awaitBlocked();
        first.close();
        assertEquals(AsynchronousCloseException.class, one.get().exception().getClass());
        assertFalse(two.future().isDone());
        Raw.write(pipe.second(), (byte) 1);
        assertNull(two.get().exception());
    }

    @Test
    void anotherProcessMayChangeTheFlagInBetween() throws Exception {
        Raw.Pair pipe = fds.pipe();
        FdChannel source = fds.own(pipe.first());
        for (boolean nonBlocking : new boolean[] {true, false, true}) {
            Raw.setNonBlocking(source.getFD(), nonBlocking);
            Tasks.Task<Integer> reader = fds.run(() -> source.read(ByteBuffer.allocate(1))).awaitBlocked();
            Raw.setNonBlocking(source.getFD(), !nonBlocking);
            Raw.write(pipe.second(), (byte) 1);
            assertEquals(1, reader.get());
        }
    }
}
