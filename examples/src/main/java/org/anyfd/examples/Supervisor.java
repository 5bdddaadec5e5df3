package org.anyfd.examples;

import static org.anyfd.fd.InotifyChannel.IN_CLOSE_WRITE;
import static org.anyfd.fd.InotifyChannel.IN_DELETE;
import static org.anyfd.fd.InotifyChannel.IN_IGNORED;
import static org.anyfd.fd.InotifyChannel.IN_MOVED_FROM;
import static org.anyfd.fd.InotifyChannel.IN_MOVED_TO;
import static org.anyfd.fd.InotifyChannel.IN_ONLYDIR;
import static org.anyfd.fd.InotifyChannel.IN_Q_OVERFLOW;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

import org.anyfd.fd.InotifyChannel;
import org.anyfd.fd.InotifyEvent;
import org.anyfd.fd.SignalChannel;

/**
 * Keeps the shell scripts of a directory running, and shows what they print. A new file is started, a changed one started
 * again, a deleted one stopped. One thread and one selector watch the directory, the output and the end of every script,
 * their timers, and the signals that end it all: Control-C, or kill.
 *
 * <pre>
 *   mkdir services
 *   examples/run Supervisor services
 *   echo 'while sleep 1; do date; done' &gt;services/clock         in another terminal
 * </pre>
 */
public final class Supervisor {
    /** What to do when a channel is ready: its key's attachment. */
    interface Action {
        void run() throws IOException;
    }

    private static final int CHANGED = IN_CLOSE_WRITE | IN_MOVED_TO;
    private static final int GONE = IN_DELETE | IN_MOVED_FROM;

    private final Path directory;
    private final Selector selector;
    private final TreeMap<String, Service> services = new TreeMap<>();
    private boolean ending;

    private Supervisor(Path directory, Selector selector) {
        this.directory = directory;
        this.selector = selector;
    }

    public static void main(String[] args) throws IOException {
        Path directory = Path.of(args.length > 0 ? args[0] : "services");
        try (Selector selector = Selector.open();
                SignalChannel signals = SignalChannel.open("INT", "TERM", "HUP");
                InotifyChannel changes = InotifyChannel.open()) {
            changes.watch(directory, CHANGED | GONE | IN_ONLYDIR);
            new Supervisor(directory, selector).run(signals, changes);
        } catch (IOException e) {
            System.err.println(directory + " cannot be supervised: " + e);
            System.exit(1);
        }
    }

    private void run(SignalChannel signals, InotifyChannel changes) throws IOException {
        changes.configureBlocking(false).register(selector, SelectionKey.OP_READ, (Action) () -> {
            for (InotifyEvent event : changes.read()) {
                happened(event);
            }
        });
        signals.configureBlocking(false).register(selector, SelectionKey.OP_READ, (Action) () -> {
            System.out.println("supervisor has got SIG" + signals.take().name());
            end();
        });
        look();
        System.out.println("supervisor watches " + directory + "; Control-C ends it");
        while (!ending || !services.isEmpty()) {
            selector.select(Supervisor::act);
            services.values().removeIf(Service::isOver);
        }
    }

    private static void act(SelectionKey key) {
        try {
            if (key.isValid()) { // not closed by what another key had to do
                ((Action) key.attachment()).run();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void happened(InotifyEvent event) throws IOException {
        if (event.is(IN_Q_OVERFLOW)) {
            look();
        } else if (event.is(IN_IGNORED)) {
            System.out.println("supervisor has lost " + directory);
            end();
        } else if (event.is(GONE)) {
            gone(event.name().toString());
        } else {
            changed(event.name().toString());
        }
    }

    /** Compares the files with what runs. */
    private void look() throws IOException {
        Set<String> unseen = new TreeSet<>(services.keySet());
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
            for (Path file : files) {
                String name = file.getFileName().toString();
                if (!unseen.remove(name)) {
                    changed(name);
                }
            }
        }
        for (String name : unseen) {
            gone(name);
        }
    }

    private void changed(String name) throws IOException {
        Path file = directory.resolve(name);
        // Editors keep their own files beside ours.
        if (ending || name.startsWith(".") || name.endsWith("~") || !Files.isRegularFile(file)) {
            return;
        }
        Service service = services.get(name);
        if (service == null || service.isOver()) {
            services.put(name, new Service(file, selector));
        } else {
            System.out.println(name + " has changed");
            service.restart();
        }
    }

    private void gone(String name) throws IOException {
        Service service = services.get(name);
        if (service != null) {
            System.out.println(name + " is gone");
            service.stop();
        }
    }

    private void end() throws IOException {
        ending = true;
        for (Service service : services.values()) {
            service.stop();
        }
    }
}
