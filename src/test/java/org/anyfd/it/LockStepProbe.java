package org.anyfd.it;

import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/** Runs a sequence with the provider of its JVM and prints what it told: seed, number of operations. */
public final class LockStepProbe {
    private LockStepProbe() {
    }

    public static void main(String[] args) throws Exception {
        try (PrintStream out = new PrintStream(
            new BufferedOutputStream(new FileOutputStream(FileDescriptor.out), 1 << 16), false, StandardCharsets.UTF_8)) {
            new LockStep(Long.parseLong(args[0]), out::println).run(Integer.parseInt(args[1]));
        }
    }
}
