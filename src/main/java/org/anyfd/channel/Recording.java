package org.anyfd.channel;

import jdk.jfr.FlightRecorder;

/** Whether JDK Flight Recorder may have to be told of operations. */
final class Recording {
    /** A constant for the compiler. An image made by jlink may be without the module. */
    private static final boolean POSSIBLE = ModuleLayer.boot().findModule("jdk.jfr").isPresent();

    private Recording() {
    }

    /**
     * False as long as this program has recorded nothing: events are not even loaded then, which would have Flight
     * Recorder read what it knows of all events of the JDK. Costs a look at a field.
     */
    static boolean begun() {
        return POSSIBLE && FlightRecorder.isInitialized();
    }
}
