package org.anyfd.all;

import java.nio.file.FileSystemException;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One thing that the self-test tries for real.
 *
 * @param group "kind" of descriptor or "feature"
 * @param action throws if the thing does not work; {@link NotOffered} if this system does not have it
 */
record Check(String group, String name, Action action) {
    interface Action {
        void run(Bench bench) throws Exception;
    }

    enum Verdict { OK, NOT_OFFERED, FAILED }

    /**
     * @param detail why not; empty if it works
     * @param errno the name of the kernel's error, or empty
     */
    record Result(Check check, Verdict verdict, String detail, String errno) {
    }

    /** Thrown if the kernel, its configuration or the JDK is without the thing, which is no fault. */
    static final class NotOffered extends Exception {
        NotOffered(String reason) {
            super(reason);
        }
    }

    private static final int PATIENCE_SECONDS = 20;
    /** What the kernel says to calls and families that it was built without, or that a container is denied (seccomp). */
    private static final Set<String> NOT_OFFERED =
        Set.of("ENOSYS", "EAFNOSUPPORT", "EPROTONOSUPPORT", "ESOCKTNOSUPPORT", "EOPNOTSUPP", "EPERM");
    private static final Pattern ERRNO = Pattern.compile("\\bE[A-Z0-9]{3,}\\b");

    /** In a thread of its own, so that one check that hangs does not keep the others from the user. */
    Result run() {
        FutureTask<Void> task = new FutureTask<>(() -> {
            try (Bench bench = new Bench()) {
                action.run(bench);
            }
            return null;
        });
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        thread.start();
        try {
            task.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
            return new Result(this, Verdict.OK, "", "");
        } catch (TimeoutException e) {
            return new Result(this, Verdict.FAILED, "has not ended after " + PATIENCE_SECONDS + " s, in "
                + List.of(thread.getStackTrace()), "");
        } catch (ExecutionException e) {
            return notWorking(e.getCause());
        } catch (InterruptedException e) {
            throw new AssertionError("nobody interrupts the self-test", e);
        }
    }

    private Result notWorking(Throwable cause) {
        String said = Objects.requireNonNullElse(cause.getMessage(), cause.getClass().getSimpleName());
        Matcher errno = ERRNO.matcher(said);
        String name = errno.find() ? errno.group() : "";
        boolean notOffered = cause instanceof NotOffered || cause instanceof UnsupportedOperationException
            || NOT_OFFERED.contains(name);
        String detail = cause instanceof NotOffered || !name.isEmpty() ? said : cause.getClass().getSimpleName() + ": " + said;
        return new Result(this, notOffered ? Verdict.NOT_OFFERED : Verdict.FAILED, detail, name);
    }

    /** For files that a system has or has not, such as /dev/ptmx. */
    static NotOffered without(FileSystemException e) {
        return new NotOffered(e.getFile() + ": " + Objects.requireNonNullElse(e.getReason(), e.getClass().getSimpleName()));
    }

    /** Fails the check if something is not as it has to be. */
    static void that(boolean holds, String what) {
        if (!holds) {
            throw new AssertionError("not so: " + what);
        }
    }
}
