package org.anyfd.sys;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Internal. A system call that is made for each request, with results as {@link CFunction}'s. The C library's functions for
 * calls that may wait are cancellation points (pthreads(7)): glibc before 2.41 changes a word of the thread atomically before
 * and after, which takes 18 of the 390 ns of a read(2) that finds nothing. Nobody cancels a thread of a JVM, so these calls
 * go by syscall(2).
 *
 * <p>But not where the process has a function of its own in place of the C library's (LD_PRELOAD), such as one for a network
 * stack outside the kernel; nor where the kernel has no call of this name.
 *
 * @param number the call's, or -1 if the function is called. The components of a record are constants for the compiler
 */
record SystemCall(CFunction function, int number) {
    private static final CFunction SYSCALL = CFunction.named("syscall");
    private static final CFunction DLADDR = CFunction.named("dladdr");
    /** The C library, by a function that nobody replaces. */
    private static final long C_LIBRARY = library(CFunction.named("qsort"));
    private static final boolean USABLE = C_LIBRARY != 0 && library(SYSCALL) == C_LIBRARY;

    static SystemCall named(String name, int number) {
        CFunction function = CFunction.named(name);
        return new SystemCall(function, USABLE && library(function) == C_LIBRARY ? number : -1);
    }

    /** Where the library that has the function was loaded, or 0 if that is not known: dladdr(3). */
    private static long library(CFunction function) {
        if (!Platform.SUPPORTED) {
            return 0;
        }
        int sizeofDlInfo = 4 * Long.BYTES;
        int fbase = Long.BYTES;
        ByteBuffer info = ByteBuffer.allocateDirect(sizeofDlInfo).order(ByteOrder.nativeOrder());
        return DLADDR.call(function.address(), Jffi.MEMORY.getDirectBufferAddress(info)) > 0 ? info.getLong(fbase) : 0;
    }

    int call(long a, long b, long c) {
        return number >= 0 ? (int) SYSCALL.callLong(number, a, b, c) : function.call(a, b, c);
    }

    int call(long a, long b, long c, long d) {
        return number >= 0 ? (int) SYSCALL.callLong(number, a, b, c, d) : function.call(a, b, c, d);
    }

    long callLong(long a, long b, long c) {
        return number >= 0 ? SYSCALL.callLong(number, a, b, c) : function.callLong(a, b, c);
    }
}
