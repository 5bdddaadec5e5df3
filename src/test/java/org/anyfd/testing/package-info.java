/** What tests of several packages share: descriptors made by hand, threads that can be watched, a count of open files. */
package org.anyfd.testing;
