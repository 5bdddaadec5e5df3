package org.anyfd.sys;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandleProxies;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;

/**
 * Internal. The JVM's handlers of signals: {@code sun.misc.Signal}. By method handles, because compiler and javadoc warn
 * of every mention of that class, although it is exported for good (JEP 260). Stateless; any thread may call it.
 */
public final class Signals {
    private static final MethodHandle NEW;
    private static final MethodHandle NUMBER;
    private static final MethodHandle HANDLE;
    private static final Class<?> HANDLER;

    static {
        try {
            Class<?> signal = Class.forName("sun.misc.Signal");
            HANDLER = Class.forName("sun.misc.SignalHandler");
            MethodHandles.Lookup lookup = MethodHandles.publicLookup();
            NEW = lookup.findConstructor(signal, MethodType.methodType(void.class, String.class))
                .asType(MethodType.methodType(Object.class, String.class));
            NUMBER = lookup.findVirtual(signal, "getNumber", MethodType.methodType(int.class))
                .asType(MethodType.methodType(int.class, Object.class));
            HANDLE = lookup.findStatic(signal, "handle", MethodType.methodType(HANDLER, signal, HANDLER))
                .asType(MethodType.genericMethodType(2));
        } catch (ReflectiveOperationException e) {
            throw new UnsupportedOperationException("this Java runtime lacks the module jdk.unsupported, and with it a way"
                + " to catch signals", e);
        }
    }

    private Signals() {
    }

    /**
     * The number of a signal.
     *
     * @param name without SIG
     * @throws IllegalArgumentException if the JVM knows none of that name
     */
    public static int number(String name) {
        try {
            return (int) NUMBER.invokeExact(signal(name));
        } catch (Throwable e) {
            throw unchecked(e);
        }
    }

    /** A handler that runs an action, in a thread of the JDK's that is made for that one run. */
    public static Object handler(Runnable action) {
        try {
            MethodHandle run = MethodHandles.lookup()
                .findVirtual(Runnable.class, "run", MethodType.methodType(void.class)).bindTo(action);
            Class<?> signal = Class.forName("sun.misc.Signal");
            return MethodHandleProxies.asInterfaceInstance(HANDLER, MethodHandles.dropArguments(run, 0, signal));
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }

    /**
     * Has a signal handled.
     *
     * @param name without SIG
     * @param handler from {@link #handler}, or what this method has returned
     * @return what has handled it so far
     * @throws IllegalArgumentException if the system or the JVM keeps it to itself
     */
    public static Object handle(String name, Object handler) {
        try {
            return HANDLE.invokeExact(signal(name), handler);
        } catch (Throwable e) {
            throw unchecked(e);
        }
    }

    private static Object signal(String name) throws Throwable {
        return NEW.invokeExact(name);
    }

    private static RuntimeException unchecked(Throwable e) {
        if (e instanceof Error error) {
            throw error;
        }
        return e instanceof RuntimeException runtime ? runtime : new IllegalStateException(e);
    }
}
