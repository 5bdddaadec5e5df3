package org.anyfd.sys;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.ref.WeakReference;
import java.lang.reflect.Field;
import java.nio.Buffer;
import java.nio.ByteBuffer;

/**
 * Internal. Where the bytes of a user's direct buffer lie. {@code sun.misc.Unsafe} finds it by a load, but JDK 24 and newer
 * warn of it (JEP 498). JNI's GetDirectBufferAddress, which is {@link Sys#address}, takes 20 ns, as long as all else that a
 * read does outside the kernel; so what it said is remembered there, as most programs use their buffers again and again.
 * {@code java.lang.foreign} is fast, but makes up to 72 bytes of garbage.
 *
 * <p>Apart from {@code Sys}, as method handles take some milliseconds when a program starts.
 */
public final class DirectBuffers {
    /** The address of byte 0 of a ByteBuffer, or null where it is not to be had without a warning. */
    private static final MethodHandle ADDRESS = Runtime.version().feature() < 24 ? field() : null;

    private static final int TABLE_BITS = 10;
    /**
     * Buffers whose address was asked for, at places that their addresses' lower bits give. Guarded by nothing: an entry
     * holds for ever, as a buffer never moves, and one that is seen half made is of no buffer.
     */
    private static final Known[] TABLE = ADDRESS == null ? new Known[1 << TABLE_BITS] : null;
    /** So that buffers which are used once make little garbage. A power of two. */
    private static final int ASKED_FOR_EACH_REMEMBERED = 16;
    private static int asked;

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
            int place = place(direct);
            Known known = TABLE[place];
            return known != null && known.refersTo(direct) ? known.address : ask(direct, place);
        }
        try {
            return (long) ADDRESS.invokeExact(direct);
        } catch (Throwable impossible) {
            throw new AssertionError(impossible);
        }
    }

    private static int place(ByteBuffer direct) {
        // All that the public methods say of an address, by a load: multiplied by 2^32 over the golden ratio to mix them.
        int lowerBits = direct.alignmentOffset(0, 1 << 30);
        return lowerBits * 0x9E3779B9 >>> Integer.SIZE - TABLE_BITS;
    }

    private static long ask(ByteBuffer direct, int place) {
        long address = Sys.address(direct);
        if ((asked++ & ASKED_FOR_EACH_REMEMBERED - 1) == 0) {
            TABLE[place] = new Known(direct, address);
        }
        return address;
    }

    private static final class Known extends WeakReference<ByteBuffer> {
        final long address;

        Known(ByteBuffer direct, long address) {
            super(direct);
            this.address = address;
        }
    }
}
