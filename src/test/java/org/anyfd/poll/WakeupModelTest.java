package org.anyfd.poll;

import static org.anyfd.model.Explored.assertFound;
import static org.anyfd.model.Explored.assertRight;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** All interleavings of {@link WakeupModel}; and those of its broken twins, which have to be found. */
class WakeupModelTest {
    @ParameterizedTest
    @CsvSource({"epoll, 2", "poll, 2"})
    void noWakeupIsLost(String backend, int wakers) {
        assertRight(WakeupModel.class, backend, wakers, false, null);
    }

    @ParameterizedTest
    @CsvSource({"epoll", "poll"})
    void wakeupAfterCloseReachesNobody(String backend) {
        assertRight(WakeupModel.class, backend, 1, true, null);
    }

    @Test
    void orderOfDrainAndLeaveDoesNotMatter() {
        assertRight(WakeupModel.class, "poll", 2, false, WakeupModel.DRAINED_LATE);
    }

    @ParameterizedTest
    @CsvSource({"epoll, 1, WakeupGate.enter", "epoll, 1, WakeupGate.signal", "epoll, 2, WakeupGate.leave",
        "poll, 1, " + WakeupModel.DRAINED_EARLY})
    void lostWakeupIsFound(String backend, int wakers, String broken) {
        assertFound("a wakeup is lost", WakeupModel.class, backend, wakers, false, broken);
    }

    @ParameterizedTest
    @CsvSource({"epoll", "poll"})
    void spinIsFound(String backend) {
        assertFound("spins for ever", WakeupModel.class, backend, 1, false, WakeupModel.UNREAD_LEVEL);
    }

    @ParameterizedTest
    @CsvSource({"Fd.acquire, written to a number", "Fd.drop, has not ended", "Fd.end, released more often"})
    void useOfAClosedNumberIsFound(String broken, String wrong) {
        assertFound(wrong, WakeupModel.class, "epoll", 1, true, broken);
    }
}
