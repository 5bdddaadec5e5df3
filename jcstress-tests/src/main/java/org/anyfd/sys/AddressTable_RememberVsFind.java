package org.anyfd.sys;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import java.nio.ByteBuffer;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;

/**
 * One thread remembers a buffer's address at a place where another buffer's is, a second one looks for it. It must not find
 * the other's: what is read or written then is somebody else's memory.
 *
 * <p>The twin keeps the buffer and its address in two fields, as if an entry were not one object.
 *
 * <pre>
 * mvn -f jcstress-tests verify -Draces.only=AddressTable_RememberVsFind
 *
 *   found          Real         Twin
 *   0           834,655    3,688,562
 *   1           481,051    3,694,047
 *   2                 -          297
 * </pre>
 */
public class AddressTable_RememberVsFind {
    /** Of one place, and with the same lower bits, so that nothing but the entry says whose address it is. */
    private static final ByteBuffer BEFORE = ByteBuffer.allocateDirect(1);
    private static final ByteBuffer NOW = BEFORE.duplicate();
    private static final long BEFORE_ADDRESS = Sys.address(BEFORE) + (1L << 40);
    private static final long NOW_ADDRESS = Sys.address(BEFORE) + (2L << 40);

    @JCStressTest
    @Outcome(id = "0", expect = ACCEPTABLE, desc = "Not remembered yet.")
    @Outcome(id = "1", expect = ACCEPTABLE, desc = "Found.")
    @Outcome(id = "2", expect = FORBIDDEN, desc = "Another buffer's address.")
    @State
    public static class Real {
        private final AddressTable table = new AddressTable();

        public Real() {
            for (int i = 0; i < AddressTable.WAYS; i++) {
                remember(BEFORE, BEFORE_ADDRESS);
            }
        }

        @Actor
        public void actor1() {
            remember(NOW, NOW_ADDRESS);
        }

        @Actor
        public void actor2(I_Result r) {
            long found = find(NOW);
            r.r1 = found == 0 ? 0 : found == NOW_ADDRESS ? 1 : 2;
        }

        void remember(ByteBuffer direct, long address) {
            table.remember(direct, address);
        }

        long find(ByteBuffer direct) {
            return table.find(direct);
        }
    }

    @JCStressTest
    @State
    public static class Twin extends Real {
        private ByteBuffer buffer;
        private long address;

        @Override
        @Actor
        public void actor1() {
            super.actor1();
        }

        @Override
        @Actor
        public void actor2(I_Result r) {
            super.actor2(r);
        }

        @Override
        void remember(ByteBuffer direct, long of) {
            buffer = direct;
            address = of;
        }

        @Override
        long find(ByteBuffer direct) {
            return buffer == direct ? address : 0;
        }
    }
}
