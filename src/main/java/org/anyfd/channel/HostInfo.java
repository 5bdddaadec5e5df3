package org.anyfd.channel;

import java.io.IOException;
import java.net.SocketAddress;
import java.security.Security;
import java.util.Arrays;

/**
 * The address in the text of a connect that failed, for users who ask for it as they ask the JDK: by {@code hostInfo} in the
 * system or security property {@code jdk.includeInExceptions}. Stateless; any thread may call it.
 */
final class HostInfo {
    private static final boolean WANTED = wanted("jdk.includeInExceptions");

    private HostInfo() {
    }

    private static boolean wanted(String property) {
        String value = System.getProperty(property, Security.getProperty(property));
        return value != null && Arrays.stream(value.split(",")).anyMatch(each -> each.trim().equalsIgnoreCase("hostInfo"));
    }

    /**
     * The exception, or if the user wants that one of its class, from the same place, that names the address.
     *
     * @param peer may be null
     */
    static IOException added(IOException e, SocketAddress peer) {
        if (!WANTED || peer == null) {
            return e;
        }
        try {
            IOException told = e.getClass().getConstructor(String.class).newInstance(e.getMessage() + ": " + peer);
            told.setStackTrace(e.getStackTrace());
            return told;
        } catch (ReflectiveOperationException textless) {
            return e; // as AsynchronousCloseException is
        }
    }
}
