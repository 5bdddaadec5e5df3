package org.anyfd.all;

import java.io.IOException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.file.FileSystemException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.anyfd.AnyFdSelectorProvider;
import org.anyfd.fd.SignalChannel;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** Watches any mix of descriptors in one selector and one thread, and prints what happens. */
@Command(name = "watch", mixinStandardHelpOptions = true, versionProvider = Main.Version.class,
    usageHelpAutoWidth = true, sortOptions = false,
    customSynopsis = "java -jar anyfd-all.jar watch [OPTION]... [PATH]...",
    description = {"Watches any mix of things in one selector, and prints a line for each thing that happens. Each option may"
        + " be given several times.", ""},
    footer = {"", "Ends when nothing is left to watch, or with Control-C.",
        "Exit status: 0, 1 if something could not be watched or failed, 2 for wrong usage, 130 after Control-C.", "",
        "Example: what you type, what happens below /tmp, a port that anyone on this machine may talk to, and a clock:",
        "  java -jar anyfd-all.jar watch - /tmp --listen 7000 --timer 10s"})
final class Watch implements Callable<Integer> {
    @Parameters(paramLabel = "PATH", arity = "0..*", hideParamSyntax = true, description = {"'-' for standard input; a directory, for changes in it"
        + " and below; a file, for changes; a FIFO, a terminal or another device, for bytes; a Unix socket, to connect to."})
    private List<String> paths = List.of();

    @Option(names = "--listen", paramLabel = "[HOST:]PORT",
        description = "Accept TCP connections and print what they send. HOST is localhost if not given; PORT 0 is any.")
    private List<String> listen = List.of();

    @Option(names = "--udp", paramLabel = "[HOST:]PORT", description = "Print the datagrams that arrive.")
    private List<String> udp = List.of();

    @Option(names = "--connect", paramLabel = "HOST:PORT", description = "Connect and print what is sent.")
    private List<String> connect = List.of();

    @Option(names = "--pid", paramLabel = "PID", converter = Count.class, description = "Tell when the process ends.")
    private List<Long> pids = List.of();

    @Option(names = "--timer", paramLabel = "TIME", converter = Times.class,
        description = "Tick that often: 500ms, 2s, 1m, 1h.")
    private List<Duration> timers = List.of();

    @Option(names = "--signal", paramLabel = "NAME", description = "Print signals to this process: HUP, WINCH, ...")
    private List<String> signals = List.of();

    @Option(names = "--for", paramLabel = "TIME", converter = Times.class, description = "End after that time.")
    private Duration limit;

    @Option(names = "--count", paramLabel = "N", converter = Count.class, description = "End after that many events.")
    private long most = Long.MAX_VALUE;

    @Spec
    private CommandSpec spec;

    /** What is watched, with the keys of its channels. One thread uses it all. */
    private final List<SelectionKey> watched = new ArrayList<>();
    private Selector selector;
    private Lines lines;
    private boolean failed;

    @Override
    public Integer call() throws IOException {
        if (Stream.of(paths, listen, udp, connect, pids, timers, signals).allMatch(List::isEmpty)) {
            throw new ParameterException(spec.commandLine(), "nothing to watch: name a path, or an option such as --listen");
        }
        Machine.requireAnyFd();
        lines = new Lines(System.out);
        // From the beginning, so that Control-C ends it cleanly whenever it comes.
        try (SignalChannel stop = SignalChannel.open("INT", "TERM");
                Selector opened = new AnyFdSelectorProvider().openSelector()) {
            selector = opened;
            SelectionKey stopKey = stop.configureBlocking(false).register(selector, SelectionKey.OP_READ);
            try {
                openAll();
                return watch(stopKey);
            } finally {
                for (SelectionKey key : watched) {
                    key.channel().close();
                }
            }
        }
    }

    static final class Count implements ITypeConverter<Long> {
        @Override
        public Long convert(String text) {
            if (!text.matches("[1-9]\\d{0,17}")) {
                throw new TypeConversionException("'" + text + "' is no number from 1 on");
            }
            return Long.valueOf(text);
        }
    }

    private interface Opening<T> {
        Source open(T name) throws IOException;
    }

    private void openAll() {
        open("", paths, PathSources::open);
        open("--listen ", listen, NetSources::listen);
        open("--udp ", udp, NetSources::udp);
        open("--connect ", connect, NetSources::connect);
        open("--pid ", pids, OtherSources::process);
        open("--timer ", timers, OtherSources::timer);
        open("--signal ", signals, OtherSources::signal);
    }

    private <T> void open(String option, List<T> names, Opening<T> opening) {
        for (T name : names) {
            try {
                add(opening.open(name));
            } catch (IOException | RuntimeException e) {
                failed(option + name, e);
            }
        }
    }

    private void add(Source source) throws IOException {
        SelectableChannel channel = source.channel();
        try {
            channel.configureBlocking(false);
            watched.add(channel.register(selector, source.ops(), source));
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
        lines.note(source.name(), source.state());
    }

    private void failed(String name, Exception e) {
        failed = true;
        lines.note(name, e instanceof FileSystemException || e.getMessage() == null ? e.toString() : e.getMessage());
    }

    private int watch(SelectionKey stop) throws IOException {
        long start = System.nanoTime();
        while (!watched.isEmpty() && lines.events() < most && !lines.lost()) {
            // 0 is for ever.
            long leftMillis = limit == null ? 0 : limit.minusNanos(System.nanoTime() - start).toMillis();
            if (limit != null && leftMillis <= 0) {
                break;
            }
            selector.select(leftMillis);
            if (selector.selectedKeys().contains(stop)) {
                SignalChannel.Signal signal = ((SignalChannel) stop.channel()).take();
                lines.note("watch", "ended by SIG" + signal.name());
                return 128 + signal.number();
            }
            for (SelectionKey key : selector.selectedKeys()) {
                happened(key);
            }
            selector.selectedKeys().clear();
            watched.removeIf(key -> !key.isValid());
        }
        return failed ? 1 : 0;
    }

    private void happened(SelectionKey key) throws IOException {
        Source source = (Source) key.attachment();
        try {
            Source fresh = source.happened(key, lines);
            if (fresh != null) {
                add(fresh);
            }
        } catch (IOException e) {
            failed(source.name(), e);
            key.channel().close();
        }
    }
}
