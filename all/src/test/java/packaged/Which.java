package packaged;

import java.nio.channels.Pipe;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;

/** Selects once, and prints whose selector it was. */
public final class Which {
    private Which() {
    }

    public static void main(String[] args) throws Exception {
        Pipe pipe = Pipe.open();
        try (Selector selector = Selector.open(); Pipe.SinkChannel sink = pipe.sink(); Pipe.SourceChannel source = pipe.source()) {
            sink.configureBlocking(false).register(selector, SelectionKey.OP_WRITE);
            System.out.println(selector.select() + " by " + selector.provider().getClass().getName());
        }
    }
}
