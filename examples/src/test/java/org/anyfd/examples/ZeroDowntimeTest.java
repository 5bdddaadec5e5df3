package org.anyfd.examples;

import java.lang.ProcessBuilder.Redirect;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.junit.jupiter.api.Assertions.assertEquals;

/** A server is restarted under load; no connection and no request fails. */
@Timeout(180)
class ZeroDowntimeTest {
    @Test
    void nobodyNoticesARestart() throws Exception {
        try (Child supervisor = Child.start(Redirect.PIPE, Child.java(ZeroDowntime.class, "0", "2"))) {
            supervisor.await("listening on port");
            supervisor.await("restart 1");
            supervisor.await("restart 2");
            supervisor.await("0 failures");
            assertEquals(0, supervisor.exitStatus(), supervisor::printed);
        }
    }
}
