package org.anyfd.all;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.zip.CRC32;

/** A program as Spring Boot packs it: its loader in the open, classes and libraries, jars as they are, below BOOT-INF. */
final class BootJar {
    private BootJar() {
    }

    static Path pack(Path jar, Class<?> main, List<Path> libraries) throws IOException {
        Manifest manifest = new Manifest();
        Attributes attributes = manifest.getMainAttributes();
        attributes.put(Attributes.Name.MANIFEST_VERSION, "1.0");
        attributes.put(Attributes.Name.MAIN_CLASS, "org.springframework.boot.loader.launch.JarLauncher");
        attributes.putValue("Start-Class", main.getName());
        attributes.putValue("Spring-Boot-Version", "3.5.7");
        attributes.putValue("Spring-Boot-Classes", "BOOT-INF/classes/");
        attributes.putValue("Spring-Boot-Lib", "BOOT-INF/lib/");
        try (OutputStream file = Files.newOutputStream(jar); JarOutputStream out = new JarOutputStream(file, manifest)) {
            loader(out);
            folder(out, "BOOT-INF/");
            folder(out, "BOOT-INF/classes/");
            String name = main.getName().replace('.', '/') + ".class";
            try (InputStream bytes = main.getClassLoader().getResourceAsStream(name)) {
                out.putNextEntry(new JarEntry("BOOT-INF/classes/" + name));
                bytes.transferTo(out);
            }
            folder(out, "BOOT-INF/lib/");
            for (Path library : libraries) {
                stored(out, "BOOT-INF/lib/" + library.getFileName(), Files.readAllBytes(library));
            }
        }
        return jar;
    }

    private static void loader(JarOutputStream out) throws IOException {
        Path path = Java.libraries("spring-boot-loader-").get(0);
        try (JarFile loader = new JarFile(path.toFile())) {
            for (JarEntry entry : (Iterable<JarEntry>) loader.stream()::iterator) {
                if (entry.getName().startsWith("org/")) {
                    out.putNextEntry(new JarEntry(entry.getName()));
                    loader.getInputStream(entry).transferTo(out);
                }
            }
        }
    }

    private static void folder(JarOutputStream out, String name) throws IOException {
        out.putNextEntry(new JarEntry(name));
    }

    /** The loader reads nested jars in place, so they must not be compressed. */
    private static void stored(JarOutputStream out, String name, byte[] bytes) throws IOException {
        JarEntry entry = new JarEntry(name);
        entry.setMethod(JarEntry.STORED);
        entry.setSize(bytes.length);
        CRC32 crc = new CRC32();
        crc.update(bytes);
        entry.setCrc(crc.getValue());
        out.putNextEntry(entry);
        out.write(bytes);
    }
}
