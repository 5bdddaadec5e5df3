package org.anyfd.channel;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Enabled;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;

/** Internal. A selection as JDK Flight Recorder shows it; see {@link IoEvent} for when it may be named and what it costs. */
@Name("org.anyfd.Select")
@Label("Select")
@Category({"Java Application", "anyfd"})
@Description("Waiting for events in a selector of anyfd")
@Enabled(false)
@StackTrace(false)
final class SelectEvent extends Event {
    private static final SelectEvent ANY = new SelectEvent();

    @Label("Selector")
    String selector;
    @Label("Keys")
    int keys;
    @Label("Keys Updated")
    @Description("What select returned: 0 after a wakeup, an interrupt or the end of the time")
    int updated;
    @Label("Timeout Value")
    @Description("0 if it did not wait, negative if it waited without one")
    @Timespan(Timespan.MILLISECONDS)
    long timeout;

    /** An event that begins now, or null if no recording wants it. */
    static SelectEvent begun() {
        if (!ANY.isEnabled()) {
            return null;
        }
        SelectEvent event = new SelectEvent();
        event.begin();
        return event;
    }

    /** Has the event, which has ended, recorded. */
    void done(NativeSelector selector, int keys, int updated, long timeoutNanos) {
        if (shouldCommit()) {
            this.selector = selector.toString();
            this.keys = keys;
            this.updated = updated;
            this.timeout = timeoutNanos < 0 ? -1 : timeoutNanos / 1_000_000;
            commit();
        }
    }
}
