package org.anyfd.model;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;

/** The values of all fields that are steps, by object and name; what was never written is null. */
final class Heap {
    private final Map<Object, Map<String, Integer>> cells = new IdentityHashMap<>();
    private final List<Object> values = new ArrayList<>();
    private int size;

    /** All of them: two heaps are the same if these are equal. A zero is as good as nothing written. */
    List<Object> values() {
        int last = values.size();
        while (last > 0 && values.get(last - 1) == null) {
            last--;
        }
        return Arrays.asList(values.subList(0, last).toArray());
    }

    void set(List<Object> from) {
        values.clear();
        values.addAll(from);
        while (values.size() < size) {
            values.add(null);
        }
    }

    private int cell(Object owner, String field) {
        return cells.computeIfAbsent(owner, o -> new HashMap<>()).computeIfAbsent(field, f -> {
            values.add(null);
            return size++;
        });
    }

    Object get(Object owner, String field) {
        return values.get(cell(owner, field));
    }

    Object put(Object owner, String field, Object value) {
        boolean zero = value instanceof Number n && n.longValue() == 0 || Boolean.FALSE.equals(value);
        values.set(cell(owner, field), zero ? null : value);
        return null;
    }

    /** As the method of a VarHandle. */
    Object change(Object owner, String field, Class<?> type, String method, Object[] arguments) {
        Object held = get(owner, field);
        Object old = held != null ? held : initial(type);
        switch (method) {
            case "setOpaque", "getAndSet" -> put(owner, field, arguments[0]);
            case "getAndAdd" -> put(owner, field, (int) old + (int) arguments[0]);
            case "getAndBitwiseOr" -> put(owner, field, (int) old | (int) arguments[0]);
            case "getAndBitwiseAnd" -> put(owner, field, (int) old & (int) arguments[0]);
            case "compareAndSet", "compareAndExchange" -> {
                boolean same = type.isPrimitive() ? Objects.equals(old, arguments[0]) : old == arguments[0];
                if (same) {
                    put(owner, field, arguments[1]);
                }
                return method.equals("compareAndSet") ? same : old;
            }
            default -> throw new IllegalStateException("not modelled: " + method);
        }
        return old;
    }

    static Object initial(Class<?> type) {
        return type == int.class ? (Object) 0 : type == long.class ? (Object) 0L : type == boolean.class ? false : null;
    }

    static String name(Object owner, String field) {
        return owner.getClass().getSimpleName() + "." + field;
    }

    static String show(Object value) {
        boolean plain = value == null || value instanceof Number || value instanceof Boolean || value instanceof String;
        return plain ? String.valueOf(value) : value.getClass().getSimpleName();
    }

    static String show(Object[] values) {
        return Arrays.stream(values).map(Heap::show).collect(Collectors.joining(", ", "(", ")"));
    }
}
