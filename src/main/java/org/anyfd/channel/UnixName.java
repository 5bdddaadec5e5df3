package org.anyfd.channel;

/** Internal. An address of a Unix socket that is not a path: the channels take it wherever they take the JDK's. */
public interface UnixName {
    /** As unix(7) has it: NUL, then the name. */
    byte[] sunPath();
}
