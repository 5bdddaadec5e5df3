package org.anyfd.sys;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.reflect.Field;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import sun.misc.Unsafe;

class AddressTableTest {
    private static final int ENOUGH_TO_BE_REMEMBERED = 2_000;

    private final AddressTable table = new AddressTable();

    /** More than are remembered, and among them pairs of one address. */
    @Test
    void eachBufferHasItsOwnAddressHoweverOftenItIsAskedFor() {
        ByteBuffer memory = ByteBuffer.allocateDirect(5_000);
        List<ByteBuffer> buffers = new ArrayList<>();
        for (int i = 0; i < memory.capacity(); i++) {
            ByteBuffer slice = memory.slice(i, 1);
            buffers.add(slice);
            buffers.add(slice.duplicate());
        }
        long address = Sys.address(memory);
        for (int round = 0; round < 40; round++) {
            for (int i = 0; i < buffers.size(); i++) {
                assertEquals(address + i / 2, table.address(buffers.get(i)));
            }
        }
    }

    /** And then make no garbage. */
    @Test
    void fourBuffersOfOneAddressAreAllRemembered() {
        ByteBuffer buffer = ByteBuffer.allocateDirect(64);
        List<ByteBuffer> buffers = List.of(buffer, buffer.duplicate(), buffer.asReadOnlyBuffer(), buffer.slice());
        buffers.forEach(each -> assertRemembered(each, Sys.address(buffer)));
        buffers.forEach(each -> assertEquals(Sys.address(buffer), table.find(each)));
        assertEquals(0, table.find(buffer.duplicate()));
    }

    /** As lmdbjava has it, which gives one buffer after the other the same object. */
    @Test
    @SuppressWarnings("removal")
    void bufferThatMovedIsWhereItIs() throws Exception {
        Field theUnsafe = Unsafe.class.getDeclaredField("theUnsafe");
        theUnsafe.setAccessible(true);
        Unsafe unsafe = (Unsafe) theUnsafe.get(null);
        long offset = unsafe.objectFieldOffset(Buffer.class.getDeclaredField("address"));
        ByteBuffer buffer = ByteBuffer.allocateDirect(64);
        long first = Sys.address(buffer);
        assertRemembered(buffer, first);
        try {
            // The first by little; then by what the lower bits do not tell, after it was seen to move.
            for (long moved : new long[] {first + 8, first + (1L << 30), first + 8 + (1L << 30), first + (1L << 40)}) {
                unsafe.putLong(buffer, offset, moved);
                assertRemembered(buffer, moved);
            }
        } finally {
            unsafe.putLong(buffer, offset, first);
        }
    }

    private void assertRemembered(ByteBuffer buffer, long address) {
        for (int i = 0; i < ENOUGH_TO_BE_REMEMBERED; i++) {
            assertEquals(address, table.address(buffer));
        }
    }
}
