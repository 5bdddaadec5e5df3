package org.anyfd.sys;

import java.nio.ByteBuffer;

/** Internal. The names of users and groups, as the system's databases have them. */
public final class Accounts {
    private static final int ROOM = 16 * 1024;

    private Accounts() {
    }

    /** The user's name: getpwuid_r(3); the number if it has none. */
    public static String user(int uid) {
        return name(uid, true, ROOM);
    }

    /** The group's name: getgrgid_r(3); the number if it has none. */
    public static String group(int gid) {
        return name(gid, false, ROOM);
    }

    /** @param room bytes for an entry's strings at first; those of a group with many members need more */
    static String name(int id, boolean user, int room) {
        Scratch s = Scratch.take();
        try {
            long entry = s.smallAddress();
            int result = Math.max(Layouts.PASSWD, Layouts.GROUP);
            s.small().putLong(result, 0);
            int len = room;
            ByteBuffer strings;
            int r;
            do {
                strings = s.data(len);
                r = user
                    ? Sys.getpwuid_r(id, entry, s.dataAddress(), len, entry + result)
                    : Sys.getgrgid_r(id, entry, s.dataAddress(), len, entry + result);
                len *= 4;
            } while (r == Errno.ERANGE && len <= Scratch.MAX_DATA);
            if (r != 0 || s.small().getLong(result) == 0) {
                return Integer.toUnsignedString(id);
            }
            long at = s.small().getLong(user ? Layouts.PASSWD_NAME : Layouts.GROUP_NAME) - s.dataAddress();
            return string(strings, (int) at);
        } finally {
            s.give();
        }
    }

    private static String string(ByteBuffer m, int at) {
        int end = at;
        while (m.get(end) != 0) {
            end++;
        }
        byte[] bytes = new byte[end - at];
        m.get(at, bytes);
        return FileNames.string(bytes);
    }
}
