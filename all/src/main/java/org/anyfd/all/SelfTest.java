package org.anyfd.all;

import java.util.List;
import java.util.stream.Stream;

/** All that anyfd has, tried on this machine, one thing after the other. */
final class SelfTest {
    private SelfTest() {
    }

    static List<Check.Result> run() {
        return Stream.concat(Kinds.ALL.stream(), Features.ALL.stream()).map(Check::run).toList();
    }
}
