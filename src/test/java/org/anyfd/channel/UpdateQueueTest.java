package org.anyfd.channel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The queue, step by step and under load; its races are in jcstress-tests. */
@Timeout(30)
class UpdateQueueTest {
    private final UpdateQueue queue = new UpdateQueue();
    private final UpdateQueue.Node first = new UpdateQueue.Node();
    private final UpdateQueue.Node second = new UpdateQueue.Node();
    private final UpdateQueue.Node third = new UpdateQueue.Node();

    @Test
    void emptyQueueHasNothing() {
        assertNull(queue.next());
        queue.take();
        assertNull(queue.next());
    }

    @Test
    void oldestComesFirst() {
        queue.add(first);
        queue.add(second);
        queue.add(third);
        queue.take();
        assertSame(first, queue.next());
        assertSame(second, queue.next());
        assertSame(third, queue.next());
        assertNull(queue.next());
    }

    @Test
    void nodeIsQueuedOnce() {
        queue.add(first);
        queue.add(first);
        queue.take();
        queue.add(first);
        assertSame(first, queue.next());
        assertNull(queue.next());
        queue.take();
        assertNull(queue.next());
    }

    @Test
    void whatIsAddedAfterTheTakeIsOfTheNext() {
        queue.add(first);
        queue.take();
        queue.add(second);
        assertSame(first, queue.next());
        queue.add(first);
        assertNull(queue.next());
        queue.take();
        assertSame(second, queue.next());
        assertSame(first, queue.next());
        assertNull(queue.next());
    }

    @Test
    void whatWasTakenAndNotGotIsNotLost() {
        queue.add(first);
        queue.add(second);
        queue.take();
        assertSame(first, queue.next());
        queue.add(third);
        queue.take();
        List<UpdateQueue.Node> left = new ArrayList<>();
        for (UpdateQueue.Node node = queue.next(); node != null; node = queue.next()) {
            left.add(node);
        }
        assertEquals(2, left.size());
        assertTrue(left.containsAll(List.of(second, third)));
    }

    @Test
    void noChangeOfManyThreadsIsLost() throws Exception {
        int threads = 4;
        int bits = 24;
        Interest[] interests = new Interest[8];
        for (int i = 0; i < interests.length; i++) {
            interests[i] = new Interest(null, 0);
        }
        CountDownLatch running = new CountDownLatch(threads);
        for (int t = 0; t < threads; t++) {
            Thread thread = new Thread(() -> {
                for (int bit = 0; bit < bits; bit++) {
                    for (Interest interest : interests) {
                        queue.link(interest, interest.getAndOr(1 << bit));
                    }
                }
                running.countDown();
            });
            thread.setDaemon(true);
            thread.start();
        }
        int all = (1 << bits) - 1;
        int[] seen = new int[interests.length];
        boolean last;
        do {
            last = running.getCount() == 0;
            queue.take();
            for (UpdateQueue.Node node = queue.next(); node != null; node = queue.next()) {
                Interest interest = (Interest) node;
                seen[List.of(interests).indexOf(interest)] = interest.ops();
            }
        } while (!last);
        for (int ops : seen) {
            assertEquals(all, ops);
        }
    }
}
