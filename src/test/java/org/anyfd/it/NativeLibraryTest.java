package org.anyfd.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where jffi's library comes from, and what is left of it while the program still runs. */
class NativeLibraryTest {
    @TempDir
    Path temporary;

    @TempDir
    Path other;

    @Test
    void libraryIsRemovedAsSoonAsItIsLoaded() throws Exception {
        String out = run("-Djava.io.tmpdir=" + temporary);
        assertTrue(out.matches("loaded=" + temporary + "/anyfd-[0-9a-f]+/libjffi-1.2.so \\(deleted\\)\nboot path=null\n"), out);
    }

    @Test
    void directoryThatTheUserNamesIsTaken() throws Exception {
        String out = run("-Djava.io.tmpdir=" + temporary, "-Djffi.extract.dir=" + other);
        assertTrue(out.contains("loaded=" + other + "/jffi"), out);
        assertFalse(out.contains("anyfd-"), out);
    }

    @Test
    void libraryThatTheUserNamesIsTaken() throws Exception {
        Path library = other.resolve("libjffi-1.2.so");
        String arch = System.getProperty("os.arch").equals("aarch64") ? "aarch64" : "x86_64";
        Files.copy(getClass().getResourceAsStream("/jni/" + arch + "-Linux/libjffi-1.2.so"), library);
        String out = run("-Djava.io.tmpdir=" + temporary, "-Djffi.boot.library.path=" + other);
        assertEquals("loaded=" + library + "\nboot path=" + other + "\nleft=" + library + "\n", out);
    }

    /** Nobody makes a file in /proc. JDK 20 and newer warn of a temporary directory that is not there at all. */
    @Test
    void workingDirectoryDoesWhereNothingIsTemporary() throws Exception {
        String out = run("-Djava.io.tmpdir=/proc", "-Duser.dir=" + other);
        assertTrue(out.contains("loaded=" + other + "/jffi"), out);
    }

    private String run(String... options) throws Exception {
        return ChildJvm.run(List.of(options), NativeLibraryProbe.class, temporary.toString(), other.toString()).quietly();
    }
}
