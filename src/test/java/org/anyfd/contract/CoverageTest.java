package org.anyfd.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.invoke.MethodType;
import java.lang.reflect.Method;
import java.net.MulticastSocket;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URISyntaxException;
import java.nio.channels.DatagramChannel;
import java.nio.channels.MembershipKey;
import java.nio.channels.Pipe;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.SelectorProvider;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The contract tests call every public method, each overload of it, that a program can call on what a provider makes. */
@Bounded
class CoverageTest {
    private static final List<Class<?>> TYPES = List.of(SelectorProvider.class, Selector.class, SelectionKey.class,
        SocketChannel.class, ServerSocketChannel.class, DatagramChannel.class, MembershipKey.class,
        Pipe.class, Pipe.SourceChannel.class, Pipe.SinkChannel.class,
        Socket.class, ServerSocket.class, MulticastSocket.class); // the last is a DatagramSocket
    private static final Set<String> ELSEWHERE = Set.of(
        // Needs a process whose standard input is a socket: InheritedChannelTest.
        "SelectorProvider.inheritedChannel()",
        // For java.net's own sockets of the whole process; a channel's socket is none of them.
        "Socket.setSocketImplFactory(SocketImplFactory)",
        "ServerSocket.setSocketFactory(SocketImplFactory)",
        "MulticastSocket.setDatagramSocketImplFactory(DatagramSocketImplFactory)");

    /** A method that some class file refers to; the type is the static one of the expression, often a supertype. */
    private record Call(Class<?> type, String name, String parameters) {
        boolean reaches(Class<?> owner, Method method) {
            return name.equals(method.getName()) && parameters.equals(CoverageTest.parameters(method))
                && (type.isAssignableFrom(owner) || owner.isAssignableFrom(type));
        }
    }

    @Test
    void everyPublicMethodIsCalled() throws Exception {
        Set<Call> calls = calls();
        Set<String> missing = new TreeSet<>();
        for (Class<?> type : TYPES) {
            for (Method method : type.getMethods()) {
                if (method.getDeclaringClass() != Object.class
                        && calls.stream().noneMatch(call -> call.reaches(type, method))) {
                    missing.add(name(type, method));
                }
            }
        }
        assertEquals(new TreeSet<>(ELSEWHERE), missing);
    }

    private static String name(Class<?> type, Method method) {
        List<String> parameters = Stream.of(method.getParameterTypes()).map(Class::getSimpleName).toList();
        return type.getSimpleName() + "." + method.getName() + "(" + String.join(", ", parameters) + ")";
    }

    /** As a descriptor writes them, with the parentheses. */
    private static String parameters(Method method) {
        String descriptor = MethodType.methodType(void.class, method.getParameterTypes()).toMethodDescriptorString();
        return descriptor.substring(0, descriptor.indexOf(')') + 1);
    }

    private static Set<Call> calls() throws IOException, URISyntaxException {
        Path classes = Path.of(CoverageTest.class.getResource("CoverageTest.class").toURI()).getParent();
        List<Path> files;
        try (Stream<Path> list = Files.list(classes)) {
            files = list.filter(file -> file.toString().endsWith(".class")).toList();
        }
        Set<Call> calls = new HashSet<>();
        for (Path file : files) {
            try (InputStream in = Files.newInputStream(file)) {
                addCalls(new DataInputStream(new BufferedInputStream(in)), calls);
            }
        }
        return calls;
    }

    /** Reads the constants of a class file, section 4.4 of the virtual machine's specification. */
    private static void addCalls(DataInputStream in, Set<Call> calls) throws IOException {
        in.skipNBytes(8); // magic, version
        int count = in.readUnsignedShort();
        String[] texts = new String[count];
        int[][] references = new int[count][];
        List<int[]> methods = new ArrayList<>();
        for (int i = 1; i < count; i++) {
            int tag = in.readUnsignedByte();
            switch (tag) {
                case 1 -> texts[i] = in.readUTF();
                case 3, 4 -> in.skipNBytes(4);
                case 5, 6 -> { // long and double take two places
                    in.skipNBytes(8);
                    i++;
                }
                case 7, 8, 16, 19, 20 -> references[i] = new int[] {in.readUnsignedShort()};
                case 15 -> in.skipNBytes(3);
                case 9, 10, 11, 12, 17, 18 -> {
                    references[i] = new int[] {in.readUnsignedShort(), in.readUnsignedShort()};
                    if (tag == 10 || tag == 11) {
                        methods.add(references[i]);
                    }
                }
                default -> throw new IOException("constant with tag " + tag);
            }
        }
        for (int[] method : methods) {
            String type = texts[references[method[0]][0]].replace('/', '.');
            if (type.startsWith("java.n") || type.equals("java.io.Closeable") || type.equals("java.lang.AutoCloseable")) {
                int[] nameAndType = references[method[1]];
                String descriptor = texts[nameAndType[1]];
                calls.add(new Call(load(type), texts[nameAndType[0]], descriptor.substring(0, descriptor.indexOf(')') + 1)));
            }
        }
    }

    private static Class<?> load(String name) {
        try {
            return Class.forName(name, false, CoverageTest.class.getClassLoader());
        } catch (ClassNotFoundException e) {
            throw new AssertionError(e);
        }
    }
}
