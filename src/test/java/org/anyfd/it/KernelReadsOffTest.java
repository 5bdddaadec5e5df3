package org.anyfd.it;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

/** {@code -Dorg.anyfd.kernelReads=false}: a close that wakes a reader does nothing to a connection with another descriptor. */
class KernelReadsOffTest {
    @Test
    void otherDescriptorFindsNoFalseEnd() throws Exception {
        assertEquals("closed\nother reads 0\n",
            ChildJvm.run(List.of("-Dorg.anyfd.kernelReads=false"), KernelReadsProbe.class).quietly());
    }

    @Test
    void otherwiseTheEndIsTheConnections() throws Exception {
        assertEquals("closed\nother reads -1\n", ChildJvm.run(List.of(), KernelReadsProbe.class).quietly());
    }
}
