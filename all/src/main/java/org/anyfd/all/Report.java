package org.anyfd.all;

import com.eclipsesource.json.Json;
import com.eclipsesource.json.JsonArray;
import com.eclipsesource.json.JsonObject;
import com.eclipsesource.json.WriterConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.anyfd.all.Check.Result;
import org.anyfd.all.Check.Verdict;

/** What the self-test has found, for people on one screen, and for machines. */
record Report(Machine machine, List<Result> results) {
    private static final int COLUMNS = 3;

    long failures() {
        return count(Verdict.FAILED);
    }

    /** Whether all works that this system offers, and a program would get a provider. */
    boolean ok() {
        return failures() == 0 && !machine.provider().startsWith(Agent.NONE);
    }

    private long count(Verdict verdict) {
        return results.stream().filter(result -> result.verdict() == verdict).count();
    }

    String text() {
        List<String> lines = new ArrayList<>();
        lines.add("anyfd " + Main.version());
        lines.add(fact("system", machine.system() + " " + machine.kernel() + " on " + machine.arch()));
        lines.add(fact("JDK", machine.jdk() + " (" + machine.vendor() + "), " + machine.javaHome()));
        lines.add(fact("provider", machine.provider()));
        lines.add(fact("", machine.why()));
        lines.add(fact("selectors", machine.backend() + "; the other backend by -Dorg.anyfd.poller="
            + (machine.backend().equals("epoll") ? "poll" : "epoll")));
        if (!machine.mistyped().isEmpty()) {
            lines.add(fact("no options", String.join(", ", machine.mistyped()) + ": anyfd has none of that name"));
        }
        String title = "limits";
        for (var limit : machine.limits().entrySet()) {
            lines.add(fact(title, limit.getKey() + " " + limit.getValue()));
            title = "";
        }
        warnings(lines);
        table(lines, "kind", "Kinds of descriptors that work");
        table(lines, "feature", "Features that work");
        notWorking(lines, Verdict.NOT_OFFERED, "Not offered by this system");
        notWorking(lines, Verdict.FAILED, "FAILED");
        lines.add("");
        lines.add(count(Verdict.OK) + " work, " + count(Verdict.NOT_OFFERED) + " not offered here, " + failures() + " failed");
        return String.join(System.lineSeparator(), lines);
    }

    private static String fact(String name, String value) {
        return String.format("%-11s%s", name, value);
    }

    private static void warnings(List<String> lines) {
        Machine.Warning warning = Machine.warning();
        if (warning.lines() == 0) {
            lines.add(fact("warnings", "none on this JDK"));
        } else {
            lines.add(fact("warnings", warning.lines() + " lines about System::load on this JDK, unless started with"));
            lines.add(fact("", warning.option() + (warning.silenced() ? " (as here, by the jar's manifest or the option)" : "")));
        }
    }

    private void table(List<String> lines, String group, String title) {
        lines.add("");
        lines.add(title);
        List<String> names = results.stream().filter(r -> r.check().group().equals(group) && r.verdict() == Verdict.OK)
            .map(r -> r.check().name()).toList();
        for (int i = 0; i < names.size(); i += COLUMNS) {
            StringBuilder line = new StringBuilder("  ");
            for (String name : names.subList(i, Math.min(i + COLUMNS, names.size()))) {
                line.append(String.format("%-26s", name));
            }
            lines.add(line.toString().stripTrailing());
        }
    }

    private void notWorking(List<String> lines, Verdict verdict, String title) {
        if (count(verdict) > 0) {
            lines.add("");
            lines.add(title);
            results.stream().filter(r -> r.verdict() == verdict)
                .forEach(r -> lines.add("  " + r.check().name() + ": " + r.detail()));
        }
    }

    String json() {
        JsonObject limits = Json.object();
        machine.limits().forEach(limits::add);
        JsonArray checks = Json.array();
        for (Result result : results) {
            checks.add(Json.object().add("group", result.check().group()).add("name", result.check().name())
                .add("verdict", result.verdict().name().toLowerCase(Locale.ROOT)).add("detail", result.detail())
                .add("errno", result.errno()));
        }
        Machine.Warning warning = Machine.warning();
        return Json.object()
            .add("anyfd", Main.version())
            .add("ok", ok())
            .add("system", Json.object().add("name", machine.system()).add("kernel", machine.kernel())
                .add("arch", machine.arch()))
            .add("jdk", Json.object().add("version", machine.jdk()).add("vendor", machine.vendor())
                .add("home", machine.javaHome()))
            .add("provider", Json.object().add("class", machine.provider()).add("why", machine.why()))
            .add("backend", machine.backend())
            .add("mistyped", Json.array(machine.mistyped().toArray(String[]::new)))
            .add("limits", limits)
            .add("warnings", Json.object().add("lines", warning.lines()).add("option", warning.option())
                .add("silenced", warning.silenced()))
            .add("checks", checks)
            .toString(WriterConfig.PRETTY_PRINT);
    }
}
