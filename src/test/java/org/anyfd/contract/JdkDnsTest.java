package org.anyfd.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.DatagramChannel;
import java.nio.charset.StandardCharsets;
import java.util.Hashtable;
import javax.naming.directory.DirContext;
import javax.naming.directory.InitialDirContext;
import org.junit.jupiter.api.Test;

/** The JDK's DNS client, which asks through datagram channels on 25, not yet on 17. The server here is one, too. */
@Bounded
class JdkDnsTest {
    private static final int HEADER = 12;

    @Test
    void clientOfTheJdkIsAnswered() throws Exception {
        try (DatagramChannel server = Udp.bound(); Task<Void> serving = Task.start(() -> serve(server))) {
            Hashtable<String, String> environment = new Hashtable<>();
            environment.put("java.naming.factory.initial", "com.sun.jndi.dns.DnsContextFactory");
            environment.put("java.naming.provider.url", "dns://127.0.0.1:" + Udp.port(server));
            DirContext dns = new InitialDirContext(environment);
            for (int i = 0; i < 20; i++) {
                String name = "host" + i + ".example.com";
                assertEquals("TXT: [" + name.length() + "]", dns.getAttributes(name, new String[] {"TXT"}).get("TXT")
                    .toString());
            }
            dns.close();
        }
    }

    private static Void serve(DatagramChannel server) throws Exception {
        ByteBuffer message = ByteBuffer.allocate(512);
        try {
            for (;;) {
                SocketAddress client = server.receive(message.clear());
                answer(message);
                server.send(message.flip(), client);
            }
        } catch (ClosedChannelException atTheEnd) {
            return null;
        }
    }

    /** Turns a question, RFC 1035, into the answer: a TXT record that says how long the name is. */
    private static void answer(ByteBuffer message) {
        int end = HEADER;
        int name = 0;
        while (message.get(end) != 0) {
            name += message.get(end) + 1;
            end += message.get(end) + 1;
        }
        byte[] text = ("[" + (name - 1) + "]").getBytes(StandardCharsets.US_ASCII);
        message.putShort(2, (short) 0x8180).putShort(6, (short) 1).putShort(10, (short) 0);
        message.position(end + 5).putShort((short) (0xc000 | HEADER)).putShort((short) 16).putShort((short) 1).putInt(60);
        message.putShort((short) (text.length + 1)).put((byte) text.length).put(text);
    }
}
