package org.anyfd.it;

import java.io.File;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import org.anyfd.fd.ChildProcess;
import org.anyfd.fd.FdChannel;
import org.anyfd.fd.LineSettings;
import org.anyfd.fd.TimerFdChannel;

/**
 * What the child JVMs of {@link UnsupportedTest} run: calls every public static method of {@code org.anyfd.fd} that may
 * open something, with arguments that would do elsewhere, and prints what each throws.
 */
final class UnsupportedProbe {
    private static final Map<Class<?>, Object> ARGUMENTS = Map.of(
        int.class, 1,
        long.class, 1L,
        boolean.class, true,
        String[].class, new String[] {"HUP"},
        Path.class, Path.of("/dev/null"),
        OpenOption[].class, new OpenOption[] {StandardOpenOption.READ},
        LineSettings.class, LineSettings.of(9600),
        TimerFdChannel.Clock.class, TimerFdChannel.Clock.MONOTONIC,
        ProcessBuilder.class, new ProcessBuilder("true"),
        ChildProcess.Option[].class, new ChildProcess.Option[0]);

    private UnsupportedProbe() { }

    public static void main(String[] args) throws Exception {
        File classes = new File(FdChannel.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        for (String file : new File(classes, "org/anyfd/fd").list((dir, name) -> name.endsWith(".class"))) {
            Class<?> type = Class.forName("org.anyfd.fd." + file.replace(".class", ""), false,
                FdChannel.class.getClassLoader());
            if (Modifier.isPublic(type.getModifiers())) {
                Arrays.stream(type.getDeclaredMethods()).sorted(Comparator.comparing(Method::toString))
                    .filter(method -> Modifier.isPublic(method.getModifiers()) && Modifier.isStatic(method.getModifiers()))
                    .filter(method -> Arrays.asList(method.getExceptionTypes()).contains(IOException.class))
                    .forEach(UnsupportedProbe::call);
            }
        }
        System.out.println("done");
    }

    private static void call(Method method) {
        Object[] arguments = new Object[method.getParameterCount()];
        for (int i = 0; i < arguments.length; i++) {
            Optional<Object> argument = Optional.ofNullable(ARGUMENTS.get(method.getParameterTypes()[i]));
            if (argument.isEmpty()) {
                // It wants a channel, of which there can be none.
                return;
            }
            arguments[i] = argument.get();
        }
        String name = method.getDeclaringClass().getSimpleName() + "." + method.getName();
        try {
            System.out.println(name + ": " + method.invoke(null, arguments));
        } catch (InvocationTargetException e) {
            System.out.println(name + ": " + e.getCause());
        } catch (IllegalAccessException e) {
            throw new AssertionError(e);
        }
    }
}
