package org.anyfd.channel;

import static org.anyfd.model.Explored.assertFound;
import static org.anyfd.model.Explored.assertRight;

import org.junit.jupiter.api.Test;

/** All interleavings of {@link UpdateModel}; and those of its broken twin, which has to be found. */
class UpdateModelTest {
    @Test
    void changeIsSeenByTheSelectionThatIsWokenForIt() {
        assertRight(UpdateModel.class, new Object[] {null});
    }

    @Test
    void changeThatIsQueuedTooLateIsFound() {
        assertFound("does not watch", UpdateModel.class, UpdateModel.NOT_COUNTED);
    }
}
