package org.anyfd.benchmarks.servers;

import java.io.IOException;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import joptsimple.OptionException;
import joptsimple.OptionParser;
import joptsimple.OptionSet;

/** What both commands let their user choose. */
record Choice(List<Server> servers, List<Integer> connections, int rounds, double seconds, double warmUp, int pause, int requests) {
    private static final String ALL = Arrays.stream(Server.values()).map(Server::text).collect(Collectors.joining(","));

    /** Ends the program when it cannot understand the words, or is asked for help. */
    static Choice of(String[] words, int pauseMicros) throws IOException {
        OptionParser parser = new OptionParser();
        var servers = parser.accepts("servers", "which").withRequiredArg().withValuesSeparatedBy(',').defaultsTo(ALL.split(","));
        var connections = parser.accepts("connections", "how many; each has one request under way")
            .withRequiredArg().ofType(Integer.class).withValuesSeparatedBy(',').defaultsTo(1, 32);
        var rounds = parser.accepts("rounds", "times that all take their turn").withRequiredArg().ofType(Integer.class).defaultsTo(3);
        var seconds = parser.accepts("seconds", "each is measured").withRequiredArg().ofType(Double.class).defaultsTo(2.5);
        var warmUp = parser.accepts("warm-up", "seconds of requests before each").withRequiredArg().ofType(Double.class).defaultsTo(6.0);
        var pause = parser.accepts("pause", "microseconds between an answer and the next request of 1 connection")
            .withRequiredArg().ofType(Integer.class).defaultsTo(pauseMicros);
        var requests = parser.accepts("requests", "whose system calls are counted")
            .withRequiredArg().ofType(Integer.class).defaultsTo(20_000);
        var help = parser.accepts("help").forHelp();
        try {
            OptionSet set = parser.parse(words);
            if (set.has(help)) {
                parser.printHelpOn(System.out);
                System.exit(0);
            }
            return new Choice(set.valuesOf(servers).stream().map(Choice::server).toList(), set.valuesOf(connections),
                set.valueOf(rounds), set.valueOf(seconds), set.valueOf(warmUp), set.valueOf(pause), set.valueOf(requests));
        } catch (OptionException | IllegalArgumentException e) {
            System.err.println(e.getMessage());
            parser.printHelpOn(System.err);
            System.exit(2);
            throw e;
        }
    }

    private static Server server(String text) {
        return Stream.of(Server.values()).filter(s -> s.text().equals(text)).findFirst()
            .orElseThrow(() -> new IllegalArgumentException("no server " + text + "; there are " + ALL));
    }

    /** The name of a report; a part of the servers has another, which the page does not take for the whole. */
    String report(String name) {
        return servers.size() == Server.values().length && connections.size() > 1 ? name : name + "-part";
    }

    /** The order in which to measure: many first, which has the JVM compile all there is to compile. */
    List<Integer> manyFirst() {
        return connections.stream().sorted(Comparator.reverseOrder()).toList();
    }

    static List<On> on(Server server) {
        return Stream.concat(Stream.of(On.JDK, On.ANYFD), server.peers().stream()).toList();
    }
}
