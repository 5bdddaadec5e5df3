package org.anyfd.servers;

import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Netty's HTTP server over TLS, with the JDK's SSLEngine. */
@Tag("netty")
@ExtendWith(OpenFiles.class)
class NettyTlsTest {
    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void nettyServesOverTls(String protocol) throws Exception {
        SslContext context = SslContextBuilder.forServer(Certificate.keys())
                .sslProvider(SslProvider.JDK)
                .protocols(protocol)
                .build();
        try (NettyServer server = new NettyServer(
                () -> NettyServer.http(context.newHandler(UnpooledByteBufAllocator.DEFAULT)))) {
            HttpLoad.run(Certificate.trustingSockets(), server.port(), "/", HttpLoad.REQUESTS / 2);
            server.assertServedOnAnyFd(HttpLoad.CONNECTIONS);
        }
    }
}
