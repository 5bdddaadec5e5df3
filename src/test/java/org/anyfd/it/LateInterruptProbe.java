package org.anyfd.it;

import java.io.IOException;
import java.lang.reflect.Field;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.anyfd.testing.Tasks;

/**
 * What the child JVM of {@link LateInterruptTest} runs: does to threads that wait what {@code Thread.interrupt} of JDK 17 does
 * last, when it has found nothing to interrupt before, and prints how their operations end.
 */
final class LateInterruptProbe {
    /** How they end, in the order of their beginnings. */
    private static final Map<String, Future<String>> OPERATIONS = new LinkedHashMap<>();

    private LateInterruptProbe() {
    }

    public static void main(String[] args) throws Exception {
        Pipe pipe = Pipe.open();
        interrupt("read", () -> pipe.source().read(ByteBuffer.allocate(1)));
        interrupt("accept", server()::accept);
        ServerSocketChannel server = server();
        server.socket().setSoTimeout(100_000);
        interrupt("accept in time", () -> server.socket().accept());
        Selector idle = Selector.open();
        interrupt("select", idle::select);
        Selector selector = Selector.open();
        interrupt("select in time", () -> selector.select(100_000));
        for (Map.Entry<String, Future<String>> operation : OPERATIONS.entrySet()) {
            System.out.println(operation.getKey() + ": " + operation.getValue().get(20, TimeUnit.SECONDS));
        }
        idle.close();
        selector.close();
        Tasks.await(() -> !isThreadNamed("anyfd-interrupts"), "the thread that looks has ended");
        System.out.println("selectors closed: nobody looks any more");
    }

    private static boolean isThreadNamed(String name) {
        return Thread.getAllStackTraces().keySet().stream().anyMatch(thread -> thread.getName().equals(name));
    }

    private static ServerSocketChannel server() throws IOException {
        return ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    }

    private static void interrupt(String name, Callable<?> operation) throws Exception {
        FutureTask<String> task = new FutureTask<>(() -> {
            try {
                return operation.call() + ", interrupted: " + Thread.currentThread().isInterrupted();
            } catch (IOException e) {
                return e.toString();
            }
        });
        OPERATIONS.put(name, task);
        Thread thread = new Thread(task);
        thread.setDaemon(true);
        thread.start();
        Tasks.await(() -> waits(thread), "the operation waits");
        Field status = Thread.class.getDeclaredField("interrupted");
        status.setAccessible(true);
        status.setBoolean(thread, true);
        LockSupport.unpark(thread);
    }

    /** Whether it is in the system call. */
    private static boolean waits(Thread thread) {
        StackTraceElement[] stack = thread.getStackTrace();
        boolean begun = false;
        for (StackTraceElement frame : stack) {
            begun |= frame.getMethodName().equals("again") || frame.getMethodName().equals("awaitInterruptibly");
        }
        return begun && stack[0].isNativeMethod();
    }
}
