/**
 * anyfd: one selector for sockets and every other file descriptor.
 *
 * <p>This page is the map of the house. Packages form a chain; each may import only what stands to its right:
 *
 * <pre>
 *   org.anyfd -&gt; org.anyfd.fd -&gt; org.anyfd.channel -&gt; org.anyfd.poll -&gt; org.anyfd.sys -&gt; jffi
 * </pre>
 *
 * <table class="striped">
 * <caption>Which room for which change</caption>
 * <tr><th>package</th><th>what it is</th><th>change it to</th></tr>
 * <tr><td>{@code org.anyfd}</td><td>the provider, the one class a program names; operations beyond NIO's;
 *     socket activation; the MBean</td>
 *     <td>offer a new kind of channel through {@code java.nio}</td></tr>
 * <tr><td>{@code org.anyfd.fd}</td><td>public channels for descriptors that {@code java.nio} has no class for</td>
 *     <td>add a kind of descriptor: one file</td></tr>
 * <tr><td>{@code org.anyfd.channel}</td><td>NIO semantics: selector, keys, the one I/O loop, sockets, pipes,
 *     socket options. Internal; knows no system call by name</td><td>mend behaviour against the JDK's provider</td></tr>
 * <tr><td>{@code org.anyfd.poll}</td><td>owned descriptors and readiness: who may use a number, when it is closed,
 *     how a thread waits, how it is woken. Internal; knows neither channels nor keys</td>
 *     <td>add a backend: one file and its name in {@code Poller}</td></tr>
 * <tr><td>{@code org.anyfd.sys}</td><td>the stateless native edge: libc, constants, struct layouts, errno, addresses.
 *     Internal; the only importer of jffi, the engine of JNR-FFI</td><td>add a system call or a struct</td></tr>
 * </table>
 *
 * <p>Lock order, state machines and the races they settle are in {@code docs/CONCURRENCY.md}.
 */
package org.anyfd;
