package org.anyfd.benchmarks.micro;

import java.nio.channels.spi.SelectorProvider;
import org.anyfd.AnyFdSelectorProvider;

/** The values of the parameter {@code provider}. JMH forks a JVM for each, so that neither profits from the other's code. */
final class Providers {
    static SelectorProvider named(String name) {
        SelectorProvider provider = name.equals("anyfd") ? new AnyFdSelectorProvider() : SelectorProvider.provider();
        if (provider instanceof AnyFdSelectorProvider != name.equals("anyfd")) {
            throw new IllegalStateException(provider + " is not " + name + ": start this with benchmarks/run micro");
        }
        return provider;
    }

    private Providers() { }
}
