package org.anyfd.sys;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Field;
import java.nio.Buffer;
import java.nio.ByteBuffer;

/**
 * Internal. Where the bytes of a user's direct buffer lie. {@code sun.misc.Unsafe} finds it by a load, but JDK 24 and newer
 * warn of that, unless the user has said {@code --sun-misc-unsafe-memory-access=allow} (JEP 498). JNI's
 * GetDirectBufferAddress, which is {@link Sys#address}, takes 20 ns, as long as all else that a read does outside the kernel;
 * so what it says is remembered. {@code java.lang.foreign} is as fast as the load, but makes up to 72 bytes of garbage.
 *
 * <p>Apart from {@code Sys}, as method handles take some milliseconds when a program starts.
 */
public final class DirectBuffers {
    /** The address of byte 0 of a ByteBuffer, or null where it is not to be had without a warning. */
    private static final MethodHandle ADDRESS = Runtime.version().feature() < 24
        || "allow".equals(System.getProperty("sun.misc.unsafe.memory.access")) ? field() : null;
    private static final AddressTable TABLE = ADDRESS == null ? new AddressTable() : null;

    /**
     * Whether a buffer may be a view of memory that another thread can free while the buffer is used: {@code Arena.ofShared}
     * of JDK 22, before that a preview. The JDK's channels keep such an arena open meanwhile, by a call that is not public.
     */
    public static final boolean MAY_BE_FREED = Runtime.version().feature() >= 19;

    private DirectBuffers() {
    }

    private static MethodHandle field() {
        try {
            Class<?> unsafeClass = Class.forName("sun.misc.Unsafe");
            Field theUnsafe = unsafeClass.getDeclaredField("theUnsafe");
            theUnsafe.setAccessible(true);
            Object unsafe = theUnsafe.get(null);
            MethodHandles.Lookup lookup = MethodHandles.publicLookup();
            long offset = (long) lookup
                .findVirtual(unsafeClass, "objectFieldOffset", MethodType.methodType(long.class, Field.class))
                .invoke(unsafe, Buffer.class.getDeclaredField("address"));
            MethodHandle getLong = lookup.findVirtual(unsafeClass, "getLong",
                MethodType.methodType(long.class, Object.class, long.class));
            return MethodHandles.insertArguments(getLong.bindTo(unsafe), 1, offset)
                .asType(MethodType.methodType(long.class, ByteBuffer.class));
        } catch (Throwable notInThisImage) {
            return null; // jlink puts jdk.unsupported only where it is asked for
        }
    }

    /** The address of byte 0, whatever the position. The buffer must stay reachable while it is used. */
    public static long address(ByteBuffer direct) {
        if (ADDRESS == null) {
            return TABLE.address(direct);
        }
        try {
            return (long) ADDRESS.invokeExact(direct);
        } catch (Throwable impossible) {
            throw new AssertionError(impossible);
        }
    }
}
