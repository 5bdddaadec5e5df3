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
    private static final MethodHandle HANDLE;
    private static final Class<?> SIGNAL;
    private static final Class<?> HANDLER;

    static {
        try {
            SIGNAL = Class.forName("sun.misc.Signal");
            HANDLER = Class.forName("sun.misc.SignalHandler");
            MethodHandles.Lookup lookup = MethodHandles.publicLookup();
            NEW = lookup.findConstructor(SIGNAL, MethodType.methodType(void.class, String.class))
                .asType(MethodType.methodType(Object.class, String.class));
            HANDLE = lookup.findStatic(SIGNAL, "handle", MethodType.methodType(HANDLER, SIGNAL, HANDLER))
                .asType(MethodType.genericMethodType(2));
        } catch (ReflectiveOperationException e) {
            throw new UnsupportedOperationException("this Java runtime lacks the module jdk.unsupported, and with it a way"
                + " to catch signals", e);
        }
    }

    private Signals() {
    }

    /** A handler that runs an action, in a thread of the JDK's that is made for that one run. */
    public static Object handler(Runnable action) {
        try {
            MethodHandle run = MethodHandles.lookup()
                .findVirtual(Runnable.class, "run", MethodType.methodType(void.class)).bindTo(action);
            return MethodHandleProxies.asInterfaceInstance(HANDLER, MethodHandles.dropArguments(run, 0, SIGNAL));
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
     * @throws IllegalArgumentException if there is none, or the system or the JVM keeps it to itself
     */
    public static Object handle(String name, Object handler) {
        try {
            Object signal = NEW.invokeExact(name);
            return HANDLE.invokeExact(signal, handler);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable impossible) {
            throw new AssertionError(impossible);
        }
    }
}
