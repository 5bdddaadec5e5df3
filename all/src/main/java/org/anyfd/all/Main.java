package org.anyfd.all;

import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.Spec;
import picocli.CommandLine.UnmatchedArgumentException;

/** What {@code java -jar anyfd-all.jar} does: the self-test, or a subcommand. */
@Command(name = "java -jar anyfd-all.jar", mixinStandardHelpOptions = true, versionProvider = Main.Version.class,
    subcommands = Watch.class, usageHelpAutoWidth = true,
    description = {"Tries each kind of file descriptor and each feature of anyfd on this machine, and tells which"
        + " selector provider a program would get, and why.", ""},
    footer = {"", "Exit status: 0 if all that this system offers works, 1 if something does not, 2 for wrong usage.", "",
        "To put a packaged program on anyfd, and to be told that it is:",
        "  java -javaagent:anyfd-all.jar -jar program.jar",
        "  java -javaagent:anyfd-all.jar=verbose -jar program.jar"})
public final class Main implements Callable<Integer> {
    @Option(names = "--json", description = "Print the result as JSON.")
    private boolean json;

    @Spec
    private CommandSpec spec;

    private Main() {
    }

    public static void main(String[] args) {
        System.exit(new CommandLine(new Main()).setParameterExceptionHandler(Main::wrongUsage)
            .setExecutionExceptionHandler(Main::failed).execute(args));
    }

    private static int wrongUsage(ParameterException e, String[] args) {
        CommandLine command = e.getCommandLine();
        command.getErr().println(e.getMessage());
        UnmatchedArgumentException.printSuggestions(e, command.getErr());
        command.getErr().println("More: " + command.getCommandSpec().qualifiedName() + " --help");
        return command.getCommandSpec().exitCodeOnInvalidInput();
    }

    /** What anyfd says to a system that it does not support is for people; all else is a fault, to be reported whole. */
    private static int failed(Exception e, CommandLine command, ParseResult parsed) throws Exception {
        if (!(e instanceof UnsupportedOperationException)) {
            throw e;
        }
        command.getErr().println(e.getMessage());
        return command.getCommandSpec().exitCodeOnExecutionException();
    }

    @Override
    public Integer call() {
        Machine.requireAnyFd();
        Report report = new Report(Machine.look(), SelfTest.run());
        PrintWriter out = spec.commandLine().getOut();
        out.println(json ? report.json() : report.text());
        out.flush();
        return report.ok() ? 0 : 1;
    }

    /** As the jar's manifest has it. */
    static String version() {
        String version = Main.class.getPackage().getImplementationVersion();
        return version == null ? "of a working copy" : version;
    }

    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            return new String[] {"anyfd " + version()};
        }
    }
}
