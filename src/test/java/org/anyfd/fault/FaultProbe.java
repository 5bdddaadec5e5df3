package org.anyfd.fault;

import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.Comparator;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.anyfd.testing.Descriptors;
import org.anyfd.testing.SuiteCensus;
import org.anyfd.testing.Tasks;

/** Runs the cases of the classes named, each with a {@link Descriptors} of its own, and says how each ended. */
final class FaultProbe {
    private static final PrintStream OUT = System.out;

    private FaultProbe() {
    }

    public static void main(String[] classes) throws Exception {
        SuiteCensus.warmUp();
        String backend = System.getProperty("org.anyfd.poller");
        for (String name : classes) {
            Method[] methods = Class.forName(name).getDeclaredMethods();
            Arrays.sort(methods, Comparator.comparing(Method::getName));
            for (Method method : methods) {
                Case about = method.getAnnotation(Case.class);
                if (about != null && (about.only().isEmpty() || about.only().equals(backend))) {
                    run(method);
                }
            }
        }
        OUT.println("end");
        System.exit(0);
    }

    private static void run(Method method) throws Exception {
        OUT.println("case " + method.getDeclaringClass().getSimpleName() + "." + method.getName());
        FutureTask<Void> future = new FutureTask<>(() -> inside(method));
        Thread thread = new Thread(future, method.getName());
        thread.setDaemon(true);
        thread.start();
        try {
            future.get(3 * Tasks.PATIENCE_SECONDS, TimeUnit.SECONDS);
            OUT.println("ok");
        } catch (ExecutionException e) {
            e.getCause().printStackTrace(OUT);
        } catch (TimeoutException e) {
            OUT.println("stuck; struck: " + Faults.struck());
            Thread.getAllStackTraces().forEach((each, stack) -> OUT.println(each + " " + Arrays.toString(stack)));
            System.exit(1);
        }
    }

    private static Void inside(Method method) throws Exception {
        Descriptors fds = new Descriptors();
        fds.beforeEach(null);
        Throwable failure = null;
        try {
            var constructor = method.getDeclaringClass().getDeclaredConstructor(Descriptors.class);
            method.invoke(constructor.newInstance(fds));
        } catch (InvocationTargetException e) {
            failure = e.getCause();
        }
        Faults.end();
        try {
            fds.afterEach(null);
        } catch (Exception | Error e) {
            if (failure == null) {
                throw e;
            }
            failure.addSuppressed(e);
        }
        if (failure != null) {
            throw new AssertionError(failure);
        }
        return null;
    }
}
