/**
 * Real servers and clients on anyfd: unchanged, with its flag and nothing else. Each test asserts that the channels and
 * selectors in use are anyfd's ({@link org.anyfd.servers.AnyFd}), checks every byte of every answer, and leaves no file
 * open ({@link org.anyfd.servers.OpenFiles}). The clients are java.net sockets, which no selector provider has a part in,
 * unless the client is what is tested.
 */
package org.anyfd.servers;
