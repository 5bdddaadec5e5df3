package org.anyfd.channel;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Objects;

/** The streams of a {@link SocketAdaptor}. Closing one closes the channel. Any thread may use them, both at a time. */
final class SocketStreams {
    private SocketStreams() {
    }

    static final class Input extends InputStream {
        private final SocketAdaptor socket;
        private final NativeSocketChannel channel;

        Input(SocketAdaptor socket, NativeSocketChannel channel) {
            this.socket = socket;
            this.channel = channel;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            Objects.checkFromIndexSize(offset, length, bytes.length);
            return length == 0 ? 0 : channel.receiver().read(bytes, offset, length, socket.readTimeoutNanos());
        }

        @Override
        public int available() throws IOException {
            return channel.receiver().available();
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }

    static final class Output extends OutputStream {
        private final NativeSocketChannel channel;

        Output(NativeSocketChannel channel) {
            this.channel = channel;
        }

        @Override
        public void write(int data) throws IOException {
            write(new byte[] {(byte) data}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            Objects.checkFromIndexSize(offset, length, bytes.length);
            channel.sender().write(bytes, offset, length);
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }
}
