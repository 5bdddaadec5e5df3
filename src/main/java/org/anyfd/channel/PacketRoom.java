package org.anyfd.channel;

import java.lang.ref.WeakReference;
import java.net.DatagramPacket;
import java.util.Map;
import java.util.WeakHashMap;

/**
 * How many bytes a DatagramPacket has room for, when a program receives into the same one again and again. The JDK
 * keeps that beside the packet's length, where nobody else can read or keep it: {@link DatagramPacket#setLength} sets
 * both, so that each datagram would cut the packet to its own length. Here it is remembered for a packet that is as
 * the last receive left it.
 *
 * <p>One table for all sockets, for a packet may go from one to the other.
 */
final class PacketRoom {
    /** By packet, for which equality is identity. Guarded by itself. */
    private static final Map<DatagramPacket, PacketRoom> REMEMBERED = new WeakHashMap<>();

    private final WeakReference<byte[]> data;
    private final int offset;
    private final int length;
    private final int room;

    private PacketRoom(DatagramPacket packet, int room) {
        this.data = new WeakReference<>(packet.getData());
        this.offset = packet.getOffset();
        this.length = packet.getLength();
        this.room = room;
    }

    private boolean describes(DatagramPacket packet) {
        return data.refersTo(packet.getData()) && offset == packet.getOffset() && length == packet.getLength();
    }

    /** The room in a packet, of which the caller holds the monitor. */
    static int of(DatagramPacket packet) {
        synchronized (REMEMBERED) {
            PacketRoom remembered = REMEMBERED.get(packet);
            return remembered != null && remembered.describes(packet) ? remembered.room : packet.getLength();
        }
    }

    /** Sets the length of what was received, but keeps the room. The caller holds the packet's monitor. */
    static void setLength(DatagramPacket packet, int length, int room) {
        packet.setLength(length);
        synchronized (REMEMBERED) {
            if (length < room) {
                REMEMBERED.put(packet, new PacketRoom(packet, room));
            } else {
                REMEMBERED.remove(packet);
            }
        }
    }
}
