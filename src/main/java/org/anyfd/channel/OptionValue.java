package org.anyfd.channel;

import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.file.FileSystems;
import java.nio.file.attribute.GroupPrincipal;
import java.nio.file.attribute.UserPrincipal;
import java.nio.file.attribute.UserPrincipalLookupService;
import org.anyfd.sys.Accounts;
import org.anyfd.sys.Consts;
import org.anyfd.sys.Errno;
import org.anyfd.sys.Layouts;
import org.anyfd.sys.Scratch;
import org.anyfd.sys.Sys;

/**
 * How the value of a socket option is checked, and written for and read from the kernel. The value's type has been
 * checked against the option's.
 */
enum OptionValue {
    BOOL {
        @Override
        void set(int fd, Options.Name name, Object value) throws IOException {
            setInt(fd, name, (Boolean) value ? 1 : 0);
        }

        @Override
        Object get(int fd, Options.Name name) throws IOException {
            return getInt(fd, name) != 0;
        }
    },
    INT {
        @Override
        void set(int fd, Options.Name name, Object value) throws IOException {
            setInt(fd, name, (Integer) value);
        }

        @Override
        Object get(int fd, Options.Name name) throws IOException {
            return getInt(fd, name);
        }
    },
    NAPI_ID {
        @Override
        void set(int fd, Options.Name name, Object value) throws IOException {
            throw new SocketException("Attempt to set read only option SO_INCOMING_NAPI_ID");
        }

        @Override
        Object get(int fd, Options.Name name) throws IOException {
            return getInt(fd, name);
        }
    },
    SEND_BUFFER {
        @Override
        void set(int fd, Options.Name name, Object value) throws IOException {
            setInt(fd, name, range((Integer) value, Integer.MAX_VALUE, "Invalid send/receive buffer size"));
        }

        /** socket(7): the kernel doubles what is set, for its own bookkeeping, and says the double. */
        @Override
        Object get(int fd, Options.Name name) throws IOException {
            return getInt(fd, name) / 2;
        }
    },
    RECEIVE_BUFFER {
        @Override
        void set(int fd, Options.Name name, Object value) throws IOException {
            int size = range((Integer) value, Integer.MAX_VALUE, "Invalid send/receive buffer size");
            setInt(fd, name, Math.max(size, SMALLEST));
        }

        @Override
        Object get(int fd, Options.Name name) throws IOException {
            return SEND_BUFFER.get(fd, name);
        }
    },
    TOS {
        @Override
        void set(int fd, Options.Name name, Object value) throws IOException {
            setInt(fd, name, range((Integer) value, 255, "Invalid IP_TOS value"));
        }

        @Override
        Object get(int fd, Options.Name name) throws IOException {
            return getInt(fd, name);
        }
    },
    TTL {
        @Override
        void set(int fd, Options.Name name, Object value) throws IOException {
            setInt(fd, name, range((Integer) value, 255, "Invalid TTL/hop value"));
        }

        @Override
        Object get(int fd, Options.Name name) throws IOException {
            return getInt(fd, name);
        }
    },
    /** struct linger: seconds, or off, which Java says by a negative number. */
    LINGER {
        @Override
        void set(int fd, Options.Name name, Object value) throws IOException {
            int seconds = Math.min((Integer) value, 65535);
            Scratch s = Scratch.take();
            try {
                s.small().putInt(Layouts.LINGER_ONOFF, seconds < 0 ? 0 : 1);
                s.small().putInt(Layouts.LINGER_LINGER, Math.max(seconds, 0));
                setStruct(fd, name, s, Layouts.LINGER);
            } finally {
                s.give();
            }
        }

        @Override
        Object get(int fd, Options.Name name) throws IOException {
            Scratch s = Scratch.take();
            try {
                ByteBuffer m = getStruct(fd, name, s, Layouts.LINGER);
                return m.getInt(Layouts.LINGER_ONOFF) == 0 ? -1 : m.getInt(Layouts.LINGER_LINGER);
            } finally {
                s.give();
            }
        }
    },
    /** An interface: by index for IPv6, by ip_mreqn for IPv4, which is read back as the address. */
    INTERFACE {
        @Override
        void set(int fd, Options.Name name, Object value) throws IOException {
            NetworkInterface netif = (NetworkInterface) value;
            if (name.level() == Consts.IPPROTO_IPV6) {
                setInt(fd, name, netif.getIndex());
                return;
            }
            InetAddress address = netif.inetAddresses().filter(Inet4Address.class::isInstance).findFirst()
                .orElseThrow(() -> new IOException("Network interface not configured for IPv4"));
            setIpv4(fd, name, address.getAddress(), netif.getIndex());
        }

        /** An interface without IPv4 address will do here: what is read back is the number, not the address. */
        @Override
        void setIpv4OfIpv6(int fd, Options.Name name, Object value) throws IOException {
            setIpv4(fd, name, new byte[Integer.BYTES], ((NetworkInterface) value).getIndex());
        }

        private void setIpv4(int fd, Options.Name name, byte[] address, int index) throws IOException {
            Scratch s = Scratch.take();
            try {
                s.small().putInt(Layouts.IP_MREQN_MULTIADDR, 0);
                s.small().put(Layouts.IP_MREQN_ADDRESS, address);
                s.small().putInt(Layouts.IP_MREQN_IFINDEX, index);
                setStruct(fd, name, s, Layouts.IP_MREQN);
            } finally {
                s.give();
            }
        }

        @Override
        Object get(int fd, Options.Name name) throws IOException {
            int v = getInt(fd, name);
            if (v == 0) {
                return null;
            }
            return name.level() == Consts.IPPROTO_IPV6
                ? NetworkInterface.getByIndex(v)
                : NetworkInterface.getByInetAddress(ipv4(v));
        }

        private InetAddress ipv4(int inNativeOrder) throws UnknownHostException {
            byte[] address = new byte[Integer.BYTES];
            ByteBuffer.wrap(address).order(java.nio.ByteOrder.nativeOrder()).putInt(inNativeOrder);
            return InetAddress.getByAddress(address);
        }
    },
    /** ip(7): path MTU discovery sets the don't-fragment flag. */
    DONT_FRAGMENT {
        @Override
        void set(int fd, Options.Name name, Object value) throws IOException {
            setInt(fd, name, (Boolean) value ? Consts.IP_PMTUDISC_DO : Consts.IP_PMTUDISC_DONT);
        }

        @Override
        Object get(int fd, Options.Name name) throws IOException {
            return getInt(fd, name) == Consts.IP_PMTUDISC_DO;
        }
    },
    /** struct ucred, as the jdk.net.UnixDomainPrincipal of the user and the group. */
    PEER_CREDENTIALS {
        @Override
        void set(int fd, Options.Name name, Object value) throws IOException {
            throw new SocketException("SO_PEERCRED cannot be set");
        }

        @Override
        Object get(int fd, Options.Name name) throws IOException {
            int uid;
            int gid;
            Scratch s = Scratch.take();
            try {
                ByteBuffer m = getStruct(fd, name, s, Layouts.UCRED);
                uid = m.getInt(Layouts.UCRED_UID);
                gid = m.getInt(Layouts.UCRED_GID);
            } finally {
                s.give();
            }
            if (uid == -1) {
                throw new SocketException("Transport endpoint is not connected");
            }
            return principal(Accounts.user(uid), Accounts.group(gid));
        }

        private Object principal(String user, String group) throws IOException {
            UserPrincipalLookupService lookup = FileSystems.getDefault().getUserPrincipalLookupService();
            try {
                return Class.forName("jdk.net.UnixDomainPrincipal")
                    .getConstructor(UserPrincipal.class, GroupPrincipal.class)
                    .newInstance(lookup.lookupPrincipalByName(user), lookup.lookupPrincipalByGroupName(group));
            } catch (ReflectiveOperationException impossible) {
                throw new AssertionError("jdk.net has the option but not its value", impossible);
            }
        }
    };

    /** The least the JDK asks the kernel for. */
    private static final int SMALLEST = 1024;

    abstract void set(int fd, Options.Name name, Object value) throws IOException;

    /** Sets the IPv4 side of an option on an IPv6 socket, whose own side has been set. */
    void setIpv4OfIpv6(int fd, Options.Name name, Object value) throws IOException {
        set(fd, name, value);
    }

    abstract Object get(int fd, Options.Name name) throws IOException;

    private static int range(int value, int max, String message) {
        if (value < 0 || value > max) {
            throw new IllegalArgumentException(message);
        }
        return value;
    }

    private static void setInt(int fd, Options.Name name, int value) throws IOException {
        Scratch s = Scratch.take();
        try {
            s.small().putInt(0, value);
            setStruct(fd, name, s, Integer.BYTES);
        } finally {
            s.give();
        }
    }

    private static int getInt(int fd, Options.Name name) throws IOException {
        Scratch s = Scratch.take();
        try {
            return getStruct(fd, name, s, Integer.BYTES).getInt(0);
        } finally {
            s.give();
        }
    }

    private static void setStruct(int fd, Options.Name name, Scratch s, int len) throws IOException {
        int r = Sys.setsockopt(fd, name.level(), name.name(), s.smallAddress(), len);
        if (r < 0) {
            throw Errno.socketException(-r);
        }
    }

    private static ByteBuffer getStruct(int fd, Options.Name name, Scratch s, int len) throws IOException {
        int r = Sys.getsockopt(fd, name.level(), name.name(), s.smallAddress(), lengthAt(s, len));
        if (r < 0) {
            throw Errno.socketException(-r);
        }
        return s.small();
    }

    /** Puts socklen_t behind the struct. */
    private static long lengthAt(Scratch s, int len) {
        int at = (len + 7) & ~7;
        s.small().putInt(at, len);
        return s.smallAddress() + at;
    }
}
