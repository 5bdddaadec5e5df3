package org.anyfd.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.anyfd.fd.AbstractUnixAddress;
import org.anyfd.testing.Bounded;
import org.anyfd.testing.Descriptors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A program that only binds gets the sockets that it was started with. */
@Bounded
class SocketActivationTest {
    private static final String ON = "-Dorg.anyfd.listenFds=true";

    @TempDir
    static Path built;
    @TempDir
    Path directory;
    @RegisterExtension
    final Descriptors fds = new Descriptors();

    @BeforeAll
    static void compile() throws Exception {
        Process cc;
        try {
            cc = new ProcessBuilder("cc", "-o", built.resolve("listen_fds").toString(), "src/test/c/listen_fds.c")
                .inheritIO().start();
        } catch (IOException e) {
            assumeTrue(false, "no C compiler to build the program that plays systemd: " + e.getMessage());
            return;
        }
        assertEquals(0, cc.waitFor());
    }

    /** The probe, started with passed sockets. */
    private final class Program implements AutoCloseable {
        private final Process process;
        private final BufferedReader out;
        private final PrintStream in;
        final int[] ports;

        Program(List<String> options, String... passed) throws Exception {
            List<String> command = new ArrayList<>(List.of(built.resolve("listen_fds").toString()));
            command.addAll(List.of(passed));
            command.add("--");
            List<String> all = new ArrayList<>(options);
            all.add("-Dorg.anyfd.poller=" + System.getProperty("org.anyfd.poller", "epoll"));
            command.addAll(ChildJvm.command(all, ActivatedProbe.class));
            process = new ProcessBuilder(command).redirectErrorStream(true).start();
            out = process.inputReader(StandardCharsets.UTF_8);
            in = new PrintStream(process.getOutputStream(), true, StandardCharsets.UTF_8);
            ports = Arrays.stream(line().trim().split(" ")).mapToInt(Integer::parseInt).toArray();
        }

        private String line() throws Exception {
            return fds.run(out::readLine).get();
        }

        String answers(String command) throws Exception {
            in.println(command);
            return line();
        }

        void says(String command, String answer) throws Exception {
            assertEquals(answer, answers(command));
        }

        /** The answer to a command that waits for what is done meanwhile. */
        void says(String command, Meanwhile meanwhile, String answer) throws Exception {
            in.println(command);
            meanwhile.run();
            assertEquals(answer, line());
        }

        void endsWithSockets(int left) throws Exception {
            in.close();
            assertEquals("sockets left: " + left, line());
            assertTrue(process.waitFor(20, TimeUnit.SECONDS));
            assertEquals(0, process.exitValue());
        }

        @Override
        public void close() {
            process.destroyForcibly().onExit().join();
        }
    }

    private interface Meanwhile {
        void run() throws Exception;
    }

    private static SocketAddress loopback(int port) {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    }

    private SocketChannel connect(SocketAddress address) throws IOException {
        SocketChannel client = fds.closing(SocketChannel.open(address));
        client.write(ByteBuffer.wrap(new byte[] {1, 2, 3}));
        return client;
    }

    private static void assertEchoed(SocketChannel client) throws IOException {
        ByteBuffer echo = ByteBuffer.allocate(100);
        assertEquals(3, client.read(echo));
        assertEquals(-1, client.read(echo));
    }

    /** The client came before the program: the socket it is served by is not a new one. */
    @ParameterizedTest
    @CsvSource({
        "tcp4=127.0.0.1, 127.0.0.1/, INET6, /127.0.0.1",
        "tcp4=127.0.0.1, 127.0.0.1/, INET,  /127.0.0.1",
        "tcp4=0.0.0.0,   '',         INET6, /0.0.0.0",
        "tcp4=0.0.0.0,   ::/,        INET6, /0.0.0.0",
        "tcp6=::,        '',         INET6, /[0:0:0:0:0:0:0:0]",
        "tcp6=::,        0.0.0.0/,   INET,  /[0:0:0:0:0:0:0:0]",
        "tcp6=::1,       ::1/,       INET6, /[0:0:0:0:0:0:0:1]"})
    void bindTakesThePassedSocket(String passed, String address, String family, String bound) throws Exception {
        try (Program program = new Program(List.of(ON), passed)) {
            int port = program.ports[0];
            SocketChannel client = connect(
                passed.contains("::1") ? new InetSocketAddress(InetAddress.getByName("::1"), port) : loopback(port));
            program.says("bind " + address + port + " " + family, "bound " + bound + ":" + port);
            program.says("accept", "echoed 3");
            assertEchoed(client);
            program.says("close", "closed");
            program.endsWithSockets(0);
        }
    }

    @Test
    void bindTakesThePassedUnixSocket() throws Exception {
        Path path = directory.resolve("socket");
        Path link = Files.createSymbolicLink(directory.resolve("link"), directory);
        try (Program program = new Program(List.of(ON), "unix=" + path)) {
            SocketChannel client = connect(UnixDomainSocketAddress.of(path));
            program.says("bind " + link.resolve("socket") + " UNIX", "bound " + path);
            program.says("accept", "echoed 3");
            assertEchoed(client);
            program.says("close", "closed");
            program.endsWithSockets(0);
        }
    }

    @Test
    void bindTakesThePassedSocketOfAnAbstractName() throws Exception {
        String name = "anyfd-test-" + System.nanoTime();
        try (Program program = new Program(List.of(ON), "unix=@" + name)) {
            SocketChannel client = fds.closing(SocketChannel.open(StandardProtocolFamily.UNIX));
            client.connect(AbstractUnixAddress.of(name));
            client.write(ByteBuffer.wrap(new byte[] {1, 2, 3}));
            program.says("bind @" + name + " UNIX", "bound @" + name);
            program.says("accept", "echoed 3");
            assertEchoed(client);
            program.says("close", "closed");
            program.endsWithSockets(0);
        }
    }

    @Test
    void deletedUnixSocketIsMadeAnew() throws Exception {
        Path path = directory.resolve("socket");
        try (Program program = new Program(List.of(ON), "unix=" + path)) {
            Files.delete(path);
            program.says("bind " + path + " UNIX", "bound " + path);
            program.says("accept", () -> connect(UnixDomainSocketAddress.of(path)), "echoed 3");
            program.says("close", "closed");
            program.endsWithSockets(1);
        }
    }

    @Test
    void socketRegisteredBeforeItIsBoundIsSelected() throws Exception {
        try (Program program = new Program(List.of(ON), "tcp6=::")) {
            SocketChannel client = connect(loopback(program.ports[0]));
            program.says("selectLater " + program.ports[0], "selected, echoed 3, then 0");
            assertEchoed(client);
            program.says("close", "closed");
            program.endsWithSockets(0);
        }
    }

    @Test
    void optionsSetBeforeAreSetOnWhatIsTaken() throws Exception {
        try (Program program = new Program(List.of(ON), "tcp4=0.0.0.0")) {
            program.says("options " + program.ports[0], "receive buffer 54321");
            SocketChannel client = connect(loopback(program.ports[0]));
            program.says("accept", "echoed 3");
            assertEchoed(client);
            program.says("close", "closed");
            program.endsWithSockets(0);
        }
    }

    @Test
    void jettyAnswersWhoCameBeforeIt() throws Exception {
        try (Program program = new Program(List.of(ON), "tcp6=::")) {
            int port = program.ports[0];
            SocketChannel client = fds.closing(SocketChannel.open(loopback(port)));
            client.write(ByteBuffer.wrap("GET / HTTP/1.0\r\n\r\n".getBytes(StandardCharsets.US_ASCII)));
            program.says("jetty " + port, "Jetty on " + port);
            String answer = new String(client.socket().getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
            assertTrue(answer.endsWith("Jetty\n"), answer);
        }
    }

    @Test
    void eachIsTakenOnce() throws Exception {
        try (Program program = new Program(List.of(ON), "tcp4=127.0.0.1", "tcp4=127.0.0.1", "names=a:b")) {
            int first = program.ports[0];
            program.says("bind 127.0.0.1/" + first, "bound /127.0.0.1:" + first);
            program.says("bind 127.0.0.1/" + first, "BindException: Address already in use (org.anyfd.listenFds: passed "
                + "and not taken: fd 4 \"b\" ServerSocketChannel /127.0.0.1:" + program.ports[1] + ")");
        }
    }

    @Test
    void otherAddressesAreBoundAsEver() throws Exception {
        try (Program program = new Program(List.of(ON), "tcp4=127.0.0.1", "file=/dev/null")) {
            int port = program.ports[0];
            program.says("bind 127.0.0.2/" + port, "bound /127.0.0.2:" + port);
            program.says("bind " + port, "BindException: Address already in use (org.anyfd.listenFds: passed and not "
                + "taken: fd 3 \"unknown\" ServerSocketChannel /127.0.0.1:" + port + ", fd 4 \"unknown\")");
        }
    }

    @Test
    void withoutThePropertyNothingIsTaken() throws Exception {
        try (Program program = new Program(List.of(), "tcp4=127.0.0.1")) {
            program.says("bind 127.0.0.1/" + program.ports[0], "BindException: Address already in use");
        }
    }

    @Test
    void mistypedChoiceIsTold() throws Exception {
        try (Program program = new Program(List.of("-Dorg.anyfd.listenFds=yes"), "tcp4=127.0.0.1")) {
            program.says("bind 127.0.0.1/" + program.ports[0],
                "IllegalArgumentException: org.anyfd.listenFds=yes: true or false expected");
        }
    }

    @Test
    void anotherProcessesSocketsAreNotTaken() throws Exception {
        try (Program program = new Program(List.of(ON), "pid=1", "tcp4=127.0.0.1")) {
            program.says("bind 127.0.0.1/" + program.ports[0], "BindException: Address already in use "
                + "(org.anyfd.listenFds: LISTEN_PID=1, but this is process " + program.process.pid()
                + "; a script must exec java)");
            program.says("list", "[]");
        }
    }

    @Test
    void withoutAPidTheyAreForTheProgram() throws Exception {
        try (Program program = new Program(List.of(ON), "pid=none", "tcp4=127.0.0.1")) {
            program.says("bind 127.0.0.1/" + program.ports[0], "bound /127.0.0.1:" + program.ports[0]);
        }
    }

    @ParameterizedTest
    @CsvSource({"udp6=::, ''", "udp4=127.0.0.1, INET"})
    void datagramSocketIsTaken(String passed, String family) throws Exception {
        String host = passed.startsWith("udp4") ? "127.0.0.1/" : "";
        try (Program program = new Program(List.of(ON), passed);
                DatagramSocket client = new DatagramSocket(0, InetAddress.getByName("127.0.0.1"))) {
            client.setSoTimeout(20_000);
            client.send(new DatagramPacket(new byte[3], 3, loopback(program.ports[0])));
            program.says("datagram " + host + program.ports[0] + " " + family, "answered, broadcast true");
            DatagramPacket answer = new DatagramPacket(new byte[100], 100);
            client.receive(answer);
            assertEquals(3, answer.getLength());
            program.endsWithSockets(0);
        }
    }

    @Test
    void datagramSocketRegisteredBeforeItIsBoundIsSelected() throws Exception {
        try (Program program = new Program(List.of(ON), "udp6=::");
                DatagramSocket client = new DatagramSocket(0, InetAddress.getByName("127.0.0.1"))) {
            client.send(new DatagramPacket(new byte[3], 3, loopback(program.ports[0])));
            program.says("datagramLater " + program.ports[0], "selected 1, received 3, then 1");
            program.endsWithSockets(0);
        }
    }

    /** Also of a socket that is a member already, since the service manager kept it while a program before joined. */
    @ParameterizedTest
    @ValueSource(strings = {"nothing", "joined"})
    void groupsJoinedBeforeAreJoinedByWhatIsTaken(String before) throws Exception {
        String netif = multicastInterface();
        try (Program program = new Program(List.of(ON), "udp4=0.0.0.0")) {
            program.says("datagramGroups " + program.ports[0] + " " + netif + " " + before, "heard 1 2 2");
            program.endsWithSockets(0);
        }
    }

    @Test
    void socketThatCannotJoinIsNotTaken() throws Exception {
        String netif = multicastInterface();
        try (Program program = new Program(List.of(ON), "udp4=0.0.0.0")) {
            program.says("datagramGroups " + program.ports[0] + " " + netif + " full", "IOException: setsockopt(fd 3, "
                + "membership <239.255.75.1," + netif + ">): ENOBUFS no buffer space available");
            program.endsWithSockets(1);
        }
    }

    private static String multicastInterface() throws IOException {
        for (NetworkInterface netif : NetworkInterface.networkInterfaces().toList()) {
            if (netif.isUp() && netif.supportsMulticast()
                    && netif.inetAddresses().anyMatch(Inet4Address.class::isInstance)) {
                return netif.getName();
            }
        }
        assumeTrue(false, "no interface for multicast");
        throw new AssertionError();
    }

    @Test
    void optionSetDuringTheBindIsSetOnWhatIsTaken() throws Exception {
        String[] passed = new String[200];
        Arrays.fill(passed, "udp6=::");
        try (Program program = new Program(List.of(ON), passed)) {
            String ports = Arrays.stream(program.ports).mapToObj(String::valueOf).collect(Collectors.joining(" "));
            program.says("datagramOptions " + ports, "options lost: 0");
            program.endsWithSockets(0);
        }
    }

    @Test
    void tooFewDescriptorsAreAnError() throws Exception {
        try (Program program = new Program(List.of(ON), "tcp4=127.0.0.1", "count=2000")) {
            String answer = program.answers("bind 127.0.0.1/" + program.ports[0]);
            assertTrue(answer.matches("IOException: LISTEN_FDS=2000: fcntl\\(F_SETFD, fd \\d+\\): EBADF bad file descriptor"),
                answer);
        }
    }

    @Test
    void programTakesThemByName() throws Exception {
        try (Program program = new Program(List.of(), "names=http:settings", "tcp4=127.0.0.1", "file=/dev/zero")) {
            String http = "fd 3 \"http\" ServerSocketChannel /127.0.0.1:" + program.ports[0];
            program.says("list", "[" + http + ", fd 4 \"settings\"]");
            program.says("take http socket", "IOException: fd 3 is a ServerSocketChannel, not a SocketChannel");
            program.says("take settings fd", "took FdChannel");
            program.says("take settings fd",
                "IOException: no descriptor \"settings\" among those passed and not taken: [" + http + "]");
            program.says("take http server", "took NativeServerSocketChannel");
            program.says("list", "[]");
        }
    }
}
