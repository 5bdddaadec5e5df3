/**
 * Internal. NIO semantics over {@code org.anyfd.poll}: the selector and its keys, the one I/O loop, sockets, pipes and
 * socket options. Names no system call.
 */
package org.anyfd.channel;
