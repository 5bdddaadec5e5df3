/**
 * Channels for file descriptors that {@code java.nio} has no class for. All are selectable, in one
 * {@link java.nio.channels.Selector} with sockets and pipes, if anyfd is the JVM's selector provider, and all have the
 * blocking mode, asynchronous close and interruption of any {@link java.nio.channels.SelectableChannel}.
 */
package org.anyfd.fd;
