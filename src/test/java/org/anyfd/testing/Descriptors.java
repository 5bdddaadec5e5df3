package org.anyfd.testing;

import java.io.Closeable;
import java.io.IOException;
import java.util.Deque;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedDeque;
import org.anyfd.fd.FdChannel;
import org.anyfd.sys.Consts;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * The descriptors, channels and threads of one test. Closes them after it, and insists that the threads end and that no
 * file stays open.
 */
public final class Descriptors implements BeforeEachCallback, AfterEachCallback {
    private static final int OUT_OF_THE_WAY = 500;

    private final Set<Integer> numbers = new HashSet<>();
    /** A test's threads may add to it as well. */
    private final Deque<Closeable> opened = new ConcurrentLinkedDeque<>();
    private Tasks tasks;
    private Map<String, Integer> before;

    @Override
    public void beforeEach(ExtensionContext context) throws IOException {
        // Loads what opens files of its own when it is first used.
        Raw.poll(0);
        tasks = new Tasks();
        before = Census.take();
    }

    @Override
    public void afterEach(ExtensionContext context) throws Exception {
        while (!opened.isEmpty()) {
            opened.pop().close();
        }
        for (int number : numbers) {
            Raw.close(number);
        }
        numbers.clear();
        tasks.join();
        Census.assertNoMore(before);
    }

    /** Closes {@code resource} after the test. */
    public <T extends Closeable> T closing(T resource) {
        opened.push(resource);
        return resource;
    }

    /** Closes {@code number} after the test, unless it is given away or closed before. */
    public int closing(int number) {
        numbers.add(number);
        return number;
    }

    public Raw.Pair closing(Raw.Pair pair) {
        closing(pair.first());
        closing(pair.second());
        return pair;
    }

    public void close(int number) throws IOException {
        giveAway(number);
        Raw.close(number);
    }

    /**
     * Moves a descriptor to a number that is out of the way: when it is closed, no other thread of the JVM, which opens
     * files of its own now and then, is given that number at once.
     */
    public int aside(int number) throws IOException {
        int high = closing(Raw.dupAbove(OUT_OF_THE_WAY, number));
        close(number);
        return high;
    }

    /** Somebody else closes {@code number}. */
    public int giveAway(int number) {
        numbers.remove(number);
        return number;
    }

    /** Reading end first. */
    public Raw.Pair pipe() throws IOException {
        return closing(Raw.pipe());
    }

    /** In raw mode; master first. */
    public Raw.Pair pty() throws IOException {
        return closing(Raw.pty());
    }

    /** Connected Unix stream sockets. */
    public Raw.Pair sockets() throws IOException {
        return closing(Raw.sockets(Consts.SOCK_STREAM));
    }

    /** Has a channel take over a number of this test. */
    public FdChannel own(int number) throws IOException {
        FdChannel channel = closing(FdChannel.own(number));
        giveAway(number);
        return channel;
    }

    public FdChannel borrow(int number) throws IOException {
        return closing(FdChannel.borrow(number));
    }

    /** Starts {@code body} in a thread of its own. */
    public <T> Tasks.Task<T> run(Callable<T> body) {
        return tasks.run(body);
    }
}
