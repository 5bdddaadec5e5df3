package org.anyfd.sys;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.ProtocolException;
import java.net.SocketException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import org.junit.jupiter.api.Test;

/** The words and classes that errors become; LayoutTest compares the numbers and texts with the C library's. */
class ErrnoTest {
    @Test
    void knownNumbersHaveNameAndText() {
        assertEquals("ENOENT", Errno.name(Errno.ENOENT));
        assertEquals("No such file or directory", Errno.text(Errno.ENOENT));
        assertEquals("Connection reset by peer", Errno.text(Errno.ECONNRESET));
        assertEquals("Broken pipe", Errno.text(Errno.EPIPE));
        assertEquals("Too many open files", Errno.text(Errno.EMFILE));
    }

    @Test
    void everyOtherNumberStillHasWords() {
        for (int unknown : new int[] {Integer.MIN_VALUE, -1, 0, 41, 134, 999, Integer.MAX_VALUE}) {
            assertEquals("errno " + unknown, Errno.text(unknown));
            assertEquals("E" + unknown, Errno.name(unknown));
        }
    }

    @Test
    void socketErrorsAreOfTheClassThatNioThrows() {
        assertIs(ConnectException.class, "Connection refused", Errno.socketException(Errno.ECONNREFUSED));
        assertIs(ConnectException.class, "Connection timed out", Errno.socketException(Errno.ETIMEDOUT));
        assertIs(NoRouteToHostException.class, "No route to host", Errno.socketException(Errno.EHOSTUNREACH));
        assertIs(BindException.class, "Address already in use", Errno.socketException(Errno.EADDRINUSE));
        assertIs(BindException.class, "Cannot assign requested address", Errno.socketException(Errno.EADDRNOTAVAIL));
        assertIs(BindException.class, "Permission denied", Errno.socketException(Errno.EACCES));
        assertIs(SocketException.class, "Operation not permitted", Errno.socketException(Errno.EPERM));
        assertIs(ProtocolException.class, "Protocol error", Errno.socketException(Errno.EPROTO));
        assertIs(SocketException.class, "Network is unreachable", Errno.socketException(Errno.ENETUNREACH));
        assertIs(SocketException.class, "errno 999", Errno.socketException(999));
    }

    @Test
    void transferErrorsArePlainIOExceptions() {
        assertIs(IOException.class, "Broken pipe", Errno.ioException(Errno.EPIPE));
        assertIs(IOException.class, "Connection refused", Errno.ioException(Errno.ECONNREFUSED));
    }

    @Test
    void unexpectedErrorsNameTheCall() {
        assertIs(IOException.class, "epoll_ctl(ADD, fd 7): EPERM operation not permitted",
            Errno.failed("epoll_ctl(ADD, fd 7)", Errno.EPERM));
        assertIs(IOException.class, "x: EDOTDOT RFS specific error", Errno.failed("x", 73));
        assertIs(IOException.class, "x: ELIBSCN .lib section in a.out corrupted", Errno.failed("x", 81));
        assertIs(IOException.class, "x: E999 errno 999", Errno.failed("x", 999));
    }

    @Test
    void pathErrorsAreOfTheClassThatNioFileThrows() {
        assertIs(NoSuchFileException.class, "/a", Errno.fileException("/a", Errno.ENOENT));
        assertIs(AccessDeniedException.class, "/a", Errno.fileException("/a", Errno.EACCES));
        assertIs(FileAlreadyExistsException.class, "/a", Errno.fileException("/a", Errno.EEXIST));
        assertIs(FileSystemException.class, "/a: Too many levels of symbolic links",
            Errno.fileException("/a", Errno.ELOOP));
    }

    private static void assertIs(Class<? extends IOException> type, String message, IOException actual) {
        assertSame(type, actual.getClass());
        assertEquals(message, actual.getMessage());
    }
}
