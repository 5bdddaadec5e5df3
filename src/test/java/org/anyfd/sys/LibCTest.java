package org.anyfd.sys;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Method;
import java.util.Arrays;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What may be bound. */
class LibCTest {
    static Method[] functions() {
        return LibC.class.getMethods();
    }

    /** JNR-FFI 2.3.4 on x86-64 passes garbage for the sixth, in the stubs that it compiles for functions of numbers. */
    @ParameterizedTest
    @MethodSource("functions")
    void functionOfNumbersHasNoSixth(Method function) {
        boolean numbers = Arrays.stream(function.getParameterTypes()).allMatch(Class::isPrimitive);
        assertTrue(function.getParameterCount() <= 5 || !numbers, function::getName);
    }
}
