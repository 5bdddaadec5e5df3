package org.anyfd.channel;

import static org.anyfd.model.Explored.assertFound;
import static org.anyfd.model.Explored.assertRight;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** All interleavings of {@link UpdateModel}; and those of its broken twin, which has to be found. */
class UpdateModelTest {
    @ParameterizedTest
    @ValueSource(ints = {UpdateModel.FIRST, UpdateModel.SECOND})
    void changeIsSeenByTheSelectionThatIsWokenForIt(int first) {
        assertRight(UpdateModel.class, first, null);
    }

    @ParameterizedTest
    @ValueSource(ints = {UpdateModel.FIRST, UpdateModel.SECOND})
    void changeThatIsQueuedTooLateIsFound(int first) {
        assertFound("does not watch", UpdateModel.class, first, UpdateModel.NOT_WOKEN);
    }
}
