package org.anyfd.examples;

import java.util.ArrayList;
import java.util.List;

/**
 * A line that is edited by the keys of a terminal in raw mode: cursor keys, Home and End, Backspace and Delete,
 * Control-A, -E, -K, -U, and the lines before by Up and Down. Knows nothing of files; used by one thread.
 */
final class LineEditor {
    private static final char ESCAPE = 27;

    private final StringBuilder line = new StringBuilder();
    private int cursor;
    private final List<String> history = new ArrayList<>();
    /** Which line of the history is shown; its size means the new one. */
    private int shown;
    /** An escape sequence that has begun, or empty. */
    private final StringBuilder sequence = new StringBuilder();

    /**
     * Takes a character as it was typed.
     *
     * @return the line, if that was Enter, else null
     */
    String type(char c) {
        if (sequence.length() > 0 || c == ESCAPE) {
            sequence(c);
            return null;
        }
        switch (c) {
            case '\r' -> {
                return enter();
            }
            case 127, 8 -> erase(cursor - 1);
            case 'A' - 64 -> cursor = 0;
            case 'E' - 64 -> cursor = line.length();
            case 'K' - 64 -> line.setLength(cursor);
            case 'U' - 64 -> replace("");
            default -> {
                if (!Character.isISOControl(c)) {
                    line.insert(cursor++, c);
                }
            }
        }
        return null;
    }

    boolean isEmpty() {
        return line.length() == 0;
    }

    /** The part of the line that has the cursor in it and fits into so many columns. */
    String visible(int columns) {
        int start = start(columns);
        return line.substring(start, Math.min(line.length(), start + columns));
    }

    /** In which of these columns the cursor is, from 0. */
    int cursorColumn(int columns) {
        return cursor - start(columns);
    }

    private int start(int columns) {
        return Math.max(0, cursor - columns + 1);
    }

    private String enter() {
        String entered = line.toString();
        if (!entered.isBlank()) {
            history.add(entered);
        }
        shown = history.size();
        replace("");
        return entered;
    }

    /** {@code ESC [ A}, {@code ESC O A} or {@code ESC [ 3 ~}: it ends with its first character that is no parameter. */
    private void sequence(char c) {
        sequence.append(c);
        boolean begun = sequence.length() == 1 || sequence.length() == 2 && (c == '[' || c == 'O');
        if (begun || c >= '0' && c <= '9' || c == ';') {
            return;
        }
        String key = sequence.substring(2 <= sequence.length() ? 2 : 1);
        sequence.setLength(0);
        switch (key) {
            case "A" -> recall(shown - 1);
            case "B" -> recall(shown + 1);
            case "C" -> cursor = Math.min(line.length(), cursor + 1);
            case "D" -> cursor = Math.max(0, cursor - 1);
            case "H", "1~" -> cursor = 0;
            case "F", "4~" -> cursor = line.length();
            case "3~" -> erase(cursor);
            default -> { } // a key that this editor has no use for
        }
    }

    private void erase(int index) {
        if (index >= 0 && index < line.length()) {
            line.deleteCharAt(index);
            cursor = index;
        }
    }

    private void recall(int index) {
        if (index >= 0 && index <= history.size()) {
            shown = index;
            replace(index < history.size() ? history.get(index) : "");
        }
    }

    private void replace(String text) {
        line.setLength(0);
        line.append(text);
        cursor = text.length();
    }
}
