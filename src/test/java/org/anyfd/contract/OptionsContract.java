package org.anyfd.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.reflect.Field;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.NetworkChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import jdk.net.ExtendedSocketOptions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What holds for the socket options of every kind of channel. A kind of channel says how it is opened, and lists its
 * options in rows: the initial value, values that may be set with what is then read, and values that are refused.
 */
abstract class OptionsContract {
    /** An initial value or a value read that the kernel or its administrator chooses. */
    static final Object ANY = new Object();
    /** The JDK's stream channels list an option of this name that no other class can refer to. */
    private static final String PRIVATE = "SO_OOBINLINE";

    record Write(Object value, Object read) {
    }

    record Refusal(Object value, Class<? extends Exception> exception, String message) {
    }

    record Row(SocketOption<?> option, Object initial, List<Write> writes, List<Refusal> refusals) {
        Row accepts(Object value) {
            return reads(value, value);
        }

        /** Read back as another value than was set. */
        Row reads(Object value, Object read) {
            writes.add(new Write(value, read));
            return this;
        }

        Row refuses(Object value, Class<? extends Exception> exception, String message) {
            refusals.add(new Refusal(value, exception, message));
            return this;
        }
    }

    static Row row(SocketOption<?> option, Object initial) {
        return new Row(option, initial, new ArrayList<>(), new ArrayList<>());
    }

    static Row flag(SocketOption<?> option, boolean initial) {
        return row(option, initial).accepts(!initial).accepts(initial);
    }

    static Row bufferSize(SocketOption<?> option) {
        return row(option, ANY).accepts(65536).accepts(4096).reads(0, ANY).reads(Integer.MAX_VALUE, ANY)
            .refuses(-1, IllegalArgumentException.class, "Invalid send/receive buffer size");
    }

    private final List<Row> rows = rows();
    private NetworkChannel channel;

    abstract NetworkChannel open() throws IOException;

    abstract List<Row> rows();

    @BeforeEach
    void openChannel() throws IOException {
        channel = open();
    }

    @AfterEach
    void closeChannel() throws IOException {
        channel.close();
    }

    @Test
    void supportedOptionsAreThese() throws IOException {
        Set<String> expected = new TreeSet<>();
        rows.forEach(row -> expected.add(row.option.name()));
        Set<String> actual = new TreeSet<>();
        channel.supportedOptions().forEach(option -> actual.add(option.name()));
        actual.remove(PRIVATE);
        assertEquals(expected, actual);
        rows.forEach(row -> assertTrue(channel.supportedOptions().contains(row.option), row.option.name()));
        channel.close();
        assertEquals(rows.size(), channel.supportedOptions().stream().filter(o -> !o.name().equals(PRIVATE)).count());
    }

    @Test
    void supportedOptionsCannotBeChanged() {
        Set<SocketOption<?>> options = channel.supportedOptions();
        assertThrows(UnsupportedOperationException.class, options::clear);
        assertThrows(UnsupportedOperationException.class, () -> options.add(StandardSocketOptions.SO_RCVBUF));
        assertThrows(UnsupportedOperationException.class, () -> options.remove(StandardSocketOptions.SO_RCVBUF));
    }

    @Test
    void initialValuesAreThese() throws IOException {
        for (Row row : rows) {
            if (row.initial instanceof Class<?> exception) {
                assertThrowsExactly(exception.asSubclass(Exception.class), () -> channel.getOption(row.option),
                    row.option.name());
            } else if (row.initial != ANY) {
                assertEquals(row.initial, channel.getOption(row.option), row.option.name());
            }
        }
    }

    @Test
    void whatIsSetIsRead() throws IOException {
        for (Row row : rows) {
            for (Write write : row.writes) {
                assertSame(channel, set(row.option, write.value));
                Object read = channel.getOption(row.option);
                if (write.read != ANY) {
                    assertEquals(write.read, read, () -> row.option + " set to " + write.value);
                }
            }
        }
    }

    @Test
    void refusedValuesChangeNothing() throws IOException {
        for (Row row : rows) {
            for (Refusal refusal : row.refusals) {
                Object before = channel.getOption(row.option);
                Exception e = assertThrowsExactly(refusal.exception, () -> set(row.option, refusal.value),
                    () -> row.option + " set to " + refusal.value);
                assertEquals(refusal.message, e.getMessage());
                assertEquals(before, channel.getOption(row.option), row.option.name());
            }
        }
    }

    @Test
    void nullOptionIsRefusedFirst() throws IOException {
        channel.close();
        assertThrows(NullPointerException.class, () -> channel.getOption(null));
        assertThrows(NullPointerException.class, () -> channel.setOption(null, null));
    }

    @Test
    void unsupportedOptionIsRefusedSecond() throws Exception {
        channel.close();
        List<SocketOption<?>> others = allOptions();
        others.removeAll(channel.supportedOptions());
        assertFalse(others.isEmpty());
        for (SocketOption<?> option : others) {
            String message = "'" + option.name() + "' not supported";
            assertEquals(message,
                assertThrows(UnsupportedOperationException.class, () -> channel.getOption(option)).getMessage());
            assertEquals(message,
                assertThrows(UnsupportedOperationException.class, () -> set(option, null)).getMessage());
        }
    }

    @Test
    void valueOfAnotherTypeIsRefusedThird() throws IOException {
        channel.close();
        for (Row row : rows) {
            assertEquals("Invalid value 'null'",
                assertThrows(IllegalArgumentException.class, () -> set(row.option, null)).getMessage());
            assertEquals("Invalid value 'x'",
                assertThrows(IllegalArgumentException.class, () -> set(row.option, "x")).getMessage());
        }
    }

    @Test
    void closedChannelIsNoticedBeforeTheValuesRange() throws IOException {
        channel.close();
        for (Row row : rows) {
            assertThrowsExactly(ClosedChannelException.class, () -> channel.getOption(row.option));
            row.writes.forEach(w ->
                assertThrowsExactly(ClosedChannelException.class, () -> set(row.option, w.value)));
            row.refusals.forEach(r ->
                assertThrowsExactly(ClosedChannelException.class, () -> set(row.option, r.value)));
        }
    }

    @SuppressWarnings("unchecked") // also values of the wrong type, on purpose
    final NetworkChannel set(SocketOption<?> option, Object value) throws IOException {
        return channel.setOption((SocketOption<Object>) option, value);
    }

    private static List<SocketOption<?>> allOptions() throws IllegalAccessException {
        List<SocketOption<?>> options = new ArrayList<>();
        for (Class<?> owner : List.of(StandardSocketOptions.class, ExtendedSocketOptions.class)) {
            for (Field field : owner.getFields()) {
                if (SocketOption.class.isAssignableFrom(field.getType())) {
                    options.add((SocketOption<?>) field.get(null));
                }
            }
        }
        return options;
    }
}
