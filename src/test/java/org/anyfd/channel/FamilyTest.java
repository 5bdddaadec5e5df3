package org.anyfd.channel;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whether there is IPv6, as far as a file says so. That a machine has it is seen by {@code AddressPropertiesTest}. */
class FamilyTest {
    @TempDir
    Path directory;

    @Test
    void interfaceWithAnAddressIsIpv6() throws Exception {
        Path file = Files.writeString(directory.resolve("if_inet6"),
            "00000000000000000000000000000001 01 80 10 80       lo\n");
        assertTrue(Family.anyAddress(file.toString()));
    }

    @Test
    void interfacesWithoutAddressAreNoIpv6() throws Exception {
        assertFalse(Family.anyAddress(Files.createFile(directory.resolve("if_inet6")).toString()));
    }

    @Test
    void kernelWithoutTheFileHasNoIpv6() {
        assertFalse(Family.anyAddress(directory.resolve("if_inet6").toString()));
    }
}
