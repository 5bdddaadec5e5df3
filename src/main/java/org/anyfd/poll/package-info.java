/**
 * Internal. Owned descriptors and readiness: who may use a number and when it is closed ({@link org.anyfd.poll.Fd}),
 * how a thread waits for one ({@link org.anyfd.poll.Await}) or for many ({@link org.anyfd.poll.Poller}), and how it
 * is woken. Knows neither channels nor keys.
 */
package org.anyfd.poll;
