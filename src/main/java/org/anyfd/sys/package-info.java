/**
 * Internal. The stateless native edge: libc, constants, struct layouts, errno and addresses.
 *
 * <p>Every call returns {@code n >= 0} or {@code -errno}; nothing here throws for what the kernel says, keeps state
 * or knows a channel. This is the only package that imports {@code com.kenai.jffi}.
 */
package org.anyfd.sys;
