package org.anyfd.sys;

import com.kenai.jffi.CallContext;
import com.kenai.jffi.CallingConvention;
import com.kenai.jffi.Invoker;
import com.kenai.jffi.LastError;
import com.kenai.jffi.Type;
import java.util.Arrays;

/**
 * Internal. A function of the C library that takes numbers: int, long, size_t, addresses. A call returns what the
 * function returns if that is not negative, else {@code -errno}; it never throws, except on a machine that anyfd does not
 * support: there every call ends in {@link Platform#requireSupported}, and jffi, which may not know the machine either, is
 * left alone.
 *
 * <p>Calls go through jffi, the engine of JNR-FFI, and not through an interface that JNR-FFI implements: its stubs are
 * no faster (9.8 against 8.8 ns for three arguments), but to generate them takes 100 ms of a program's start, and those
 * for x86-64 pass garbage as the sixth argument (2.3.4).
 *
 * <p>The variadic functions (fcntl, ioctl, open, syscall) are called with the arguments we pass: on x86-64 and aarch64 Linux
 * these travel in the same registers. Of an int argument the callee reads the low half.
 */
public final class CFunction {
    private static final Invoker INVOKER = Jffi.INVOKER;
    private static final LastError ERRNO = Jffi.ERRNO;
    private static final CallContext C1 = numbers(1);
    private static final CallContext C2 = numbers(2);
    private static final CallContext C3 = numbers(3);
    private static final CallContext C4 = numbers(4);
    private static final CallContext C5 = numbers(5);
    private static final CallContext C6 = numbers(6);

    private final long address;

    private CFunction(long address) {
        this.address = address;
    }

    /** The function of this name. If this C library has none, each call returns -ENOSYS. */
    public static CFunction named(String name) {
        if (Jffi.LOADED == null) {
            return new CFunction(0);
        }
        long address;
        try {
            address = Jffi.LOADED.getSymbolAddress(name);
        } catch (UnsatisfiedLinkError e) {
            address = 0;
        }
        return new CFunction(address);
    }

    /** Where it is, or 0 if this C library has none. */
    long address() {
        return address;
    }

    /** With the thread's errno kept for {@link #ERRNO}, before the JVM can change it. */
    private static CallContext numbers(int count) {
        if (Jffi.LOADED == null) {
            return null;
        }
        Type[] parameters = new Type[count];
        Arrays.fill(parameters, Type.SINT64);
        return CallContext.getCallContext(Type.SINT64, parameters, CallingConvention.DEFAULT, true);
    }

    /** For a function that returns int: the upper half of the register is nobody's. */
    public int call(long a) {
        return address == 0 ? missing() : checked((int) INVOKER.invokeN1(C1, address, a));
    }

    public int call(long a, long b) {
        return address == 0 ? missing() : checked((int) INVOKER.invokeN2(C2, address, a, b));
    }

    public int call(long a, long b, long c) {
        return address == 0 ? missing() : checked((int) INVOKER.invokeN3(C3, address, a, b, c));
    }

    public int call(long a, long b, long c, long d) {
        return address == 0 ? missing() : checked((int) INVOKER.invokeN4(C4, address, a, b, c, d));
    }

    public int call(long a, long b, long c, long d, long e) {
        return address == 0 ? missing() : checked((int) INVOKER.invokeN5(C5, address, a, b, c, d, e));
    }

    public int call(long a, long b, long c, long d, long e, long f) {
        return address == 0 ? missing() : checked((int) INVOKER.invokeN6(C6, address, a, b, c, d, e, f));
    }

    /** For a function that returns long or ssize_t. */
    public long callLong(long a, long b, long c) {
        return address == 0 ? missing() : checked(INVOKER.invokeN3(C3, address, a, b, c));
    }

    public long callLong(long a, long b, long c, long d) {
        return address == 0 ? missing() : checked(INVOKER.invokeN4(C4, address, a, b, c, d));
    }

    public long callLong(long a, long b, long c, long d, long e) {
        return address == 0 ? missing() : checked(INVOKER.invokeN5(C5, address, a, b, c, d, e));
    }

    public long callLong(long a, long b, long c, long d, long e, long f) {
        return address == 0 ? missing() : checked(INVOKER.invokeN6(C6, address, a, b, c, d, e, f));
    }

    private static int missing() {
        Platform.requireSupported();
        return -Errno.ENOSYS;
    }

    private static int checked(int result) {
        return result >= 0 ? result : -ERRNO.get();
    }

    private static long checked(long result) {
        return result >= 0 ? result : -ERRNO.get();
    }
}
