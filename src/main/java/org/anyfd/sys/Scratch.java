package org.anyfd.sys;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.LongBuffer;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * Internal. Native memory for the arguments of one system call: a small area for structs and addresses, an iovec
 * array, and a data area through which buffers are copied.
 *
 * <p>Owned by the calling thread between {@link #take} and {@link #give}, and never held while a virtual thread waits. A
 * platform thread has its own; virtual threads, of which there may be a million, share a few.
 */
public final class Scratch {
    /** The small area's size in bytes: enough for any struct of {@link Layouts} and a Unix path. */
    public static final int SMALL = 4608;
    /** The most bytes that one system call carries if they are copied; larger transfers take several calls. */
    public static final int MAX_DATA = 256 * 1024;

    private static final int MIN_DATA = 8 * 1024;
    private static final ThreadLocal<Scratch> OWN = new ThreadLocal<>();
    private static final AtomicReferenceArray<Scratch> SHARED = new AtomicReferenceArray<>(64);

    private final ByteBuffer small = NativeMemory.allocate(SMALL);
    private final long smallAddress = Sys.address(small);
    private LongBuffer iovec;
    private long iovecAddress;
    private ByteBuffer data;
    private long dataAddress;
    private boolean taken;

    private Scratch() {
    }

    /** Takes the calling thread's scratch memory; give it back in a finally block. */
    public static Scratch take() {
        if (VirtualThreads.current()) {
            Scratch shared = SHARED.getAndSet(stripe(), null);
            return shared != null ? shared : new Scratch();
        }
        Scratch own = OWN.get();
        if (own == null || own.taken) {
            // The second case is a call made while another is being prepared, such as a user's buffer that does I/O.
            Scratch fresh = new Scratch();
            if (own == null) {
                OWN.set(fresh);
            }
            own = fresh;
        }
        own.taken = true;
        return own;
    }

    public void give() {
        taken = false;
        if (VirtualThreads.current()) {
            SHARED.compareAndSet(stripe(), null, this);
        }
    }

    @SuppressWarnings("deprecation") // threadId() is newer than 17
    private static int stripe() {
        return (int) Thread.currentThread().getId() & 63;
    }

    /** The small area, {@value #SMALL} bytes in native order; use absolute access only. */
    public ByteBuffer small() {
        return small;
    }

    public long smallAddress() {
        return smallAddress;
    }

    private LongBuffer iovec() {
        if (iovec == null) {
            ByteBuffer memory = NativeMemory.allocate(Consts.IOV_MAX * Layouts.IOVEC);
            iovecAddress = Sys.address(memory);
            iovec = memory.asLongBuffer();
        }
        return iovec;
    }

    /** The address of the iovec array, which has room for {@code IOV_MAX} entries. */
    public long iovecAddress() {
        iovec();
        return iovecAddress;
    }

    public void iovec(int index, long base, long lenBytes) {
        LongBuffer v = iovec();
        int at = index * (Layouts.IOVEC / Long.BYTES);
        v.put(at + Layouts.IOVEC_BASE / Long.BYTES, base);
        v.put(at + Layouts.IOVEC_LEN / Long.BYTES, lenBytes);
    }

    /** The base of the first entry. */
    public long firstBase() {
        return iovec().get(Layouts.IOVEC_BASE / Long.BYTES);
    }

    /** The length of the first entry in bytes. */
    public long firstLen() {
        return iovec().get(Layouts.IOVEC_LEN / Long.BYTES);
    }

    /** A data area of at least {@code min(bytes, MAX_DATA)} bytes; its contents do not survive a larger request. */
    public ByteBuffer data(int bytes) {
        int wanted = Math.min(bytes, MAX_DATA);
        if (data == null || data.capacity() < wanted) {
            data = ByteBuffer.allocateDirect(Math.max(MIN_DATA, powerOfTwo(wanted))).order(ByteOrder.nativeOrder());
            dataAddress = Sys.address(data);
        }
        return data;
    }

    private static int powerOfTwo(int atLeast) {
        return atLeast <= 1 ? 1 : Integer.highestOneBit(atLeast - 1) << 1;
    }

    public long dataAddress() {
        return dataAddress;
    }
}
