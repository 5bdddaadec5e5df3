package org.anyfd.testing;

import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;

/** Compiles sources that the documentation shows, with the class path of the tests. */
public final class Javac {
    private Javac() {
    }

    /**
     * Compiles a source file to class files.
     *
     * @param release such as 17
     * @param name that of its public class
     * @param to the directory of the class files
     * @return what the compiler has to say against it, each with the line; empty if nothing
     */
    public static List<String> errors(int release, String name, String source, Path to) {
        DiagnosticCollector<JavaFileObject> errors = new DiagnosticCollector<>();
        URI uri = URI.create("string:///" + name + ".java");
        JavaFileObject file = new SimpleJavaFileObject(uri, JavaFileObject.Kind.SOURCE) {
            @Override
            public CharSequence getCharContent(boolean ignoreEncodingErrors) {
                return source;
            }
        };
        List<String> options = List.of("--release", "" + release, "-proc:none", "-d", to.toString(),
            "-cp", System.getProperty("java.class.path"));
        ToolProvider.getSystemJavaCompiler().getTask(null, null, errors, options, null, List.of(file)).call();
        List<String> lines = source.lines().toList();
        return errors.getDiagnostics().stream()
            .map(error -> lines.get((int) error.getLineNumber() - 1).strip() + ": " + error.getMessage(null)).toList();
    }
}
