package org.anyfd.all;

import com.eclipsesource.json.Json;
import com.eclipsesource.json.JsonObject;
import com.eclipsesource.json.JsonValue;
import java.util.List;
import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

class SelfTestTest {
    private static final String JAR = Java.JAR.toString();

    /** Quietly: on JDK 24 and newer because the manifest allows native access. */
    @Test
    void allThatThisSystemOffersWorksAndNothingWarns() throws Exception {
        String out = Java.run("-jar", JAR).quietly();
        assertTrue(out.lines().count() <= 50, "one screen: " + out);
        assertTrue(out.contains("TCP over IPv4"), out);
        assertTrue(out.contains("provider   org.anyfd.AnyFdSelectorProvider"), out);
        assertTrue(out.contains(" 0 failed"), out);
    }

    @Test
    void jsonHasAVerdictForEachCheck() throws Exception {
        JsonObject report = Json.parse(Java.run("-jar", JAR, "--json").quietly()).asObject();
        assertTrue(report.getBoolean("ok", false), report.toString());
        assertEquals(System.getProperty("java.runtime.version"),
            report.get("jdk").asObject().getString("version", ""));
        assertEquals(Java.WARNS ? 4 : 0, report.get("warnings").asObject().getInt("lines", -1));
        assertEquals(Kinds.ALL.size() + Features.ALL.size(), report.get("checks").asArray().size());
        for (JsonValue check : report.get("checks").asArray()) {
            String verdict = check.asObject().getString("verdict", "");
            assertTrue(List.of("ok", "not_offered").contains(verdict), check.toString());
            assertEquals(verdict.equals("ok"), check.asObject().getString("detail", "?").isEmpty(), check.toString());
        }
    }

    @Test
    void whatDoesNotWorkIsToldWithItsErrnoAndByTheExitStatus() throws Exception {
        // Enough for the JVM and the jar, and not for most of the checks.
        ProcessBuilder java = Java.command("-XX:-MaxFDLimit", "-jar", JAR);
        java.command().addAll(0, List.of("/bin/sh", "-c", "ulimit -n 12; exec \"$@\"", "sh"));
        Java.Ended ended = Java.run(java, "");
        assertEquals(1, ended.status(), ended.out() + ended.err());
        assertTrue(ended.out().contains("EMFILE"), ended.out());
        assertFalse(ended.out().contains(" 0 failed"), ended.out());
    }

    @Test
    void namedProviderIsTold() throws Exception {
        String out = Java.run("-Djava.nio.channels.spi.SelectorProvider=sun.nio.ch.EPollSelectorProvider",
            "-Dorg.anyfd.poller=poll", "-Dorg.anyfd.jxm=true", "-jar", JAR).out();
        assertTrue(out.contains("provider   sun.nio.ch.EPollSelectorProvider"), out);
        assertTrue(out.contains("named by -Djava.nio.channels.spi.SelectorProvider"), out);
        assertTrue(out.contains("selectors  poll"), out);
        assertTrue(out.contains("-Dorg.anyfd.jxm: anyfd has none of that name"), out);
        String agent = Java.run("-javaagent:" + JAR, "-jar", JAR).out();
        assertTrue(agent.contains("provider   org.anyfd.AnyFdSelectorProvider") && agent.contains("by the agent"), agent);
        Java.Ended missing = Java.run("-Djava.nio.channels.spi.SelectorProvider=org.missing.Provider", "-jar", JAR);
        assertTrue(missing.out().contains("provider   none: java.lang.ClassNotFoundException: org.missing.Provider"),
            missing.toString());
        assertEquals(1, missing.status(), missing.toString());
    }

    @Test
    void wrongOptionIsUsage() throws Exception {
        Java.Ended ended = Java.run("-jar", JAR, "--jsn");
        assertEquals(2, ended.status());
        assertTrue(ended.err().contains("--json") && ended.err().contains("--help"), ended.err());
    }

    @Test
    void whoeverCannotUseAnyFdIsToldTheWayOutInOneLine() throws Exception {
        assertTrue(refused("-Dos.name=Plan9").contains("Plan9"));
        assertTrue(refused("-Dorg.anyfd.poller=epol").contains("-Dorg.anyfd.poller=epol: epoll or poll expected"));
        assertTrue(refused("-Djffi.extract.dir=/proc/missing").contains("-Djffi.extract.dir=FOLDER (No such file or directory)"));
    }

    private static String refused(String option) throws Exception {
        Java.Ended selfTest = Java.run(option, "-jar", JAR);
        Java.Ended watch = Java.run(option, "-jar", JAR, "watch", "-");
        assertEquals(selfTest, watch);
        assertEquals(1, watch.status());
        assertEquals("", watch.out());
        assertEquals(1, watch.err().lines().count(), watch.err());
        return watch.err();
    }
}
