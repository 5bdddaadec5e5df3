package org.anyfd.fault;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** A test that {@link FaultProbe} runs, in a JVM whose calls can be made to fail. */
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
@interface Case {
    /** The only backend that it is about; empty: any. */
    String only() default "";
}
