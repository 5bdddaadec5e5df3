package org.anyfd.channel;

import static org.anyfd.model.Explored.assertFound;
import static org.anyfd.model.Explored.assertRight;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** All interleavings of {@link CancelModel}; and those of its broken twins, which have to be found. */
class CancelModelTest {
    @ParameterizedTest
    @ValueSource(strings = {"-", "c", "s"})
    void nothingIsLeftAndNothingElseTouched(String program) {
        assertRight(CancelModel.class, program, null);
    }

    @ParameterizedTest
    @CsvSource({"-, no longer the channel's, " + CancelModel.NO_REFERENCE,
        "s, no longer the channel's, " + CancelModel.ENQUEUED_EARLY,
        "s, stranger has not ended, " + CancelModel.NOT_LOOKED,
        "s, released more often, " + CancelModel.TWO_GIVE_BACK,
        "c, a cancelled key is reported, " + CancelModel.NO_DRAIN,
        "-, no longer the channel's, Fd.acquire", "-, no longer the channel's, Fd.end"})
    void wrongOrderIsFound(String program, String wrong, String broken) {
        assertFound(wrong, CancelModel.class, program, broken);
    }
}
