package org.anyfd.sys;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Method;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What may be bound. */
class LibCTest {
    static Method[] functions() {
        return LibC.class.getMethods();
    }

    /** JNR-FFI 2.3.4 on x86-64 passes garbage for the sixth. */
    @ParameterizedTest
    @MethodSource("functions")
    void functionHasNoSixthArgument(Method function) {
        assertTrue(function.getParameterCount() <= 5, function::getName);
    }
}
