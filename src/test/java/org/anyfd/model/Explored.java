package org.anyfd.model;

import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;

/** What an exploration has to come to. Prints how many states there are, and the way to what is wrong. */
public final class Explored {
    private Explored() {
    }

    public static void assertRight(Class<? extends Model> model, Object... arguments) {
        Explorer.Result result = explore(model, arguments);
        assertNull(result.wrong());
    }

    /** A model that is broken on purpose. */
    public static void assertFound(String wrong, Class<? extends Model> model, Object... arguments) {
        Explorer.Result result = explore(model, arguments);
        assertNotNull(result.wrong(), "not found");
        assertTrue(result.wrong().contains(wrong), result.wrong());
    }

    private static Explorer.Result explore(Class<? extends Model> model, Object[] arguments) {
        Explorer.Result result = Explorer.explore(model, arguments);
        System.out.println(model.getSimpleName() + Arrays.toString(arguments) + ": " + result.states() + " states, "
            + result.steps() + " steps" + (result.wrong() == null ? "" : result.wrong()));
        return result;
    }
}
