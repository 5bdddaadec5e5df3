package org.anyfd.sys;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;

/** Which way a call goes. That it goes to a function that was preloaded is what the tests of faults and of costs stand on. */
class SystemCallTest {
    @Test
    void functionOfTheCLibraryIsNotCalled() {
        assertEquals(Consts.SYS_readv, SystemCall.named("readv", Consts.SYS_readv).number());
    }

    @Test
    void functionOfAnotherLibraryIsCalled() {
        SystemCall ofTheJvm = SystemCall.named("JNI_GetCreatedJavaVMs", Consts.SYS_read);
        assertNotEquals(0, ofTheJvm.function().address());
        assertEquals(-1, ofTheJvm.number());
    }

    @Test
    void unknownFunctionIsNotImplemented() {
        SystemCall none = SystemCall.named("no_such_function_anyfd", Consts.SYS_read);
        assertEquals(-1, none.number());
        assertEquals(-Errno.ENOSYS, none.call(0, 0, 0));
    }

    @Test
    void bothWaysGiveTheSame() {
        ByteBuffer memory = ByteBuffer.allocateDirect(16).order(ByteOrder.nativeOrder());
        long address = Sys.address(memory);
        int fd = CFunction.named("eventfd").call(7, 0);
        try {
            for (int number : new int[] {Consts.SYS_read, -1}) {
                SystemCall read = new SystemCall(CFunction.named("read"), number);
                SystemCall write = new SystemCall(CFunction.named("write"), number == -1 ? -1 : Consts.SYS_write);
                assertEquals(8, read.callLong(fd, address, 16));
                assertEquals(7, memory.getLong(0));
                assertEquals(-Errno.EINVAL, read.callLong(fd, address, 4));
                assertEquals(8, write.callLong(fd, address, 8));
            }
        } finally {
            Sys.close(fd);
        }
    }
}
