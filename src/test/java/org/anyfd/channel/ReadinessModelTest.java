package org.anyfd.channel;

import static org.anyfd.model.Explored.assertFound;
import static org.anyfd.model.Explored.assertRight;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** All interleavings of {@link ReadinessModel}; and those of its broken twins, which have to be found. */
class ReadinessModelTest {
    @ParameterizedTest
    @ValueSource(strings = {"bbr", "bbR", "bm", "brm", "bRm"})
    void noEventIsLost(String program) {
        assertRight(ReadinessModel.class, program, null);
    }

    @ParameterizedTest
    @CsvSource({"bR, " + ReadinessModel.NO_TICK, "bbr, " + ReadinessModel.NO_DOUBT, "bbr, " + ReadinessModel.DOUBT_FIRST,
        "bm, " + ReadinessModel.LOOK_THEN_IDLE, "bbR, Readiness.read"})
    void lostEventIsFound(String program, String broken) {
        assertFound("an event is lost", ReadinessModel.class, program, broken);
    }
}
