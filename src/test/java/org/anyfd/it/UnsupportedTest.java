package org.anyfd.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The channels of {@code org.anyfd.fd} on a machine that anyfd has no tables for. */
class UnsupportedTest {
    @ParameterizedTest
    @ValueSource(strings = {"-Dos.name=Plan9", "-Dos.arch=s390x", "-Dos.arch=pdp11"})
    void everyFactorySaysSoInTheProvidersSentence(String option) throws Exception {
        List<String> said = ChildJvm.run(List.of(option), UnsupportedProbe.class).quietly().lines().toList();
        String sentence = "java.lang.UnsupportedOperationException: anyfd supports Linux on x86-64 and aarch64, not ";
        List<String> others = said.stream().filter(line -> !line.contains(sentence)).toList();
        assertEquals(List.of("done"), others);
        for (String factory : List.of("SignalChannel.open", "EventFdChannel.own", "FdChannel.open", "Fds.flags",
                "NativeSocket.pair", "ChildProcess.start", "InotifyTree.open", "TtyChannel.openLine")) {
            assertTrue(said.stream().anyMatch(line -> line.startsWith(factory + ": ")), factory);
        }
    }
}
