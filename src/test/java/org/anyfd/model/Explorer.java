package org.anyfd.model;

import java.lang.invoke.CallSite;
import java.lang.invoke.ConstantCallSite;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.invoke.VarHandle;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.anyfd.model.Model.Actor;

/**
 * Goes through every interleaving of the steps of a {@link Model}'s actors, one state once, shortest ways first.
 *
 * <p>There are no threads. An actor is a function of what it has read: so its place in its code is the list of results
 * that its steps had, and to take one more it is run from its beginning, is given these, makes one step on the state,
 * and is thrown out at the next. A state is the {@link Heap} and these lists. All steps are seen by all in one order:
 * what the memory model allows beyond that is for jcstress.
 *
 * <p>A state is wrong if its actor or {@link Model#check} throws; if nothing can happen although an actor has not come to
 * its end, or {@link Model#checkEnd} throws; or if no such rest can be reached from it any more, so that it spins.
 */
public final class Explorer {
    /** Ends the run of an actor at the step after the one it was run for. */
    private static final class Pause extends Error {
        static final Pause NOW = new Pause();

        private Pause() {
            super(null, null, false, false);
        }
    }

    /** Where an actor is. */
    private record Place(boolean ended, List<Object> results) {
        static final Place START = new Place(false, List.of());
        static final Place END = new Place(true, List.of());
    }

    private record State(List<Object> heap, List<Place> places) {
    }

    /** How a state was first found. */
    private record Origin(int from, String step) {
    }

    private static final int MOST_STATES = 500_000;
    /** An actor that goes on for longer without coming to an end, or to the beginning of its loop, spins. */
    private static final int MOST_STEPS = 60;
    private static Explorer current;

    private final Heap heap = new Heap();
    private Model model;
    private final List<Actor> actors;
    private final Map<State, Integer> known = new HashMap<>();
    private final List<Origin> origins = new ArrayList<>();
    private final List<int[]> successors = new ArrayList<>();

    // The run of one actor for one step.
    private List<Object> results;
    private int replayed;
    private int actor;
    private boolean stepped;
    private boolean pausing;
    private boolean atomic = true;
    private int choice;
    private int choices;
    private String what;

    private Explorer(Class<? extends Model> type, Object[] arguments) {
        current = this;
        try {
            var constructor = new SteppedClasses().loadClass(type.getName()).getDeclaredConstructors()[0];
            constructor.setAccessible(true);
            constructor.newInstance(arguments);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
        actors = model.actors();
    }

    /** Before the objects of a model are made, which may make system calls. */
    static void begin(Model model) {
        current.model = model;
    }

    /** What was found. @param wrong null, or what is wrong and the way there */
    public record Result(int states, int steps, String wrong) {
    }

    /** @param type its only constructor takes the arguments, whose classes the model's loader must not load anew */
    public static Result explore(Class<? extends Model> type, Object... arguments) {
        try {
            return new Explorer(type, arguments).search();
        } finally {
            current = null;
        }
    }

    private Result search() {
        ArrayDeque<State> queue = new ArrayDeque<>();
        BitSet rests = new BitSet();
        add(new State(heap.values(), Collections.nCopies(actors.size(), Place.START)), -1, "", queue);
        int steps = 0;
        for (int index = 0; !queue.isEmpty(); index++) {
            State state = queue.remove();
            try {
                heap.set(state.heap);
                model.check();
                int[] next = successors(state, index, queue);
                successors.add(next);
                steps += next.length;
                if (next.length == 0) {
                    rest(state);
                    rests.set(index);
                }
            } catch (Wrong | AssertionError e) {
                return new Result(known.size(), steps, wayTo(index) + "    " + e.getMessage());
            }
        }
        int lost = neverAtRest(rests);
        return new Result(known.size(), steps, lost < 0 ? null : wayTo(lost) + "    from here it spins for ever");
    }

    private int add(State state, int from, String step, ArrayDeque<State> queue) {
        Integer index = known.putIfAbsent(state, origins.size());
        if (index != null) {
            return index;
        }
        if (origins.size() == MOST_STATES) {
            throw new IllegalStateException("more than " + MOST_STATES + " states");
        }
        origins.add(new Origin(from, step));
        queue.add(state);
        return origins.size() - 1;
    }

    private int[] successors(State state, int index, ArrayDeque<State> queue) {
        List<Integer> next = new ArrayList<>();
        for (actor = 0; actor < actors.size(); actor++) {
            if (state.places.get(actor).ended) {
                continue;
            }
            choice = 0;
            do {
                Place place = run(state);
                if (place != null) {
                    List<Place> places = new ArrayList<>(state.places);
                    places.set(actor, place);
                    next.add(add(new State(heap.values(), places), index, what, queue));
                }
            } while (++choice < choices);
        }
        return next.stream().mapToInt(i -> i).toArray();
    }

    /** Has the actor make one step; null if it has to wait. */
    private Place run(State state) {
        heap.set(state.heap);
        results = new ArrayList<>(state.places.get(actor).results);
        replayed = 0;
        choices = 1;
        stepped = pausing = atomic = false;
        try {
            actors.get(actor).body().run();
            return actors.get(actor).loops() ? Place.START : Place.END;
        } catch (Pause e) {
            return stepped ? new Place(false, List.copyOf(wrapped(results))) : null;
        } catch (Exception | AssertionError e) {
            throw new Wrong(what + "\n    " + e);
        } finally {
            atomic = true;
        }
    }

    private static final class Wrong extends RuntimeException {
        Wrong(String message) {
            super(message, null, false, false);
        }
    }

    private static final Object NULL = new Object() {
        @Override
        public String toString() {
            return "null";
        }
    };

    /** A list that may be copied. */
    private static List<Object> wrapped(List<Object> values) {
        values.replaceAll(value -> value == null ? NULL : value);
        return values;
    }

    private void rest(State state) {
        for (actor = 0; actor < actors.size(); actor++) {
            if (!state.places.get(actor).ended && !actors.get(actor).loops()) {
                throw new Wrong("nothing can happen, and " + name() + " has not ended");
            }
        }
        heap.set(state.heap);
        model.checkEnd();
    }

    /** A state from which no rest can be reached, or -1. */
    private int neverAtRest(BitSet reaching) {
        boolean more = true;
        while (more) {
            more = false;
            for (int i = successors.size() - 1; i >= 0; i--) {
                if (!reaching.get(i) && Arrays.stream(successors.get(i)).anyMatch(reaching::get)) {
                    reaching.set(i);
                    more = true;
                }
            }
        }
        int first = reaching.nextClearBit(0);
        return first < successors.size() ? first : -1;
    }

    private String wayTo(int index) {
        List<String> lines = new ArrayList<>();
        for (int i = index; origins.get(i).from >= 0; i = origins.get(i).from) {
            lines.add(origins.get(i).step);
        }
        Collections.reverse(lines);
        StringBuilder way = new StringBuilder("\n");
        lines.forEach(step -> way.append(line(step)));
        return way.toString();
    }

    private static String line(String step) {
        return "    " + step + "\n";
    }

    // -- Steps --

    /** @param name for the way to what is wrong */
    private Object perform(String name, boolean own, BooleanSupplier enabled, Supplier<?> action) {
        if (atomic) {
            return action.get();
        }
        if (pausing) {
            throw Pause.NOW;
        }
        if (replayed < results.size()) {
            Object result = results.get(replayed++);
            return result == NULL ? null : result;
        }
        if (own && stepped || !isTrue(enabled)) {
            pausing = true;
            throw Pause.NOW;
        }
        if (replayed == MOST_STEPS) {
            throw new AssertionError("from here it spins for ever");
        }
        if (own) {
            stepped = true;
            what = name() + ": " + name;
        }
        atomic = true;
        Object result = action.get();
        atomic = false;
        if (own && result != null) {
            what += " = " + Heap.show(result);
        }
        results.add(result);
        replayed++;
        return result;
    }

    private String name() {
        return actors.get(actor).name();
    }

    private boolean isTrue(BooleanSupplier condition) {
        atomic = true;
        boolean result = condition.getAsBoolean();
        atomic = false;
        return result;
    }

    @SuppressWarnings("unchecked")
    static <T> T step(String name, BooleanSupplier enabled, Supplier<T> action) {
        return (T) current.perform(name, true, enabled, action);
    }

    static int choose(int n) {
        Explorer e = current;
        return (int) e.perform("chooses", true, () -> true, () -> {
            e.choices = n;
            return e.choice;
        });
    }

    static void lock() {
        Explorer e = current;
        step("lock", () -> e.heap.get(e, "holder") == null, () -> e.heap.put(e, "holder", e.name()));
    }

    static void unlock() {
        Explorer e = current;
        step("unlock", () -> true, () -> e.heap.put(e, "holder", null));
    }

    private Object access(Object owner, String field, String name, Supplier<?> action) {
        if (atomic || !isGuarded(owner, field)) {
            return perform(name, true, () -> true, action);
        }
        if (!pausing && replayed == results.size() && !name().equals(heap.get(this, "holder"))) {
            throw new AssertionError(name + " without the monitor");
        }
        return perform(name, false, () -> true, action);
    }

    private boolean isGuarded(Object owner, String field) {
        String type = owner.getClass().getSimpleName();
        return model.guarded().contains(type) || model.guarded().contains(type + "." + field);
    }

    // -- What SteppedClasses put in place of instructions --

    private static final MethodHandles.Lookup OWN = MethodHandles.lookup();

    public static CallSite get(MethodHandles.Lookup caller, String field, MethodType type, String from)
            throws Exception {
        MethodHandle get = OWN.findStatic(Explorer.class, "read",
            MethodType.methodType(Object.class, String.class, Class.class, Object.class));
        return new ConstantCallSite(MethodHandles.insertArguments(get, 0, field, type.returnType()).asType(type));
    }

    private static Object read(String field, Class<?> type, Object owner) {
        Explorer e = current;
        Object value = e.access(owner, field, Heap.name(owner, field), () -> e.heap.get(owner, field));
        return value != null ? value : Heap.initial(type);
    }

    public static CallSite put(MethodHandles.Lookup caller, String field, MethodType type, String from)
            throws Exception {
        MethodHandle put = OWN.findStatic(Explorer.class, "write",
            MethodType.methodType(void.class, String.class, Object.class, Object.class));
        return new ConstantCallSite(MethodHandles.insertArguments(put, 0, field).asType(type));
    }

    private static void write(String field, Object owner, Object value) {
        Explorer e = current;
        e.access(owner, field, Heap.name(owner, field) + " := " + Heap.show(value), () -> {
            e.heap.put(owner, field, value);
            return null;
        });
    }

    public static CallSite update(MethodHandles.Lookup caller, String method, MethodType type, String from)
            throws Exception {
        MethodHandle update = OWN.findStatic(Explorer.class, "change",
            MethodType.methodType(Object.class, String.class, String.class, Object[].class));
        return new ConstantCallSite(MethodHandles.insertArguments(update, 0, from, method)
            .asCollector(Object[].class, type.parameterCount()).asType(type));
    }

    /** @param arguments the VarHandle, the object, and the method's own */
    private static Object change(String from, String method, Object[] arguments) {
        Explorer e = current;
        VarHandle handle = (VarHandle) arguments[0];
        Object owner = arguments[1];
        String field = handle.describeConstable().orElseThrow().constantName();
        Object[] values = Arrays.copyOfRange(arguments, 2, arguments.length);
        String name = Heap.name(owner, field) + "." + method + Heap.show(values);
        if (!(owner.getClass().getSimpleName() + "." + from).equals(e.model.torn())) {
            return e.access(owner, field, name, () -> e.heap.change(owner, field, handle.varType(), method, values));
        }
        Object seen = read(field, handle.varType(), owner);
        return e.access(owner, field, name + ", torn", () -> {
            e.heap.put(owner, field, seen);
            return e.heap.change(owner, field, handle.varType(), method, values);
        });
    }

    public static CallSite call(MethodHandles.Lookup caller, String name, MethodType type, String from)
            throws Exception {
        MethodHandle call = OWN.findStatic(Explorer.class, "call",
            MethodType.methodType(Object.class, String.class, Object[].class));
        return new ConstantCallSite(MethodHandles.insertArguments(call, 0, name)
            .asCollector(Object[].class, type.parameterCount()).asType(type));
    }

    private static Object call(String name, Object[] arguments) {
        return current.model.call(name, arguments);
    }
}
