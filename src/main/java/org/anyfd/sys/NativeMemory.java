package org.anyfd.sys;

import java.lang.ref.PhantomReference;
import java.lang.ref.ReferenceQueue;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Internal. Memory for what system calls take and give, by malloc(3). {@code ByteBuffer.allocateDirect} would do but for the
 * limit, {@code -XX:MaxDirectMemorySize}: once a program has reached it, a thread that has to wake another, to close a channel
 * or to put a terminal back would first wait, and then fail half-way. Any thread may call; nothing waits.
 *
 * <p>What the garbage collector finds unreachable is freed with the next allocation: no thread is kept for it.
 */
public final class NativeMemory {
    private static final ReferenceQueue<ByteBuffer> UNREACHABLE = new ReferenceQueue<>();
    /** Holds the references, or they would be unreachable themselves. */
    private static final Set<Block> BLOCKS = ConcurrentHashMap.newKeySet();

    private static final class Block extends PhantomReference<ByteBuffer> {
        final long address;

        Block(ByteBuffer memory, long address) {
            super(memory, UNREACHABLE);
            this.address = address;
        }
    }

    private NativeMemory() {
    }

    /**
     * A direct buffer of zeros, in native order, whose memory lives as long as it or a view of it is reachable.
     *
     * @throws OutOfMemoryError if malloc(3) fails
     * @throws UnsupportedOperationException as {@link Platform#requireSupported}
     */
    public static ByteBuffer allocate(int bytes) {
        if (Jffi.MEMORY == null) {
            Platform.requireSupported();
        }
        freeUnreachable();
        long address = Jffi.MEMORY.allocateMemory(bytes, true);
        if (address == 0) {
            throw new OutOfMemoryError("malloc(" + bytes + ")");
        }
        ByteBuffer memory = Jffi.MEMORY.newDirectByteBuffer(address, bytes).order(ByteOrder.nativeOrder());
        BLOCKS.add(new Block(memory, address));
        return memory;
    }

    /** How many have not been freed. */
    static int blocks() {
        freeUnreachable();
        return BLOCKS.size();
    }

    private static void freeUnreachable() {
        for (Block block; (block = (Block) UNREACHABLE.poll()) != null;) {
            BLOCKS.remove(block);
            Jffi.MEMORY.freeMemory(block.address);
        }
    }
}
