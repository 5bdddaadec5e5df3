package org.anyfd.all;

import java.io.BufferedReader;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.nio.channels.Selector;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.anyfd.AnyFdSelectorProvider;
import org.anyfd.fd.Fds;

/**
 * What there is to know of this machine and JVM before anything is tried.
 *
 * @param provider the class of the provider in force, or why there is none
 * @param why what made the JDK choose it
 * @param backend what anyfd's selectors use, as {@code org.anyfd.poller} names it
 * @param mistyped options that look like anyfd's, but are not
 * @param limits by the name of the limit or its file below /proc/sys; a value that cannot be read says why
 */
record Machine(String system, String kernel, String arch, String jdk, String vendor, String javaHome, String provider,
        String why, String backend, List<String> mistyped, Map<String, String> limits) {
    private static final Set<String> OPTIONS = Set.of("org.anyfd.poller", "org.anyfd.listenFds", "org.anyfd.jmx");
    private static final String[] KERNEL_LIMITS = {"fs.inotify.max_user_instances", "fs.inotify.max_user_watches",
        "fs.epoll.max_user_watches", "net.core.somaxconn"};

    static Machine look() {
        String provider = Agent.inForce();
        return new Machine(System.getProperty("os.name"), System.getProperty("os.version"), System.getProperty("os.arch"),
            System.getProperty("java.runtime.version"), System.getProperty("java.vendor"), System.getProperty("java.home"),
            provider, whyThisProvider(provider), System.getProperty("org.anyfd.poller", "epoll"), unknownOptions(), readLimits());
    }

    /**
     * Finds out whether anyfd can work here at all, as it was told to.
     *
     * @throws UnsupportedOperationException with what to do about it, if not
     */
    static void requireAnyFd() {
        try (Selector selector = new AnyFdSelectorProvider().openSelector()) {
            selector.selectNow();
        } catch (IOException e) {
            // The kernel gives no selector: what it gives, the checks tell.
        } catch (IllegalArgumentException e) {
            throw new UnsupportedOperationException("-D" + e.getMessage(), e);
        } catch (LinkageError e) {
            Throwable deepest = e;
            while (deepest.getCause() != null) {
                deepest = deepest.getCause();
            }
            // Its message may be a stack trace.
            String reason = String.valueOf(deepest.getMessage()).lines().findFirst().orElse("");
            throw new UnsupportedOperationException("anyfd cannot load jffi's native library, which it unpacks into the folder"
                + " for temporary files; name one that is writable and not mounted noexec with -Djffi.extract.dir=FOLDER ("
                + reason + ")", e);
        }
    }

    private static String whyThisProvider(String provider) {
        if (Agent.chose()) {
            return "by the agent";
        }
        if (System.getProperty(Agent.PROVIDER) != null) {
            return "named by -D" + Agent.PROVIDER;
        }
        return provider.equals(Agent.ANYFD) ? "by the service file of this jar, which is on the class path"
            : "by a service file of another jar, or as the JDK's own";
    }

    /** Options of the command line that look like anyfd's, but are not. */
    private static List<String> unknownOptions() {
        return System.getProperties().stringPropertyNames().stream().filter(name -> name.startsWith("org.anyfd."))
            .filter(name -> !OPTIONS.contains(name)).sorted().map(name -> "-D" + name).toList();
    }

    private static Map<String, String> readLimits() {
        Map<String, String> limits = new LinkedHashMap<>();
        try {
            Fds.Limit open = Fds.limit();
            limits.put("open files", open.soft() + (open.soft() == open.hard() ? "" : " (up to " + open.hard() + ")"));
        } catch (IOException | UnsupportedOperationException e) {
            limits.put("open files", e.getMessage());
        }
        for (String name : KERNEL_LIMITS) {
            // With room for all of it: the kernel has no second part for who reads a part of such a file.
            try (BufferedReader file = Files.newBufferedReader(Path.of("/proc/sys", name.split("\\.")))) {
                limits.put(name, file.readLine());
            } catch (IOException e) {
                limits.put(name, "not known: " + e);
            }
        }
        return limits;
    }

    /** The warnings that this JDK prints when anyfd loads its native library, and what to do about it. */
    static Warning warning() {
        if (Runtime.version().feature() < 24) {
            return new Warning(0, "");
        }
        return new Warning(4, "--enable-native-access=ALL-UNNAMED");
    }

    /**
     * @param lines how many lines a program gets on standard error without the option
     * @param option silences them
     */
    record Warning(int lines, String option) {
        /** Whether this very JVM was told already, for instance by the manifest of the jar it was started with. */
        boolean silenced() {
            if (lines == 0) {
                return true;
            }
            try {
                // Since JDK 22, newer than the release we compile for.
                return (boolean) Module.class.getMethod("isNativeAccessEnabled").invoke(Machine.class.getModule());
            } catch (NoSuchMethodException | IllegalAccessException | InvocationTargetException e) {
                throw new AssertionError(e);
            }
        }
    }
}
