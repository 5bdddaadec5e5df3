package org.anyfd.fd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedByInterruptException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.anyfd.testing.Bounded;
import org.anyfd.testing.Descriptors;
import org.anyfd.testing.Raw;
import org.anyfd.testing.Tasks;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Virtual threads that wait for timers, signals and processes: more of them than carriers, so that none may hold one. */
@Bounded
@EnabledForJreRange(minVersion = 25)
class TypedVirtualThreadTest {
    private static final int MANY = 4 * Runtime.getRuntime().availableProcessors() + 16;

    @RegisterExtension
    final Descriptors fds = new Descriptors();

    /** A channel to wait on, how to, and what ends the wait. */
    private record Waiting(DescriptorChannel channel, Callable<?> take, Event event) {
    }

    private interface Event {
        void happen() throws IOException;
    }

    private enum Kind {
        TIMER {
            @Override
            Waiting make(Descriptors fds) throws IOException {
                TimerFdChannel timer = fds.closing(TimerFdChannel.open());
                return new Waiting(timer, timer::takeExpirations, () -> timer.schedule(Duration.ZERO));
            }
        },
        SIGNAL {
            @Override
            Waiting make(Descriptors fds) throws IOException {
                SignalChannel signals = fds.closing(SignalChannel.open("WINCH"));
                return new Waiting(signals, signals::take, () -> Raw.kill(28));
            }
        },
        PROCESS {
            @Override
            Waiting make(Descriptors fds) throws IOException {
                ChildProcess child = fds.closing(ChildProcess.start(new ProcessBuilder("cat")));
                fds.closing(() -> child.destroyForcibly());
                PidFdChannel end = fds.closing(PidFdChannel.open(child));
                return new Waiting(end, end::take, child::destroyForcibly);
            }
        };

        abstract Waiting make(Descriptors fds) throws IOException;
    }

    private record Running(Waiting on, Thread thread, FutureTask<?> task) {
        Object get() throws Exception {
            try {
                return task.get(Tasks.PATIENCE_SECONDS, TimeUnit.SECONDS);
            } catch (ExecutionException e) {
                throw (Exception) e.getCause();
            }
        }
    }

    private static Thread startVirtual(Runnable body) throws ReflectiveOperationException {
        return (Thread) Thread.class.getMethod("startVirtualThread", Runnable.class).invoke(null, body);
    }

    private List<Running> blocked(Kind kind) throws Exception {
        List<Running> all = new ArrayList<>();
        for (int i = 0; i < MANY; i++) {
            Waiting on = kind.make(fds);
            FutureTask<?> task = new FutureTask<>(on.take);
            all.add(new Running(on, startVirtual(task), task));
        }
        for (Running one : all) {
            Tasks.await(() -> one.thread.getState() == Thread.State.WAITING
                || one.thread.getState() == Thread.State.TIMED_WAITING, "parked");
        }
        CompletableFuture<String> other = new CompletableFuture<>();
        startVirtual(() -> other.complete("ran"));
        assertEquals("ran", other.get(Tasks.PATIENCE_SECONDS, TimeUnit.SECONDS));
        return all;
    }

    @ParameterizedTest
    @EnumSource
    void eventEndsTheWait(Kind kind) throws Exception {
        for (Running one : blocked(kind)) {
            one.on.event.happen();
            assertTrue(one.get() != null);
        }
    }

    @ParameterizedTest
    @EnumSource
    void closeEndsTheWait(Kind kind) throws Exception {
        for (Running one : blocked(kind)) {
            one.on.channel.close();
            assertThrowsExactly(AsynchronousCloseException.class, one::get);
        }
    }

    @ParameterizedTest
    @EnumSource
    void interruptEndsTheWait(Kind kind) throws Exception {
        for (Running one : blocked(kind)) {
            one.thread.interrupt();
            assertThrowsExactly(ClosedByInterruptException.class, one::get);
        }
    }
}
