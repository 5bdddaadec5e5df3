package org.anyfd.channel;

import jdk.jfr.FlightRecorder;
import org.anyfd.sys.Consts;

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

    /** What a recording is told of an operation that begins, or null if there is none that wants to know. */
    static IoEvent event(int events, boolean socket) {
        if (!begun()) {
            return null;
        }
        return events == Consts.POLLIN ? IoEvent.reading(socket) : IoEvent.writing(socket);
    }

    static IoEvent event(Io.Call call, int events, boolean socket) {
        if (!begun()) {
            return null;
        }
        return call instanceof Connecting ? IoEvent.connecting() : call.movesBytes() ? event(events, socket) : null;
    }
}
