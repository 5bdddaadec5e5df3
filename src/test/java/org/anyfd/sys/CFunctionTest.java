package org.anyfd.sys;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

/** How numbers go in and come out. */
class CFunctionTest {
    /** mmap(2) minds each of its six arguments: the last is the offset, refused if it is not a whole page. */
    @Test
    void sixthArgumentArrives() {
        CFunction mmap = CFunction.named("mmap");
        int protRead = 1;
        int mapPrivateAnonymous = 0x22;
        assertEquals(-Errno.EINVAL, mmap.callLong(0, 4096, protRead, mapPrivateAnonymous, -1, 1));
        long address = mmap.callLong(0, 4096, protRead, mapPrivateAnonymous, -1, 4096);
        assertEquals(0, CFunction.named("munmap").call(address, 4096));
    }

    @Test
    void argumentsKeepTheirOrder() {
        ByteBuffer memory = ByteBuffer.allocateDirect(64);
        long text = Sys.address(memory);
        long format = text + 32;
        memory.put(32, "%d:%d:%d\0".getBytes(US_ASCII));
        assertEquals(8, CFunction.named("snprintf").call(text, 32, format, 11, 222, 3));
        byte[] written = new byte[8];
        memory.get(0, written);
        assertEquals("11:222:3", new String(written, US_ASCII));
    }

    @Test
    void longResultIsWhole() {
        ByteBuffer name = ByteBuffer.allocateDirect(1);
        int file = CFunction.named("memfd_create").call(Sys.address(name), 0);
        try {
            assertEquals(1L << 40, CFunction.named("lseek").callLong(file, 1L << 40, 0));
        } finally {
            Sys.close(file);
        }
    }

    @Test
    void negativeResultIsTheErrno() {
        assertEquals(-Errno.EBADF, CFunction.named("close").call(-1));
        assertEquals(-Errno.EBADF, CFunction.named("read").callLong(-1, 0, 0));
    }

    @Test
    void unknownFunctionIsNotImplemented() {
        CFunction none = CFunction.named("no_such_function_anyfd");
        assertEquals(-Errno.ENOSYS, none.call(1));
        assertEquals(-Errno.ENOSYS, none.callLong(1, 2, 3));
    }
}
