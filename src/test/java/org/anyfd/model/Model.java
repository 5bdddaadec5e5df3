package org.anyfd.model;

import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * What an {@link Explorer} explores: some actors, which are ordinary Java over the real classes of anyfd, and a kernel of
 * a few fields in place of the real one. A subclass lives in the package of the classes it uses, and is loaded by
 * {@link SteppedClasses}, which makes each access to a field that is not final a step of its own.
 *
 * <p>An actor must be a function of what it reads: the same reads, the same next step. Objects are made in the
 * constructor only. Local variables are its own.
 */
public abstract class Model {
    /** A thread. @param loops whether it begins again after its end; it may then rest only where it waits */
    public record Actor(String name, boolean loops, Body body) {
        public static Actor once(String name, Body body) {
            return new Actor(name, false, body);
        }

        public static Actor loop(String name, Body body) {
            return new Actor(name, true, body);
        }
    }

    /** What an actor does. */
    public interface Body {
        void run() throws Exception;
    }

    protected Model() {
        Explorer.begin(this);
    }

    public abstract List<Actor> actors();

    /** Fails in a state that must not be. Its reads are no steps. */
    public void check() {
    }

    /** Fails if a state in which nothing can happen any more must not be the end. */
    public abstract void checkEnd();

    /** A system call of real code, {@code Sys.name(args)}: to be made of steps. */
    public Object call(String name, Object[] args) {
        throw new IllegalStateException("not modelled: " + name);
    }

    /**
     * Fields that are said to be guarded by a monitor, as "Class" or "Class.field". Access to them is no step of its own,
     * for nobody else is there; that the actor holds the monitor ({@link #lock}) is checked.
     */
    public Set<String> guarded() {
        return Set.of();
    }

    /**
     * A method, "Class.method", whose atomic changes are broken in two, a read and a write that believes it: what the
     * exploration has to find. Null for none.
     */
    public String torn() {
        return null;
    }

    /** One step, which may be taken as soon as a condition holds. */
    protected static <T> T step(String name, BooleanSupplier enabled, Supplier<T> action) {
        return Explorer.step(name, enabled, action);
    }

    /** One step. */
    protected static void step(String name, Runnable action) {
        Explorer.step(name, () -> true, () -> {
            action.run();
            return null;
        });
    }

    /** Any number from 0 to below n: all are tried. */
    protected static int choose(int n) {
        return Explorer.choose(n);
    }

    /** Takes the one monitor that a model has. */
    protected static void lock() {
        Explorer.lock();
    }

    protected static void unlock() {
        Explorer.unlock();
    }

    /** Fails the exploration, with the way here. */
    protected static void require(boolean condition, String otherwise) {
        if (!condition) {
            throw new AssertionError(otherwise);
        }
    }
}
