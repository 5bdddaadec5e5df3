package org.anyfd.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import java.io.IOException;
import org.anyfd.sys.Consts;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** The last test of a run: what the others opened is closed. */
@Order(Integer.MAX_VALUE)
class CensusTest {
    @Test
    void noMoreFilesAreOpenThanBeforeTheFirstTest() {
        assertNotNull(SuiteCensus.before(), "counted before the first test");
        // The JDK's HTTP clients, of which older versions have no close, go with their last user.
        System.gc();
        Census.assertNoMore(SuiteCensus.before());
    }

    @Test
    void censusCountsEveryKind() throws IOException {
        var before = Census.take();
        Raw.Pair pipe = Raw.pipe();
        Raw.Pair sockets = Raw.sockets(Consts.SOCK_STREAM);
        Raw.Pair pty = Raw.pty();
        int[] others = {Raw.eventfd(0), Raw.epoll(), Raw.timerfd(), Raw.inotify()};
        var during = Census.take();
        for (String kind : new String[] {"pipe", "socket", "pty"}) {
            assertEquals(before.getOrDefault(kind, 0) + 2, during.get(kind), kind);
        }
        for (String kind : new String[] {"eventfd", "eventpoll", "timerfd", "inotify"}) {
            String name = kind.equals("inotify") ? "anon_inode:inotify" : "anon_inode:[" + kind + "]";
            assertEquals(before.getOrDefault(name, 0) + 1, during.get(name), name);
        }
        for (Raw.Pair pair : new Raw.Pair[] {pipe, sockets, pty}) {
            Raw.close(pair.first());
            Raw.close(pair.second());
        }
        for (int number : others) {
            Raw.close(number);
        }
        Census.assertNoMore(before);
    }
}
