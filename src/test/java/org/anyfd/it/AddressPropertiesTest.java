package org.anyfd.it;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The properties by which a user prefers IPv4 or IPv6 mean what they mean with the JDK's provider. */
class AddressPropertiesTest {
    @ParameterizedTest
    @ValueSource(strings = {
        "-Djava.net.preferIPv4Stack=false", "-Djava.net.preferIPv4Stack=true",
        "-Djava.net.preferIPv6Addresses=true", "-Djava.net.preferIPv6Addresses=system",
    })
    void addressesAreThoseOfTheJdk(String property) throws Exception {
        assertEquals(probe("sun.nio.ch.EPollSelectorProvider", property),
            probe("org.anyfd.AnyFdSelectorProvider", property));
    }

    private static String probe(String provider, String property) throws Exception {
        return ChildJvm.run(List.of("-Djava.nio.channels.spi.SelectorProvider=" + provider, property),
            AddressProbe.class).quietly();
    }
}
