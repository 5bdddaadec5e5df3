package org.anyfd.all;

import java.nio.channels.spi.SelectorProvider;

/**
 * The Java agent: {@code -javaagent:anyfd-all.jar} makes anyfd the provider of a program that is not on the class path of
 * the JVM, such as one in a Spring Boot jar. The JVM itself puts the agent's jar on the system class path, where the JDK
 * looks for the provider; the rest is one system property. No class is changed and no package opened.
 *
 * <p>Whoever names a provider by {@code -Djava.nio.channels.spi.SelectorProvider} gets that one.
 */
public final class Agent {
    static final String PROVIDER = "java.nio.channels.spi.SelectorProvider";
    static final String ANYFD = "org.anyfd.AnyFdSelectorProvider";

    private Agent() {
    }

    /**
     * Called by the JVM before the program's main method, and before it can have asked for the provider.
     *
     * @param argument what follows {@code -javaagent:anyfd-all.jar=}: {@code verbose} to be told on standard error which
     *     provider is in force
     * @throws IllegalArgumentException for any other argument; the JVM does not start the program then
     */
    public static void premain(String argument) {
        boolean verbose = "verbose".equals(argument);
        if (argument != null && !argument.isEmpty() && !verbose) {
            throw new IllegalArgumentException("-javaagent:anyfd-all.jar=" + argument + ": the only argument is verbose");
        }
        if (System.getProperty(PROVIDER) == null) {
            System.setProperty(PROVIDER, ANYFD);
        }
        if (verbose) {
            System.err.println("anyfd: the selector provider is " + SelectorProvider.provider().getClass().getName());
        }
    }
}
