package org.anyfd.poll;

/**
 * Internal. Threads of the library, which outlive the call that has one made, and so must keep nothing of the caller's
 * alive: neither its context class loader, such as a web application's, nor its inheritable thread-locals. Up to JDK 23
 * a thread keeps its maker's access control context all the same.
 */
public final class Daemon {
    private Daemon() {
    }

    /** A thread that does not keep the JVM from ending, not started yet. */
    public static Thread of(Runnable task, String name) {
        Thread thread = new Thread(null, task, name, 0, false);
        thread.setDaemon(true);
        thread.setContextClassLoader(ClassLoader.getSystemClassLoader());
        return thread;
    }
}
