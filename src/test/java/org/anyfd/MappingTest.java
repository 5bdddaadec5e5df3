package org.anyfd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.anyfd.testing.Javac;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each line of code in docs/MAPPING.md compiles, with the declarations that the page begins with. */
class MappingTest {
    private static final Path PAGE = Path.of("docs/MAPPING.md");
    /** A row of a table: its first cell, and the code in its second. */
    private static final Pattern ROW = Pattern.compile("\\| (.*?) \\| `(.*?)` \\|.*\\|");
    private static final Pattern CLOSING_BRACE = Pattern.compile("\\}\\s*$");

    @TempDir
    Path dir;

    /** By number, from 1, what stands in the lines of tables but not in their headings. */
    private static Map<Integer, String> rows(List<String> page) {
        Map<Integer, String> rows = new TreeMap<>();
        for (int i = 0; i < page.size(); i++) {
            if (page.get(i).startsWith("|") && !page.get(i).startsWith("|---") && !page.get(i).endsWith("| anyfd | note |")) {
                rows.put(i + 1, page.get(i));
            }
        }
        return rows;
    }

    private static String declarations(String page) {
        int start = page.indexOf("```java\n") + "```java\n".length();
        return CLOSING_BRACE.matcher(page.substring(start, page.indexOf("```", start))).replaceAll("");
    }

    private List<String> errors(String source) {
        return Javac.errors(17, "Mapping", source, dir);
    }

    @Test
    void everyLineCompiles() throws Exception {
        StringBuilder source = new StringBuilder(declarations(Files.readString(PAGE)));
        List<String> wrong = new ArrayList<>();
        Map<Integer, String> rows = rows(Files.readAllLines(PAGE));
        rows.forEach((number, row) -> {
            Matcher cells = ROW.matcher(row);
            if (cells.matches()) {
                String code = cells.group(2).replace("\\|", "|");
                source.append("void line" + number + "() throws Exception { " + code + "; }\n");
            } else {
                wrong.add(number + ": " + row);
            }
        });
        assertEquals(List.of(), wrong, "rows without a line of code");
        assertTrue(rows.size() > 200, () -> rows.size() + " rows");
        assertEquals(List.of(), errors(source + "}\n"));
        assertFalse(errors(source + "void line() { selector.nonsense(); } }\n").isEmpty());
    }
}
