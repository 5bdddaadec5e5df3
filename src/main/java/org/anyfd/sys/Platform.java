package org.anyfd.sys;

/**
 * Internal. The machine this JVM runs on, as far as numbers and layouts depend on it. Stateless; loads no native code.
 */
public final class Platform {
    private static final String OS = System.getProperty("os.name");
    private static final String ARCH = System.getProperty("os.arch");

    /** True on 64-bit x86, whose {@code struct epoll_event} is packed and whose O_ flags differ from the generic ones. */
    static final boolean X86_64 = ARCH.equals("amd64") || ARCH.equals("x86_64");

    /** Whether anyfd's tables hold for this machine. */
    static final boolean SUPPORTED = OS.equals("Linux") && (X86_64 || ARCH.equals("aarch64"));

    private Platform() {
    }

    /**
     * Says whether anyfd's tables hold for this machine.
     *
     * @throws UnsupportedOperationException with the way out, if they do not
     */
    public static void requireSupported() {
        if (!SUPPORTED) {
            throw new UnsupportedOperationException("anyfd supports Linux on x86-64 and aarch64, not " + OS + " on "
                + ARCH + "; name the JDK's own provider with -Djava.nio.channels.spi.SelectorProvider="
                + jdkProvider() + " or take anyfd off the class path");
        }
    }

    /**
     * What the user chose by a system property that is true or false.
     *
     * @throws IllegalArgumentException if it is something else: a mistyped choice must not pass for none
     */
    public static boolean isTrue(String property, String value) {
        if (!value.equalsIgnoreCase("true") && !value.equalsIgnoreCase("false")) {
            throw new IllegalArgumentException(property + "=" + value + ": true or false expected");
        }
        return value.equalsIgnoreCase("true");
    }

    private static String jdkProvider() {
        if (OS.equals("Linux")) {
            return "sun.nio.ch.EPollSelectorProvider";
        }
        if (OS.startsWith("Windows")) {
            return "sun.nio.ch.WindowsSelectorProvider";
        }
        return OS.startsWith("Mac") ? "sun.nio.ch.KQueueSelectorProvider" : "sun.nio.ch.PollSelectorProvider";
    }
}
