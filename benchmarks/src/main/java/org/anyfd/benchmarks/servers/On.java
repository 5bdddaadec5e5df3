package org.anyfd.benchmarks.servers;

import org.anyfd.benchmarks.Provider;

/** What a server runs on: a provider, or a peer in its place. */
public enum On {
    JDK("JDK", Provider.JDK),
    ANYFD("anyfd", Provider.ANYFD),
    /** Netty's transport of its own, which knows epoll and goes past NIO. */
    NATIVE("native epoll", Provider.JDK),
    /** {@code src/main/c/floor.c}, not a JVM. */
    C("C", null);

    public final String text;
    final Provider provider;

    On(String text, Provider provider) {
        this.text = text;
        this.provider = provider;
    }
}
