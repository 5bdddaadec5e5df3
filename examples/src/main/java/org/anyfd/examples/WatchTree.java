package org.anyfd.examples;

import static org.anyfd.fd.InotifyChannel.IN_CLOSE_WRITE;
import static org.anyfd.fd.InotifyChannel.IN_CREATE;
import static org.anyfd.fd.InotifyChannel.IN_DELETE;
import static org.anyfd.fd.InotifyChannel.IN_DELETE_SELF;
import static org.anyfd.fd.InotifyChannel.IN_IGNORED;
import static org.anyfd.fd.InotifyChannel.IN_MOVE;
import static org.anyfd.fd.InotifyChannel.IN_MOVED_FROM;
import static org.anyfd.fd.InotifyChannel.IN_MOVED_TO;
import static org.anyfd.fd.InotifyChannel.IN_Q_OVERFLOW;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.file.Path;

import org.anyfd.fd.FdChannel;
import org.anyfd.fd.InotifyEvent;
import org.anyfd.fd.InotifyTree;

/**
 * Prints what happens to the files in a directory and all below it, until standard input ends (Control-D) or the
 * directory is deleted. One thread waits for both.
 *
 * <pre>
 *   examples/run WatchTree src
 * </pre>
 */
public final class WatchTree {
    private static final int EVENTS = IN_CREATE | IN_CLOSE_WRITE | IN_DELETE | IN_MOVE | IN_DELETE_SELF;

    private final Path root;
    private boolean ended;

    private WatchTree(Path root) {
        this.root = root;
    }

    public static void main(String[] args) throws IOException {
        Path root = Path.of(args.length > 0 ? args[0] : ".");
        try (InotifyTree tree = InotifyTree.open(root, EVENTS)) {
            System.out.println("watching " + root + "; Control-D ends it");
            new WatchTree(root).run(tree);
        } catch (IOException e) {
            System.err.println(root + " cannot be watched: " + e);
            System.exit(1);
        }
    }

    private void run(InotifyTree tree) throws IOException {
        try (Selector selector = Selector.open(); FdChannel stdin = FdChannel.stdin()) {
            tree.configureBlocking(false).register(selector, SelectionKey.OP_READ);
            stdin.configureBlocking(false).register(selector, SelectionKey.OP_READ);
            ByteBuffer typed = ByteBuffer.allocate(1024);
            while (!ended) {
                selector.select();
                for (SelectionKey key : selector.selectedKeys()) {
                    if (key.channel() == tree) {
                        tree.read().forEach(this::print);
                    } else {
                        ended |= stdin.read(typed.clear()) < 0;
                    }
                }
                selector.selectedKeys().clear();
            }
        }
    }

    private void print(InotifyEvent event) {
        if (event.failure() != null) {
            say("unwatched", name(event) + " (" + event.failure() + ")");
        } else if (event.is(IN_Q_OVERFLOW)) {
            say("overflow", "something was missed");
        } else if (event.is(IN_IGNORED)) {
            say("gone", root + "");
            ended = true;
        } else if (event.is(IN_MOVED_TO) && event.from() != null) {
            say("moved", root.relativize(event.from()) + slash(event) + " -> " + name(event));
        } else if (event.is(IN_MOVED_TO)) {
            say("moved in", name(event));
        } else if (event.is(IN_MOVED_FROM)) {
            // Not yet known whether it moves within the tree; if so, IN_MOVED_TO follows.
            say("moving", name(event));
        } else if (event.is(IN_CREATE)) {
            say(event.isFound() ? "found" : "created", name(event));
        } else if (event.is(IN_CLOSE_WRITE)) {
            say("written", name(event));
        } else if (event.is(IN_DELETE)) {
            say("deleted", name(event));
        }
    }

    private String name(InotifyEvent event) {
        return root.relativize(event.path()) + slash(event);
    }

    private static String slash(InotifyEvent event) {
        return event.isDirectory() ? "/" : "";
    }

    private static void say(String what, String which) {
        System.out.printf("%-10s %s%n", what, which);
    }
}
