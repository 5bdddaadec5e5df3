package org.anyfd;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.openjdk.jcstress.JCStress;
import org.openjdk.jcstress.Options;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.infra.StateCase;
import org.openjdk.jcstress.infra.Status;
import org.openjdk.jcstress.infra.collectors.DiskReadCollector;
import org.openjdk.jcstress.infra.collectors.InProcessCollector;
import org.openjdk.jcstress.infra.collectors.TestResult;
import org.openjdk.jcstress.infra.runners.TestList;
import org.openjdk.jcstress.vm.VMSupport;

/**
 * Runs the races and judges them: exit code 0 if every real one showed only what is allowed and every twin, which is
 * broken on purpose, was caught showing what is not.
 *
 * <p>A race is a class with two tests in it: {@code Real} runs what the library uses, {@code Twin} the same steps on
 * something broken. A twin inherits what is forbidden to the real one, and must be caught doing it. A race without a
 * twin fails.
 */
public final class Races {
    private static final String REAL = ".Real";
    private static final String TWIN = ".Twin";

    private Races() {
    }

    /** @param args "quick" or "thorough", and a regular expression for the names of the tests */
    public static void main(String[] args) throws Exception {
        Options options = new Options(options(args[0], args[1]));
        if (!options.parse()) {
            System.exit(2);
        }
        Run run = new Run(options);
        boolean reported = true;
        try {
            run.run();
        } catch (AssertionError failures) {
            // jcstress throws what its report says; it is said again below, with the twins.
            reported = false;
        }
        int failed = judge(run.tests, results(options.getResultFile()));
        System.exit(failed == 0 && reported ? 0 : 1);
    }

    private static String[] options(String mode, String only) {
        // Short strides keep the actors together also on a machine that has other things to do.
        List<String> options = new ArrayList<>(List.of("-r", "jcstress", "-t", only, "-af", "NONE", "-sc", "false",
            "-spinStyle", "THREAD_YIELD", "-strideSize", "8", "-strideCount", "400"));
        switch (mode) {
            case "quick" -> options.addAll(
                List.of("-m", "quick", "-iters", "3", "-pth", "false", "-jvmArgs", "-XX:+TieredCompilation"));
            case "thorough" -> options.addAll(List.of("-m", "default"));
            default -> throw new IllegalArgumentException("mode " + mode + ": quick or thorough expected");
        }
        return options.toArray(new String[0]);
    }

    /** Remembers which tests are to run. */
    private static final class Run extends JCStress {
        SortedSet<String> tests;

        Run(Options options) {
            super(options);
        }

        /** Called between the choice of the JVM configurations and their use. */
        @Override
        public SortedSet<String> getTests() {
            // jcstress would run all twice on JDK 17, once with the biased locking that nobody turns on any more.
            VMSupport.getAvailableVMConfigs().removeIf(config -> config.origArgs().contains("-XX:+UseBiasedLocking"));
            tests = super.getTests();
            tests.stream().filter(test -> test.endsWith(TWIN)).forEach(Races::askForWhatIsForbidden);
            return tests;
        }
    }

    /** What the real one must not show is what its twin is there for, to jcstress and its report as well. */
    private static void askForWhatIsForbidden(String twin) {
        Collection<StateCase> cases = TestList.getInfo(twin).cases();
        List<StateCase> asked = cases.stream().map(outcome -> outcome.expect() != Expect.FORBIDDEN ? outcome
            : new StateCase(Pattern.compile(outcome.matchPattern()), Expect.ACCEPTABLE_INTERESTING,
                outcome.description())).toList();
        cases.clear();
        cases.addAll(asked);
    }

    private static Map<String, List<TestResult>> results(String file) throws Exception {
        InProcessCollector all = new InProcessCollector();
        DiskReadCollector reader = new DiskReadCollector(file, all);
        reader.dump();
        reader.close();
        Map<String, List<TestResult>> byName = new TreeMap<>();
        for (TestResult result : all.getTestResults()) {
            byName.computeIfAbsent(result.getName(), name -> new ArrayList<>()).add(result);
        }
        return byName;
    }

    private static int judge(SortedSet<String> tests, Map<String, List<TestResult>> results) {
        int passed = 0;
        int failed = 0;
        for (String test : tests) {
            String verdict = verdict(test, tests, results.getOrDefault(test, List.of()));
            boolean ok = verdict.startsWith("ok");
            System.out.println((ok ? "  " : "! ") + test + ": " + verdict);
            passed += ok ? 1 : 0;
            failed += ok ? 0 : 1;
        }
        System.out.println(passed + " passed, " + failed + " failed");
        return passed == 0 ? 1 : failed;
    }

    private static String verdict(String test, SortedSet<String> tests, List<TestResult> results) {
        long samples = 0;
        long interesting = 0;
        Map<String, Long> seen = new TreeMap<>();
        for (TestResult result : results) {
            if (result.status() != Status.NORMAL) {
                return result.status() + " " + result.getMessages().stream().limit(5).toList();
            }
            if (!result.grading().isPassed) {
                return String.join("; ", result.grading().failureMessages);
            }
            samples += result.getTotalCount();
            result.getStateKeys().forEach(state -> seen.merge(state, result.getCount(state), Long::sum));
            interesting += result.grading().gradingResults.values().stream()
                .filter(outcome -> outcome.expect == Expect.ACCEPTABLE_INTERESTING)
                .mapToLong(outcome -> outcome.count).sum();
        }
        if (samples == 0) {
            return "did not run";
        }
        String counts = samples + ": " + counts(seen);
        if (test.endsWith(TWIN)) {
            return interesting > 0 ? "ok, caught " + interesting + " times in " + counts : "not caught in " + counts;
        }
        if (!tests.contains(test.replace(REAL, TWIN))) {
            return "has no twin";
        }
        return interesting == 0 ? "ok, " + counts : "only a twin may have interesting outcomes";
    }

    /** How often each outcome was seen: whether the race was run in all orders. */
    private static String counts(Map<String, Long> seen) {
        return seen.entrySet().stream().filter(outcome -> outcome.getValue() > 0)
            .map(outcome -> outcome.getKey() + " x " + outcome.getValue()).collect(Collectors.joining("; "));
    }
}
