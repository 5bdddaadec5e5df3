package org.anyfd.it;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A connect that failed names the address, if the user wants that, as with the JDK's provider. */
class HostInfoTest {
    @ParameterizedTest
    @CsvSource(delimiter = ';', value = {"hostInfo; true", "jar, HOSTINFO; true", "jar; false"})
    void textsAreThoseOfTheJdk(String included, boolean told) throws Exception {
        String ours = probe("org.anyfd.AnyFdSelectorProvider", included);
        assertEquals(probe("sun.nio.ch.EPollSelectorProvider", included), ours);
        assertEquals(told, ours.contains("Connection refused: nobody/127.0.0.1:PORT"), ours);
    }

    private static String probe(String provider, String included) throws Exception {
        return ChildJvm.run(List.of("-Djava.nio.channels.spi.SelectorProvider=" + provider,
            "-Djdk.includeInExceptions=" + included), HostInfoProbe.class).quietly();
    }
}
