package org.anyfd.servers;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.DefaultFileRegion;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.FixedLengthFrameDecoder;
import java.io.DataOutputStream;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Netty's DefaultFileRegion, which is FileChannel.transferTo on a non-blocking channel that is often full. */
@Tag("netty")
@ExtendWith(OpenFiles.class)
class NettyFileRegionTest {
    private static final int CLIENTS = 4;
    private static final long[] STARTS = {0, 8, 4096, BigFile.SIZE / 2 - 8, BigFile.SIZE - 12_345_672};
    private static final long[] LENGTHS = {32 << 20, 1, 4095, 10_000_001, 12_345_672};

    @Test
    void fileRegionsArriveIntact() throws Exception {
        File file = BigFile.folder().resolve(BigFile.NAME).toFile();
        ExecutorService threads = Executors.newFixedThreadPool(CLIENTS);
        try (NettyServer server = new NettyServer(
                () -> new ChannelHandler[] {new FixedLengthFrameDecoder(2 * Long.BYTES), new Files(file)})) {
            var clients = IntStream.range(0, CLIENTS).mapToObj(c -> threads.submit(() -> client(server.port()))).toList();
            for (Future<Boolean> client : clients) {
                client.get(50, TimeUnit.SECONDS);
            }
            server.assertServedOnAnyFd(CLIENTS);
        } finally {
            threads.shutdownNow();
        }
    }

    private static boolean client(int port) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout((int) TimeUnit.SECONDS.toMillis(20));
            DataOutputStream out = new DataOutputStream(socket.getOutputStream());
            for (int i = 0; i < STARTS.length; i++) {
                out.writeLong(STARTS[i]);
                out.writeLong(LENGTHS[i]);
            }
            for (int i = 0; i < STARTS.length; i++) {
                BigFile.assertNext(socket.getInputStream(), STARTS[i], LENGTHS[i]);
            }
        }
        return true;
    }

    /** Answers a start and a length with that part of the file. */
    private static final class Files extends SimpleChannelInboundHandler<ByteBuf> {
        private final File file;

        private Files(File file) {
            this.file = file;
        }

        @Override
        protected void channelRead0(ChannelHandlerContext context, ByteBuf request) {
            context.writeAndFlush(new DefaultFileRegion(file, request.readLong(), request.readLong()));
        }
    }
}
