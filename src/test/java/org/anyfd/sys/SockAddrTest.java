package org.anyfd.sys;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is encoded comes back, stays within its length, and is byte for byte what the kernel's headers say. */
class SockAddrTest {
    private static final int ROUNDS = 2_000;
    private static final byte GUARD = (byte) 0xa5;

    private final long seed = Long.getLong("org.anyfd.seed", new Random().nextLong());
    private final Random random = new Random(seed);
    private final String replay = "-Dorg.anyfd.seed=" + seed;
    /** Each case takes another place in it, with guard bytes before and behind. */
    private final ByteBuffer m = ByteBuffer.allocateDirect(3 * SockAddr.MAX_LEN).order(ByteOrder.nativeOrder());
    private int off;

    @BeforeEach
    void moveOn() {
        off = 1 + random.nextInt(SockAddr.MAX_LEN);
        for (int i = 0; i < m.capacity(); i++) {
            m.put(i, GUARD);
        }
    }

    @Test
    void ipv4ComesBackFromAnIpv4Socket() throws Exception {
        for (int i = 0; i < ROUNDS; i++) {
            moveOn();
            InetSocketAddress address = new InetSocketAddress(ipv4(), port());
            int len = SockAddr.encode(m, off, Consts.AF_INET, address.getAddress(), address.getPort());
            assertEquals(Layouts.SOCKADDR_IN, len, replay);
            assertComesBack(address, Consts.AF_INET, len);
        }
    }

    @Test
    void ipv4ComesBackFromAnIpv6Socket() throws Exception {
        for (int i = 0; i < ROUNDS; i++) {
            moveOn();
            InetSocketAddress address = new InetSocketAddress(ipv4(), port());
            int len = SockAddr.encode(m, off, Consts.AF_INET6, address.getAddress(), address.getPort());
            assertEquals(Layouts.SOCKADDR_IN6, len, replay);
            assertComesBack(address, Consts.AF_INET6, len);
        }
    }

    @Test
    void ipv6ComesBackWithItsScope() throws Exception {
        for (int i = 0; i < ROUNDS; i++) {
            moveOn();
            Inet6Address ipv6 = ipv6();
            InetSocketAddress address = new InetSocketAddress(ipv6, port());
            int len = SockAddr.encode(m, off, Consts.AF_INET6, ipv6, address.getPort());
            assertEquals(Layouts.SOCKADDR_IN6, len, replay);
            assertComesBack(address, Consts.AF_INET6, len);
            Inet6Address back = assertInstanceOf(Inet6Address.class, SockAddr.decodeInet(m, off).getAddress(), replay);
            assertEquals(ipv6.getScopeId(), back.getScopeId(), replay);
            assertEquals(ipv6.getHostAddress(), back.getHostAddress(), replay);
        }
    }

    @Test
    void unixPathsAndAbstractNamesComeBack() {
        for (int i = 0; i < ROUNDS; i++) {
            moveOn();
            boolean isAbstract = random.nextBoolean();
            byte[] path = new byte[random.nextInt(SockAddr.MAX_SUN_PATH + 1)];
            for (int at = 0; at < path.length; at++) {
                path[at] = (byte) (isAbstract ? random.nextInt(256) : 1 + random.nextInt(255));
            }
            if (isAbstract && path.length > 0) {
                path[0] = 0;
            }
            int len = SockAddr.encode(m, off, path);
            assertWithin(len);
            assertEquals(Consts.AF_UNIX, SockAddr.family(m, off), replay);
            assertArrayEquals(path, SockAddr.decodeUnix(m, off, len), replay);
        }
    }

    @Test
    void theBytesAreThoseOfTheHeaders() throws Exception {
        assertEquals(ByteOrder.LITTLE_ENDIAN, ByteOrder.nativeOrder(), "as on every machine of Platform");
        int len = SockAddr.encode(m, off, Consts.AF_INET, InetAddress.getByName("192.0.2.1"), 0x1234);
        assertBytes("0200" + "1234" + "c0000201" + "0000000000000000", len);

        len = SockAddr.encode(m, off, Consts.AF_INET6, InetAddress.getByName("192.0.2.1"), 0xfedc);
        assertBytes("0a00" + "fedc" + "00000000" + "00000000000000000000ffffc0000201" + "00000000", len);

        InetAddress scoped = Inet6Address.getByAddress(null, InetAddress.getByName("fe80::1").getAddress(), 7);
        len = SockAddr.encode(m, off, Consts.AF_INET6, scoped, 80);
        assertBytes("0a00" + "0050" + "00000000" + "fe800000000000000000000000000001" + "07000000", len);

        len = SockAddr.encode(m, off, "/a".getBytes(StandardCharsets.US_ASCII));
        assertBytes("0100" + "2f61" + "00", len);

        len = SockAddr.encode(m, off, new byte[] {0, 'a', 0});
        assertBytes("0100" + "006100", len);
    }

    @Test
    void theIpv4WildcardIsTheIpv6OneOnAnIpv6Socket() throws Exception {
        int len = SockAddr.encode(m, off, Consts.AF_INET6, InetAddress.getByName("0.0.0.0"), 80);
        assertComesBack(new InetSocketAddress(InetAddress.getByName("::"), 80), Consts.AF_INET6, len);
        moveOn();
        len = SockAddr.encode(m, off, Consts.AF_INET, InetAddress.getByName("0.0.0.0"), 80);
        assertComesBack(new InetSocketAddress(InetAddress.getByName("0.0.0.0"), 80), Consts.AF_INET, len);
    }

    @Test
    void ipv6DoesNotFitAnIpv4Socket() throws Exception {
        InetAddress loopback = InetAddress.getByName("::1");
        assertThrows(IllegalArgumentException.class, () -> SockAddr.encode(m, off, Consts.AF_INET, loopback, 80));
    }

    @Test
    void aMappedAddressIsIpv4() throws Exception {
        SockAddr.encode(m, off, Consts.AF_INET6, InetAddress.getByName("10.1.2.3"), 80);
        InetAddress back = SockAddr.decodeInet(m, off).getAddress();
        assertInstanceOf(Inet4Address.class, back);
        assertEquals(InetAddress.getByName("10.1.2.3"), back);
    }

    @Test
    void anAddressWithoutScopeShowsNone() throws Exception {
        SockAddr.encode(m, off, Consts.AF_INET6, InetAddress.getByName("::1"), 80);
        assertEquals("0:0:0:0:0:0:0:1", SockAddr.decodeInet(m, off).getAddress().getHostAddress());
    }

    @Test
    void noNameIsLookedUp() throws Exception {
        SockAddr.encode(m, off, Consts.AF_INET, InetAddress.getByName("127.0.0.1"), 80);
        assertEquals("/127.0.0.1:80", SockAddr.decodeInet(m, off).toString());
    }

    @Test
    void anotherFamilyIsNoInternetAddress() {
        SockAddr.encode(m, off, new byte[0]);
        assertNull(SockAddr.decodeInet(m, off));
        assertEquals(Layouts.SOCKADDR_IN, SockAddr.encodeUnspec(m, off));
        assertEquals(Consts.AF_UNSPEC, SockAddr.family(m, off));
        assertNull(SockAddr.decodeInet(m, off));
    }

    @Test
    void theUnnamedUnixAddressIsTheFamilyAlone() {
        assertEquals(2, SockAddr.encode(m, off, new byte[0]));
        assertEquals(0, SockAddr.decodeUnix(m, off, 2).length);
        assertEquals(0, SockAddr.decodeUnix(m, off, 0).length, "as accept(2) of a socket closed at once returns it");
    }

    @Test
    void aPathMayFillTheStruct() {
        byte[] longest = new byte[SockAddr.MAX_SUN_PATH];
        Arrays.fill(longest, (byte) 'x');
        int len = SockAddr.encode(m, off, longest);
        assertEquals(Layouts.SOCKADDR_UN, len);
        assertArrayEquals(longest, SockAddr.decodeUnix(m, off, len));
        assertArrayEquals(longest, SockAddr.decodeUnix(m, off, len + 1), "the kernel counts a NUL behind the struct");
        assertThrows(IllegalArgumentException.class, () -> SockAddr.encode(m, off, new byte[longest.length + 1]));
    }

    @Test
    void aPathEndsAtItsNul() {
        SockAddr.encode(m, off, "/a".getBytes(StandardCharsets.US_ASCII));
        assertArrayEquals(new byte[] {'/', 'a'}, SockAddr.decodeUnix(m, off, Layouts.SOCKADDR_UN));
    }

    private void assertComesBack(InetSocketAddress address, int family, int len) {
        assertWithin(len);
        assertEquals(family, SockAddr.family(m, off), replay);
        assertEquals(address.getPort(), SockAddr.port(m, off), replay);
        assertEquals(address, SockAddr.decodeInet(m, off), replay);
    }

    private void assertWithin(int len) {
        assertTrue(len <= SockAddr.MAX_LEN, replay);
        for (int i = 0; i < m.capacity(); i++) {
            if (i < off || i >= off + len) {
                assertEquals(GUARD, m.get(i), replay);
            }
        }
    }

    private void assertBytes(String hex, int len) {
        byte[] bytes = new byte[len];
        m.get(off, bytes);
        assertEquals(hex, HexFormat.of().formatHex(bytes));
    }

    private InetAddress ipv4() throws UnknownHostException {
        byte[] bytes = new byte[4];
        random.nextBytes(bytes);
        bytes[0] |= 1; // not the wildcard, which has a test of its own
        return InetAddress.getByAddress(bytes);
    }

    private Inet6Address ipv6() throws UnknownHostException {
        byte[] bytes = new byte[16];
        random.nextBytes(bytes);
        if (random.nextInt(4) == 0) {
            Arrays.fill(bytes, 0, 1 + random.nextInt(15), (byte) 0);
        }
        bytes[11] &= ~1; // not a mapped one, of which Java makes an Inet4Address
        int scope = random.nextBoolean() ? 1 + random.nextInt(Integer.MAX_VALUE) : -1;
        return Inet6Address.getByAddress(null, bytes, scope);
    }

    private int port() {
        return random.nextInt(1 << 16);
    }
}
