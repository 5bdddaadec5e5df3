/**
 * What {@code anyfd-all.jar} adds to anyfd for people who start programs instead of writing them: an {@link
 * org.anyfd.all.Agent agent} that puts a packaged program on anyfd, a self-test, and a tool that watches descriptors from
 * the command line. No class of anyfd knows this package.
 */
package org.anyfd.all;
