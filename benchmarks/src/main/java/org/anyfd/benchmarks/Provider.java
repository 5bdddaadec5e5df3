package org.anyfd.benchmarks;

import java.nio.channels.spi.SelectorProvider;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Whose selectors a child JVM gets, and the command that starts such a JVM. */
public enum Provider {
    /** Named, because anyfd's jar announces itself as a service: on the class path it would be found without the flag. */
    JDK("sun.nio.ch.EPollSelectorProvider"),
    ANYFD("org.anyfd.AnyFdSelectorProvider");

    final String className;

    Provider(String className) {
        this.className = className;
    }

    /** What the child calls first: a measurement of the wrong provider must not look like one. */
    public static void check(String name) {
        String found = SelectorProvider.provider().getClass().getName();
        if (!found.equals(valueOf(name).className)) throw new IllegalStateException(found + " is not " + name);
    }

    /** The same for both, but for the flag. */
    List<String> options() {
        List<String> options = new ArrayList<>();
        options.add("-Djava.nio.channels.spi.SelectorProvider=" + className);
        options.addAll(List.of("-XX:+UseSerialGC", "-Xmx512m", "-Xmn256m"));
        if (Runtime.version().feature() >= 24) {
            options.add("--enable-native-access=ALL-UNNAMED");
        }
        return options;
    }

    /** A java of this JVM's home and class path. */
    public List<String> java(Class<?> main, String... arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(options());
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
        command.addAll(List.of(arguments));
        return command;
    }
}
