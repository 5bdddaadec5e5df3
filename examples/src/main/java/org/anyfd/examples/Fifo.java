package org.anyfd.examples;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A FIFO in a temporary directory of its own, deleted by close. */
record Fifo(Path path) implements Closeable {
    static Fifo create() throws IOException, InterruptedException {
        Fifo fifo = new Fifo(Files.createTempDirectory("anyfd").resolve("fifo"));
        int status = new ProcessBuilder("mkfifo", fifo.path.toString()).start().waitFor();
        if (status != 0) {
            fifo.close();
            throw new IOException("mkfifo " + fifo.path + ": exit status " + status);
        }
        return fifo;
    }

    @Override
    public void close() throws IOException {
        Files.deleteIfExists(path);
        Files.delete(path.getParent());
    }
}
