package org.anyfd.all;

import java.io.IOException;
import java.nio.channels.SelectionKey;
import java.time.Duration;
import java.util.Locale;
import org.anyfd.fd.PidFdChannel;
import org.anyfd.fd.SignalChannel;
import org.anyfd.fd.TimerFdChannel;

/** Processes, timers and signals. */
final class OtherSources {
    private OtherSources() {
    }

    static Source process(long pid) throws IOException {
        PidFdChannel process = PidFdChannel.open(pid);
        String name = "process " + pid;
        return Source.of(name, "waiting for its end", process, SelectionKey.OP_READ, (key, lines) -> {
            lines.event(name, "ended: " + process.take());
            process.close();
            return null;
        });
    }

    static Source timer(Duration period) throws IOException {
        TimerFdChannel timer = TimerFdChannel.open();
        try {
            timer.scheduleAtFixedRate(period, period);
        } catch (IOException | RuntimeException e) {
            timer.close();
            throw e;
        }
        String name = "timer " + period.toString().substring(2).toLowerCase(Locale.ROOT);
        return Source.of(name, "running", timer, SelectionKey.OP_READ, (key, lines) -> {
            long ticks = timer.takeExpirations();
            lines.event(name, ticks == 1 ? "tick" : ticks + " ticks");
            return null;
        });
    }

    static Source signal(String name) throws IOException {
        SignalChannel signals = SignalChannel.open(name);
        return Source.of("signal " + name, "waiting", signals, SelectionKey.OP_READ, (key, lines) -> {
            SignalChannel.Signal signal = signals.take();
            if (signal != null) {
                lines.event("signal " + name, signal.count() == 1 ? "arrived" : "arrived " + signal.count() + " times");
            }
            return null;
        });
    }
}
