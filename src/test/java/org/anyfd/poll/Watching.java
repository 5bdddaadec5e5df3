package org.anyfd.poll;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** A test's poller, which knows as its owner would what is watched under which token, and is closed behind the test. */
final class Watching implements BeforeEachCallback, AfterEachCallback {
    private final Backend backend;
    Poller poller;

    Watching(Backend backend) {
        this.backend = backend;
    }

    @Override
    public void beforeEach(ExtensionContext context) throws IOException {
        poller = backend.open();
    }

    @Override
    public void afterEach(ExtensionContext context) {
        poller.close();
    }

    void add(int fd, long token, int events) {
        assertEquals(0, poller.update(fd, token, 0, events));
    }

    void modify(int fd, long token, int from, int to) {
        assertEquals(0, poller.update(fd, token, from, to));
    }

    void remove(int fd, long token, int from) {
        assertEquals(0, poller.update(fd, token, from, 0));
    }

    /** What is ready by now: events by token. */
    Map<Long, Integer> look() throws IOException {
        return entries(poller.await(0));
    }

    /** What is ready as soon as anything is. Forgets wakeups. */
    Map<Long, Integer> await() throws IOException {
        int n;
        do {
            n = poller.await(-1);
        } while (n == 0);
        return entries(n);
    }

    Map<Long, Integer> entries(int n) {
        Map<Long, Integer> entries = new TreeMap<>();
        for (int i = 0; i < n; i++) {
            assertNull(entries.put(poller.token(i), poller.events(i)), "two entries with one token");
        }
        return entries;
    }
}
