package org.anyfd.benchmarks;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Starts JMH with this program's arguments; what it forks has the JDK's provider, and makes anyfd's where it is asked to. */
final class Micro {
    public static void main(String[] args) throws Exception {
        String results = System.getProperty("results") + "/micro-" + Runtime.version().feature() + ".json";
        List<String> command = new ArrayList<>(Provider.JDK.java(org.openjdk.jmh.Main.class, "-rf", "json", "-rff", results));
        command.addAll(List.of(args));
        int status = new ProcessBuilder(command).inheritIO().directory(Path.of(System.getProperty("results")).toFile()).start().waitFor();
        System.exit(status);
    }
}
