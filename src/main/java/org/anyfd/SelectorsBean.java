package org.anyfd;

import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import javax.management.InstanceAlreadyExistsException;
import javax.management.JMException;
import javax.management.ObjectName;
import javax.management.StandardMBean;
import org.anyfd.channel.KeyState;
import org.anyfd.channel.NativeSelector;
import org.anyfd.channel.OpNames;
import org.anyfd.channel.OpenSelectors;

/** The MBean. Loaded only if it is asked for: this Java may have no javax.management. Any thread. */
final class SelectorsBean implements SelectorsMXBean {
    private record SelectorRow(String getName, String getBackend, int getKeyCount) implements Selector {
    }

    private record KeyRow(String getSelector, int getFd, String getKind, String getTarget, String getInterestOps,
            String getArmed, String getReadyOps, long getIdleMillis) implements Key {
    }

    private static boolean registered;

    static synchronized void register() {
        if (registered) {
            return;
        }
        OpenSelectors.time();
        try {
            ManagementFactory.getPlatformMBeanServer().registerMBean(
                new StandardMBean(new SelectorsBean(), SelectorsMXBean.class, true), new ObjectName("org.anyfd:type=Selectors"));
        } catch (InstanceAlreadyExistsException done) {
            // By a copy of this class of another class loader, whose selectors it shows.
        } catch (JMException e) {
            throw new IllegalStateException("cannot register org.anyfd:type=Selectors", e);
        }
        registered = true;
    }

    @Override
    public List<Selector> getSelectors() {
        List<Selector> rows = new ArrayList<>();
        for (NativeSelector each : OpenSelectors.list()) {
            rows.add(new SelectorRow(each.name(), each.backend(), each.keyCount()));
        }
        return rows;
    }

    @Override
    public List<Key> getKeys() {
        List<Key> rows = new ArrayList<>();
        for (NativeSelector each : OpenSelectors.list()) {
            for (KeyState key : OpenSelectors.keys(each)) {
                rows.add(row(each.name(), key));
            }
        }
        return rows;
    }

    /** A channel's text is its class and, in brackets, what it is; a foreign one's may be anything. */
    private static KeyRow row(String selector, KeyState key) {
        String text = key.channel().toString();
        int bracket = text.endsWith("]") ? text.indexOf('[') : -1;
        String type = bracket < 0 ? key.channel().getClass().getName() : text.substring(0, bracket);
        String inside = bracket < 0 ? text : text.substring(bracket + 1, text.length() - 1);
        return new KeyRow(selector, key.fd(), type.substring(type.lastIndexOf('.') + 1), withoutNumber(inside, key.fd()),
            OpNames.ofOps(key.interest()), OpNames.ofEvents(key.armed()), OpNames.ofOps(key.ready()),
            key.idleNanos() / 1_000_000);
    }

    private static String withoutNumber(String text, int fd) {
        return text.replaceFirst("^fd " + fd + "(, |$)|, fd " + fd + "$", "");
    }
}
