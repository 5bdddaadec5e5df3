package org.anyfd.it;

import static org.anyfd.it.LockStepKernel.POLLERR;
import static org.anyfd.it.LockStepKernel.POLLHUP;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.Consumer;

/** The operations on selectors and keys. Part of one {@link LockStep}. */
final class LockStepSelectors {
    private static final int MOST_SELECTORS = 3;

    private final LockStep run;
    private final Random random;
    private final List<Selector> selectors = new ArrayList<>();

    LockStepSelectors(LockStep run) {
        this.run = run;
        this.random = run.random;
    }

    void close() throws IOException {
        for (Selector each : selectors) {
            each.close();
        }
    }

    String operation() throws IOException {
        if (selectors.size() < MOST_SELECTORS && random.nextInt(20) == 0 || selectors.isEmpty()) {
            selectors.add(run.provider.openSelector());
            return "openSelector";
        }
        int index = random.nextInt(selectors.size());
        Selector selector = selectors.get(index);
        String name = " s" + index;
        return switch (random.nextInt(40)) {
            case 0, 1, 2, 3, 4, 5, 6 -> register(selector, name);
            case 7, 8, 9, 10, 11, 12, 13 -> interest(selector, name);
            case 14, 15 -> cancel(selector, name);
            case 16, 17, 18, 19 -> forget(selector, name);
            case 20 -> keys(selector, name);
            case 21 -> random.nextInt(20) == 0 ? closeSelector(index, name) : attach(selector, name);
            case 22 -> forbidden(selector, name);
            case 23 -> "wakeup" + name + " = " + (selector.wakeup() == selector);
            case 24, 25, 26, 27, 28, 29 -> selectTo(selector, name);
            default -> select(selector, name);
        };
    }

    private String closeSelector(int index, String name) {
        Selector selector = selectors.get(index);
        if (!selector.isOpen()) {
            selectors.remove(index);
            return "forget" + name;
        }
        return "close" + name + " = " + LockStepText.of(null, () -> {
            selector.close();
            return selector.isOpen();
        });
    }

    // -- Keys --

    private int randomOps(LockStepParty party) {
        int ops = random.nextInt(32);
        return random.nextInt(30) == 0 ? ops : ops & party.channel.validOps();
    }

    /** The key of some channel, or null. */
    private LockStepParty anyRegistered(Selector selector) {
        List<LockStepParty> registered = run.parties.stream()
            .filter(party -> party.channel.keyFor(selector) != null).toList();
        return registered.isEmpty() ? null : registered.get(random.nextInt(registered.size()));
    }

    private String register(Selector selector, String name) {
        LockStepParty party = run.any();
        // A closed one, or one in blocking mode, is refused: that need not be seen often.
        if (party == null || (!party.isLive() || party.channel.isBlocking()) && random.nextInt(5) != 0) {
            return null;
        }
        int ops = randomOps(party);
        Object attachment = random.nextBoolean() ? "a" + run.number() : null;
        SelectionKey before = party.channel.keyFor(selector);
        forgetTainted(party, selector, before);
        SelectionKey[] made = new SelectionKey[1];
        String result = LockStepText.of(party, () -> {
            made[0] = attachment == null ? party.channel.register(selector, ops)
                : party.channel.register(selector, ops, attachment);
            return made[0] == before;
        });
        SelectionKey key = made[0] == null ? before : made[0];
        return "register " + party + name + " " + ops + " = " + result + " | "
            + (key == null ? "no key" : describe(key)) + " | " + LockStepText.state(party);
    }

    private static String describe(SelectionKey key) {
        return key.isValid() + " " + LockStepText.of(null, key::interestOps) + " " + key.attachment();
    }

    /** See {@link LockStepParty#tainted}: its ready set starts afresh before the interest set changes. */
    private static void forgetTainted(LockStepParty party, Selector selector, SelectionKey key) {
        if (key != null && party.tainted && selector.isOpen()) {
            selector.selectedKeys().remove(key);
        }
    }

    private String interest(Selector selector, String name) {
        LockStepParty party = anyRegistered(selector);
        if (party == null) {
            return null;
        }
        SelectionKey key = party.channel.keyFor(selector);
        forgetTainted(party, selector, key);
        int ops = randomOps(party);
        int form = random.nextInt(4);
        String result = LockStepText.of(null, () -> switch (form) {
            case 0 -> key.interestOpsOr(ops);
            case 1 -> key.interestOpsAnd(ops);
            default -> key.interestOps(ops) == key;
        });
        return "interest " + party + name + " " + form + " " + ops + " = " + result + " | " + describe(key);
    }

    private String cancel(Selector selector, String name) {
        LockStepParty party = anyRegistered(selector);
        if (party == null) {
            return null;
        }
        SelectionKey key = party.channel.keyFor(selector);
        key.cancel();
        return "cancel " + party + name + " = " + describe(key) + " | " + LockStepText.state(party)
            + LockStepText.of(null, key::readyOps) + (key.selector() == selector) + (key.channel() == party.channel);
    }

    private String attach(Selector selector, String name) {
        LockStepParty party = anyRegistered(selector);
        return party == null ? null : "attach " + party + name + " = "
            + party.channel.keyFor(selector).attach("b" + run.number());
    }

    private String keys(Selector selector, String name) {
        return "keys" + name + " = " + LockStepText.of(null, () -> text(selector.keys()));
    }

    // -- The selected keys --

    private String forget(Selector selector, String name) {
        int form = random.nextInt(5);
        return "forget" + form + name + " = " + LockStepText.of(null, () -> {
            Set<SelectionKey> selected = selector.selectedKeys();
            switch (form) {
                case 0 -> selected.clear();
                case 1 -> {
                    LockStepParty party = anyRegistered(selector);
                    return party != null && selected.remove(party.channel.keyFor(selector));
                }
                case 2 -> selected.removeIf(key -> run.of(key.channel()).id % 2 == 0);
                case 3 -> selected.retainAll(selected.stream().filter(key -> run.of(key.channel()).id % 3 == 0).toList());
                default -> {
                    for (var i = selected.iterator(); i.hasNext();) {
                        i.next();
                        i.remove();
                    }
                }
            }
            return text(selected);
        });
    }

    private String forbidden(Selector selector, String name) {
        LockStepParty party = anyRegistered(selector);
        if (party == null) {
            return null;
        }
        SelectionKey key = party.channel.keyFor(selector);
        return "forbidden" + name + " = " + LockStepText.of(null, () -> selector.selectedKeys().add(key))
            + " " + LockStepText.of(null, () -> selector.keys().remove(key))
            + " " + LockStepText.of(null, () -> selector.select(-1))
            + " " + LockStepText.of(null, () -> selector.select((Consumer<SelectionKey>) null))
            + " " + LockStepText.of(null, () -> selector.select(each -> { }, -1));
    }

    // -- Selection --

    /** One of the forms; those that wait are told before not to. */
    private String select(Selector selector, String name) {
        forgetConnects(selector);
        int form = random.nextInt(8);
        String result = LockStepText.of(null, () -> switch (form) {
            case 0 -> selector.wakeup().select();
            case 1 -> selector.wakeup().select(60_000);
            default -> selector.selectNow();
        });
        return "select" + form + name + " = " + result + after(selector);
    }

    private String selectTo(Selector selector, String name) {
        forgetConnects(selector);
        int form = random.nextInt(6);
        List<String> told = new ArrayList<>();
        Consumer<SelectionKey> action = key -> told.add(deliver(selector, key));
        String result = LockStepText.of(null, () -> switch (form) {
            case 0 -> selector.wakeup().select(action);
            case 1 -> selector.wakeup().select(action, 60_000);
            default -> selector.selectNow(action);
        });
        Collections.sort(told);
        return "selectTo" + form + name + " = " + result + " " + told + after(selector);
    }

    /**
     * As programs do: OP_CONNECT leaves the interest set when the channel is connected. In the JDK such a key wakes the
     * selector time and again for nothing, each time with its ready set cleared, and is ready for OP_CONNECT when the
     * connection hangs up; ours does not watch for what cannot happen.
     */
    private static void forgetConnects(Selector selector) {
        if (!selector.isOpen()) {
            return;
        }
        for (SelectionKey key : selector.keys()) {
            if (key.isValid() && (key.interestOps() & SelectionKey.OP_CONNECT) != 0
                && ((SocketChannel) key.channel()).isConnected()) {
                selector.selectedKeys().remove(key);
                key.interestOpsAnd(~SelectionKey.OP_CONNECT);
            }
        }
    }

    private String deliver(Selector selector, SelectionKey key) {
        LockStepParty party = run.of(key.channel());
        String text = party + ":" + LockStepText.of(null, key::readyOps) + " ";
        // Not from the sequence of random numbers: the order of the keys is not the same on both sides. For the same
        // reason one selection has actions that read or actions that close, not both: a peer would read what the close
        // did, or not yet.
        int chance = (int) ((run.number() * 2_654_435_761L + party.id * 40_503L >>> 7) & 15);
        boolean closes = (run.number() & 1) == 0;
        return text + switch (chance) {
            case 0 -> "select " + LockStepText.of(null, selector::selectNow);
            case 1 -> {
                key.cancel();
                yield "cancel " + describe(key);
            }
            case 2 -> !closes ? "" : "close " + LockStepText.of(null, () -> {
                party.channel.close();
                return describe(key);
            });
            case 3 -> selector.selectedKeys().contains(key) ? "selected"
                : "interest " + LockStepText.of(null, () -> key.interestOpsAnd(run.number()));
            case 4 -> "register " + LockStepText.of(null, () ->
                party.channel.register(selector, key.interestOps(), "c" + run.number()) == key);
            case 5, 6, 7 -> closes ? "" : read(party);
            default -> "";
        };
    }

    private String read(LockStepParty party) {
        if (!(party.channel instanceof ReadableByteChannel in) || party.channel.isBlocking()) {
            return "";
        }
        ByteBuffer dst = ByteBuffer.allocate(50);
        int[] n = {0};
        String result = LockStepText.of(party, () -> n[0] = in.read(dst));
        party.unread -= Math.max(0, n[0]);
        return "read " + result + LockStepBuffers.text(dst);
    }

    private String after(Selector selector) {
        if (!selector.isOpen()) {
            return "";
        }
        for (SelectionKey key : selector.selectedKeys()) {
            LockStepParty party = run.of(key.channel());
            party.tainted |= party.fdOpen && run.kernel.hasEvent(party.fd, POLLERR | POLLHUP);
        }
        return " selected " + text(selector.selectedKeys()) + " of " + text(selector.keys());
    }

    private String text(Set<SelectionKey> keys) {
        List<String> texts = new ArrayList<>();
        for (SelectionKey key : keys) {
            LockStepParty party = run.of(key.channel());
            String ready = LockStepText.of(null, () -> !isSelected(key) ? key.interestOps()
                : party.tainted ? key.readyOps() & key.interestOps() : key.readyOps());
            texts.add(party + ":" + (key.isValid() ? ready : "invalid"));
        }
        Collections.sort(texts);
        return texts.toString();
    }

    private static boolean isSelected(SelectionKey key) {
        return key.selector().selectedKeys().contains(key);
    }
}
