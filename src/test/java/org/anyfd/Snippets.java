package org.anyfd;

import java.nio.file.Path;
import java.util.List;
import org.anyfd.testing.Javac;

/** Code of the documentation that is no class of its own: what stands around it. */
final class Snippets {
    /** Begins the class, whose fields a snippet may use. */
    static final String DECLARATIONS = """
        import java.io.*;
        import java.net.*;
        import java.nio.*;
        import java.nio.channels.*;
        import java.nio.file.*;
        import java.nio.file.attribute.*;
        import java.time.*;
        import java.util.*;
        import org.anyfd.*;
        import org.anyfd.fd.*;
        import org.anyfd.fd.ChildProcess;
        import org.anyfd.fd.LineSettings.Parity;
        import static java.nio.channels.SelectionKey.*;
        import static org.anyfd.fd.InotifyChannel.*;

        public class Snippet {
            Selector selector;
            SelectableChannel channel;
            SocketChannel socket, connection, worker, boss;
            ServerSocketChannel server;
            Pipe pipe;
            ByteBuffer buffer, request, answer;
            Path path;
            int fd;

            void reload() {
            }

        """;

    private Snippets() {
    }

    /** A method that does what a snippet says; a line of dots stands for other code. */
    static String method(String name, String snippet) {
        return "void " + name + "() throws Exception {\n" + snippet.replaceAll("(?m)^ *\\.\\.\\.$", "") + "\n}\n";
    }

    /** What the compiler has to say against a snippet. */
    static List<String> errors(String snippet, Path to) {
        return Javac.errors(17, "Snippet", DECLARATIONS + method("snippet", snippet) + "}", to);
    }
}
