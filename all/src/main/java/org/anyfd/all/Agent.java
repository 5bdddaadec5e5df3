package org.anyfd.all;

import java.nio.channels.spi.SelectorProvider;
import java.util.Objects;
import java.util.ServiceConfigurationError;

/**
 * The Java agent: {@code -javaagent:anyfd-all.jar} makes anyfd the provider of a program that is not on the class path of
 * the JVM, such as one in a Spring Boot jar. The JVM itself puts the agent's jar on the system class path, where the JDK
 * looks for the provider; the rest is one system property. No class is changed and no package opened.
 *
 * <p>Whoever names a provider by {@code -Djava.nio.channels.spi.SelectorProvider} gets that one.
 */
public final class Agent {
    static final String PROVIDER = "java.nio.channels.spi.SelectorProvider";
    static final String NONE = "none: ";
    static final String ANYFD = "org.anyfd.AnyFdSelectorProvider";

    /** Set before the program begins. */
    private static boolean chosen;

    private Agent() {
    }

    /**
     * Called by the JVM before the program's main method, and before it can have asked for the provider.
     *
     * @param argument what follows {@code -javaagent:anyfd-all.jar=}: {@code verbose} to be told on standard error which
     *     provider is in force; with any other, the JVM ends with status 2 before the program begins
     */
    public static void premain(String argument) {
        boolean verbose = "verbose".equals(argument);
        if (argument != null && !argument.isEmpty() && !verbose) {
            // An exception would have the JVM abort with a page of its own inner life.
            System.err.println("-javaagent:anyfd-all.jar=" + argument + ": the only argument is verbose");
            System.exit(2);
        }
        if (System.getProperty(PROVIDER) == null) {
            System.setProperty(PROVIDER, ANYFD);
            chosen = true;
        }
        if (verbose) {
            System.err.println("anyfd: the selector provider is " + inForce());
        }
    }

    /** Whether it was the agent that named the provider. */
    static boolean chose() {
        return chosen;
    }

    /** The class of the provider in force, or {@link #NONE} and why: whoever names one may mistype it. */
    static String inForce() {
        try {
            return SelectorProvider.provider().getClass().getName();
        } catch (ServiceConfigurationError e) {
            return NONE + Objects.requireNonNullElse(e.getCause(), e);
        }
    }
}
