package org.anyfd.channel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.anyfd.poll.Fd;
import org.junit.jupiter.api.Test;

/** Tokens find their key and no other. */
class SlotsTest {
    private final Slots slots = new Slots();

    private static NativeSelectionKey key() {
        Fd fd = Fd.borrow(0);
        return new NativeSelectionKey(null, null, () -> fd, 0);
    }

    @Test
    void tokenFindsItsKey() {
        NativeSelectionKey key = key();
        NativeSelectionKey other = key();
        long token = slots.add(key);
        long otherToken = slots.add(other);
        assertSame(key, slots.get(token));
        assertSame(other, slots.get(otherToken));
        assertNotEquals(token, otherToken);
    }

    @Test
    void tokensAreNeverNegative() {
        for (int i = 0; i < 100; i++) {
            assertTrue(slots.add(key()) >= 0);
        }
    }

    @Test
    void removedKeyIsNotFound() {
        long token = slots.add(key());
        slots.remove(token);
        assertNull(slots.get(token));
    }

    @Test
    void staleTokenDoesNotFindTheNextTenant() {
        long stale = slots.add(key());
        slots.remove(stale);
        NativeSelectionKey tenant = key();
        long token = slots.add(tenant);
        assertEquals((int) stale, (int) token, "the slot is used again");
        assertNull(slots.get(stale));
        assertSame(tenant, slots.get(token));
    }

    @Test
    void tokensThatNeverWereFindNothing() {
        slots.add(key());
        assertNull(slots.get(-1));
        assertNull(slots.get(1));
        assertNull(slots.get(Integer.MAX_VALUE));
        assertNull(slots.get(1L << 32));
        assertNull(slots.get(Long.MAX_VALUE));
    }

    @Test
    void replacedKeyLeavesItsTokenToAnother() {
        long token = slots.add(key());
        NativeSelectionKey heir = key();
        slots.replace(token, heir);
        assertSame(heir, slots.get(token));
    }

    @Test
    void eachMayRemoveWhatItIsShown() {
        Map<NativeSelectionKey, Long> tokens = new HashMap<>();
        for (int i = 0; i < 20; i++) {
            NativeSelectionKey key = key();
            tokens.put(key, slots.add(key));
        }
        List<NativeSelectionKey> shown = new ArrayList<>();
        slots.forEach(key -> {
            shown.add(key);
            slots.remove(tokens.get(key));
        });
        assertEquals(20, shown.size());
        slots.forEach(key -> {
            throw new AssertionError("there is none left");
        });
    }

    @Test
    void randomChurnKeepsEveryTokenRight() {
        Random random = new Random(1);
        Map<Long, NativeSelectionKey> live = new HashMap<>();
        List<Long> gone = new ArrayList<>();
        for (int i = 0; i < 20_000; i++) {
            if (live.isEmpty() || random.nextInt(100) < 51) {
                NativeSelectionKey key = key();
                assertNull(live.put(slots.add(key), key));
            } else {
                Long token = live.keySet().iterator().next();
                live.remove(token);
                slots.remove(token);
                gone.add(token);
            }
        }
        live.forEach((token, key) -> assertSame(key, slots.get(token)));
        gone.forEach(token -> assertNull(slots.get(token)));
    }
}
