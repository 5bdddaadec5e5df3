package org.anyfd.contract;

import static java.nio.channels.SelectionKey.OP_READ;
import static java.nio.channels.SelectionKey.OP_WRITE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.nio.channels.WritableByteChannel;

/**
 * One end of a pipe or connection, and what is known about it: how many bytes wait, who has closed or shut down what,
 * and therefore which operations are ready. It avoids the states that the kernel does not define sharply: no more is
 * queued than surely fits, except when a pipe is filled to the brim, and such a pipe is then emptied altogether.
 */
final class SelectorModelEnd {
    private static final int MOST_QUEUED = 8_000;

    final SelectableChannel channel;
    final int validOps;
    SelectorModelEnd peer;

    /** Bytes the peer has written and this end has not read. */
    private int pending;
    private boolean full;
    private boolean outputShut;
    /** The peer closed with bytes unread, which a connection takes for an error. */
    private boolean reset;
    boolean open = true;

    /** What the selector should know; {@code key} is null once it has forgotten. */
    SelectionKey key;
    int interest;
    boolean selected;
    int ready;
    /** The key was cancelled before the selection that runs now. */
    boolean flushing;

    private SelectorModelEnd(SelectableChannel channel, int validOps) {
        this.channel = channel;
        this.validOps = validOps;
    }

    static SelectorModelEnd[] pipe(Pipe pipe) {
        return link(new SelectorModelEnd(pipe.source(), OP_READ), new SelectorModelEnd(pipe.sink(), OP_WRITE));
    }

    static SelectorModelEnd[] connection(Selecting.Connection tcp) {
        int ops = OP_READ | OP_WRITE;
        return link(new SelectorModelEnd(tcp.near(), ops), new SelectorModelEnd(tcp.far(), ops));
    }

    private static SelectorModelEnd[] link(SelectorModelEnd one, SelectorModelEnd two) {
        one.peer = two;
        two.peer = one;
        return new SelectorModelEnd[] {one, two};
    }

    private boolean isSocket() {
        return channel instanceof SocketChannel;
    }

    /** The operations of interest that a selection finds ready, as soon as the kernel has delivered everything. */
    int expected() {
        if (key == null || flushing) {
            return 0;
        }
        boolean readable = pending > 0 || reset || !peer.open || peer.outputShut;
        boolean writable = !full || reset || !isSocket() && !peer.open;
        return interest & ((readable ? OP_READ : 0) | (writable ? OP_WRITE : 0));
    }

    /**
     * The kernel reports a hang-up or an error. What is ready then is said to be the interest set, and nobody promises
     * that a ready set keeps other operations that it had.
     */
    boolean hungUp() {
        return reset || outputShut && (peer.outputShut || !peer.open);
    }

    void flushed() {
        key = null;
        selected = false;
        flushing = false;
    }

    void write(int count) throws IOException {
        boolean writes = (validOps & OP_WRITE) != 0 && open && !outputShut && !full && !reset;
        if (writes && peer.open && peer.pending + count <= MOST_QUEUED) {
            Selecting.put((WritableByteChannel) channel, count);
            peer.pending += count;
        }
    }

    void read(int most) throws IOException {
        if ((validOps & OP_READ) == 0 || !open || reset || pending == 0) {
            return;
        }
        int count = peer.full ? pending : Math.min(most, pending);
        ByteBuffer buffer = ByteBuffer.allocate(count);
        long start = System.nanoTime();
        while (buffer.hasRemaining()) {
            assertTrue(((ReadableByteChannel) channel).read(buffer) >= 0, () -> "end of stream: " + this);
            assertTrue(Selecting.millisSince(start) < 10_000, () -> "bytes lost: " + this);
        }
        pending -= count;
        peer.full = false;
    }

    /** Writes until a pipe takes no more. */
    void fill() throws IOException {
        if (channel instanceof Pipe.SinkChannel sink && open && peer.open && !full) {
            for (int count = -1; count != 0; peer.pending += count) {
                count = sink.write(ByteBuffer.allocate(1 << 16));
            }
            full = true;
        }
    }

    void shutdownOutput() throws IOException {
        if (channel instanceof SocketChannel socket && open && !outputShut && !reset && peer.open) {
            socket.shutdownOutput();
            outputShut = true;
        }
    }

    void close() throws IOException {
        if (open) {
            channel.close();
            open = false;
            peer.reset |= isSocket() && pending > 0;
            assertEquals(false, key != null && key.isValid());
        }
    }

    @Override
    public String toString() {
        return channel + " open " + open + " pending " + pending + " full " + full + " outputShut " + outputShut
            + " reset " + reset + " interest " + interest + " selected " + selected + " ready " + ready
            + " expected " + expected();
    }
}
