package org.anyfd.channel;

/** Whether JDK Flight Recorder can record anything: an image made by jlink may be without its module. */
final class Recording {
    /** A constant for the compiler: where it is false, nothing is left of what depends on it. */
    static final boolean POSSIBLE = ModuleLayer.boot().findModule("jdk.jfr").isPresent();

    private Recording() {
    }
}
