package org.anyfd.sys;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Field;
import java.nio.Buffer;
import java.nio.ByteBuffer;

/**
 * Internal. Where the bytes of a user's direct buffer lie. JNI's GetDirectBufferAddress, which is {@link Sys#address},
 * takes 20 ns, as long as all else that a read does outside the kernel. In compiled code what is here is a load: through
 * {@code sun.misc.Unsafe}, and from JDK 22 on, since JDK 24 warns of that (JEP 498), through {@code java.lang.foreign},
 * which makes an object of 72 bytes as long as the code is not optimized.
 *
 * <p>Apart from {@code Sys}, as method handles take some milliseconds when a program starts.
 */
public final class DirectBuffers {
    private static final boolean FOREIGN = Runtime.version().feature() >= 22;
    /** The address of a ByteBuffer: of the byte at its position if FOREIGN, else of byte 0; null if not to be had so. */
    private static final MethodHandle ADDRESS = FOREIGN ? foreign() : unsafe();

    private DirectBuffers() {
    }

    private static MethodHandle foreign() {
        try {
            Class<?> segment = Class.forName("java.lang.foreign.MemorySegment");
            MethodHandles.Lookup lookup = MethodHandles.publicLookup();
            MethodHandle ofBuffer = lookup.findStatic(segment, "ofBuffer", MethodType.methodType(segment, Buffer.class));
            MethodHandle address = lookup.findVirtual(segment, "address", MethodType.methodType(long.class));
            return ofByteBuffer(MethodHandles.filterReturnValue(ofBuffer, address));
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }

    private static MethodHandle unsafe() {
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
            return ofByteBuffer(MethodHandles.insertArguments(getLong.bindTo(unsafe), 1, offset));
        } catch (Throwable notInThisImage) {
            return null; // jlink puts jdk.unsupported only where it is asked for
        }
    }

    private static MethodHandle ofByteBuffer(MethodHandle address) {
        return address.asType(MethodType.methodType(long.class, ByteBuffer.class));
    }

    /** The address of byte 0, whatever the position. The buffer must stay reachable while it is used. */
    public static long address(ByteBuffer direct) {
        if (ADDRESS == null) {
            return Sys.address(direct);
        }
        try {
            long address = (long) ADDRESS.invokeExact(direct);
            return FOREIGN ? address - direct.position() : address;
        } catch (Throwable impossible) {
            throw new AssertionError(impossible);
        }
    }
}
