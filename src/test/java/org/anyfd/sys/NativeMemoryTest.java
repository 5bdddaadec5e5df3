package org.anyfd.sys;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.LongBuffer;
import org.anyfd.testing.Tasks;
import org.junit.jupiter.api.Test;

class NativeMemoryTest {
    @Test
    void isZeroAndInNativeOrder() {
        ByteBuffer memory = NativeMemory.allocate(10_000);
        assertTrue(memory.isDirect());
        assertEquals(ByteOrder.nativeOrder(), memory.order());
        assertEquals(10_000, memory.capacity());
        assertEquals(-1, memory.mismatch(ByteBuffer.allocate(10_000)));
    }

    @Test
    void whatIsUnreachableIsFreed() {
        int before = NativeMemory.blocks();
        for (int i = 0; i < 1_000; i++) {
            NativeMemory.allocate(100_000);
        }
        Tasks.await(() -> {
            System.gc();
            return NativeMemory.blocks() < before + 100;
        }, "memory freed");
    }

    @Test
    void viewKeepsIt() {
        LongBuffer view = NativeMemory.allocate(64).putLong(0, 7).asLongBuffer();
        for (int i = 0; i < 3; i++) {
            System.gc();
            NativeMemory.allocate(64).putLong(0, 8);
        }
        assertEquals(7, view.get(0));
    }

    @Test
    void memoryThatMallocDoesNotGiveIsAnOutOfMemoryError() {
        assertThrowsExactly(OutOfMemoryError.class, () -> NativeMemory.allocate(-1));
    }
}
