package org.anyfd;

/** The selectors of this JVM, for those who want to see into a running program. */
public final class Selectors {
    private Selectors() {
    }

    /**
     * Registers {@link SelectorsMXBean} with the platform's MBean server, under {@code org.anyfd:type=Selectors}, if
     * that has not been done. From now on each event costs a look at the clock, for the keys' idle time. Any thread may
     * call it.
     *
     * @throws UnsupportedOperationException if this Java is without the module {@code java.management}
     */
    public static void register() {
        if (ModuleLayer.boot().findModule("java.management").isEmpty()) {
            throw new UnsupportedOperationException("MBean org.anyfd:type=Selectors: this Java is without the module "
                + "java.management; build its image with that, or do not set -Dorg.anyfd.jmx=true");
        }
        SelectorsBean.register();
    }
}
