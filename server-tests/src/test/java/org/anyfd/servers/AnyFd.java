package org.anyfd.servers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.spi.SelectorProvider;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Collections;
import java.util.ConcurrentModificationException;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/**
 * Guards the tests against passing on another provider than ours. Servers keep their selectors and channels private, each
 * in its own way, so what is reachable from a server's object is searched for them.
 */
final class AnyFd {
    private static final int MAX_OBJECTS = 1_000_000;

    private final Set<Object> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    private final Deque<Object> found = new ArrayDeque<>();
    private int selectors;
    private int channels;

    private AnyFd() {
    }

    /** Fails unless these objects lead to at least so many channels, to a selector, and to none that is not anyfd's. */
    static void assertUsedBy(int leastChannels, Object... roots) {
        assertEquals("org.anyfd.AnyFdSelectorProvider", SelectorProvider.provider().getClass().getName());
        AnyFd search = new AnyFd();
        Stream.of(roots).forEach(search::reach);
        while (!search.found.isEmpty() && search.seen.size() < MAX_OBJECTS) {
            search.look(search.found.poll());
        }
        assertTrue(search.seen.size() < MAX_OBJECTS, "these objects lead everywhere: " + List.of(roots));
        assertFalse(search.selectors == 0, "no selector within " + List.of(roots));
        assertTrue(search.channels >= leastChannels, search.channels + " channels within " + List.of(roots));
    }

    /** For the JDK's own servers and clients, which cannot be looked into: their thread, when idle, waits in our selector. */
    static void assertSelectsFor(String nameOfCallers) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (Thread.getAllStackTraces().values().stream().noneMatch(stack -> selectsFor(nameOfCallers, stack))) {
            assertTrue(System.nanoTime() - deadline < 0, "no thread of " + nameOfCallers + " waits in an anyfd selector");
            LockSupport.parkNanos(1_000_000);
        }
    }

    private static boolean selectsFor(String nameOfCallers, StackTraceElement[] stack) {
        return Stream.of(stack).anyMatch(frame -> frame.getClassName().equals("org.anyfd.channel.NativeSelector"))
                && Stream.of(stack).anyMatch(frame -> frame.getClassName().startsWith(nameOfCallers));
    }

    private void reach(Object object) {
        if (object != null && !(object instanceof ClassLoader || object instanceof Class) && seen.add(object)) {
            found.add(object);
        }
    }

    private void look(Object object) {
        if (object instanceof Selector selector) {
            // Netty has one of its own around ours.
            if (!selector.getClass().getName().startsWith("io.netty.")) {
                assertOurs(selector);
                selectors++;
                if (selector.isOpen()) {
                    selector.keys().forEach(this::reach);
                }
                return;
            }
        } else if (object instanceof SelectionKey key) {
            reach(key.selector());
            reach(key.channel());
            return;
        } else if (object instanceof SelectableChannel channel) {
            assertOurs(channel);
            channels++;
            return;
        }
        contents(object);
        fields(object);
    }

    private void contents(Object object) {
        try {
            if (object instanceof Collection<?> collection) {
                collection.forEach(this::reach);
            } else if (object instanceof Map<?, ?> map) {
                map.keySet().forEach(this::reach);
                map.values().forEach(this::reach);
            } else if (object instanceof AtomicReference<?> reference) {
                reach(reference.get());
            } else if (object instanceof Object[] array) {
                Stream.of(array).forEach(this::reach);
            }
        } catch (UnsupportedOperationException | ConcurrentModificationException whatWasSeenWillDo) {
            // A collection of the server's own that does only what the server needs, or one that a thread of it changes.
        }
    }

    private static void assertOurs(Object channelOrSelector) {
        String name = channelOrSelector.getClass().getName();
        assertTrue(name.startsWith("org.anyfd."), name);
    }

    private void fields(Object object) {
        for (Class<?> type = object.getClass(); type != null && !isOfTheJdk(type); type = type.getSuperclass()) {
            for (Field field : type.getDeclaredFields()) {
                if (!Modifier.isStatic(field.getModifiers()) && !field.getType().isPrimitive()) {
                    reach(value(field, object));
                }
            }
        }
    }

    /** The class path's classes are open to reflection, the JDK's are not. */
    private static boolean isOfTheJdk(Class<?> type) {
        return type.isArray() || type.getModule().isNamed();
    }

    private static Object value(Field field, Object object) {
        try {
            field.setAccessible(true);
            return field.get(object);
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }
}
