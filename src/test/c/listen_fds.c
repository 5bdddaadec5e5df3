/*
 * Runs a command with descriptors from number 3 on, as systemd passes them, sd_listen_fds(3):
 *
 *     listen_fds [pid=own|none|NUMBER] [names=NAMES] [count=MORE] KIND=WHERE... -- COMMAND [ARGUMENT...]
 *
 * KIND is tcp4, tcp6, udp4 or udp6, and WHERE an address, of which the kernel chooses the port; or unix and a path; or
 * file and the path of a file to read. Says that MORE descriptors than those are passed. Prints the ports on one line, 0 for those that have none.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static void fail(const char *call) {
    perror(call);
    exit(1);
}

static void number(const char *variable, long value) {
    char text[32];
    snprintf(text, sizeof text, "%ld", value);
    setenv(variable, text, 1);
}

/* Returns the descriptor. */
static int made(const char *kind, const char *where, int *port) {
    struct sockaddr_storage storage;
    struct sockaddr_in *in4 = (struct sockaddr_in *) &storage;
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *) &storage;
    struct sockaddr_un *un = (struct sockaddr_un *) &storage;
    socklen_t len = sizeof storage;
    int type = strncmp(kind, "udp", 3) == 0 ? SOCK_DGRAM : SOCK_STREAM;
    int fd;
    *port = 0;
    if (strcmp(kind, "file") == 0) {
        fd = open(where, O_RDONLY);
        if (fd < 0) {
            fail(where);
        }
        return fd;
    }
    memset(&storage, 0, sizeof storage);
    if (strcmp(kind, "unix") == 0) {
        storage.ss_family = AF_UNIX;
        strncpy(un->sun_path, where, sizeof un->sun_path - 1);
        len = sizeof *un;
        if (where[0] == '@') { /* an abstract name: without the NULs that follow it */
            un->sun_path[0] = 0;
            len = offsetof(struct sockaddr_un, sun_path) + strlen(where);
        }
    } else if (kind[3] == '4') {
        storage.ss_family = AF_INET;
        inet_pton(AF_INET, where, &in4->sin_addr);
        len = sizeof *in4;
    } else {
        storage.ss_family = AF_INET6;
        inet_pton(AF_INET6, where, &in6->sin6_addr);
        len = sizeof *in6;
    }
    fd = socket(storage.ss_family, type, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *) &storage, len) != 0) {
        fail(kind);
    }
    if (type == SOCK_STREAM && listen(fd, 10) != 0) {
        fail("listen");
    }
    if (storage.ss_family != AF_UNIX) {
        len = sizeof storage;
        getsockname(fd, (struct sockaddr *) &storage, &len);
        *port = ntohs(in4->sin_port);
    }
    return fd;
}

int main(int argc, char **argv) {
    const char *pid = "own";
    int more = 0;
    int count = 0;
    int i;
    for (i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        char *where = strchr(argv[i], '=');
        if (where == NULL) {
            fprintf(stderr, "not KIND=WHERE: %s\n", argv[i]);
            return 2;
        }
        *where++ = '\0';
        if (strcmp(argv[i], "pid") == 0) {
            pid = where;
        } else if (strcmp(argv[i], "names") == 0) {
            setenv("LISTEN_FDNAMES", where, 1);
        } else if (strcmp(argv[i], "count") == 0) {
            more = atoi(where);
        } else {
            int port;
            int fd = made(argv[i], where, &port);
            if (fd != 3 + count) {
                dup2(fd, 3 + count);
                close(fd);
            }
            count++;
            printf("%d ", port);
        }
    }
    printf("\n");
    fflush(stdout);
    number("LISTEN_FDS", more > count ? more : count);
    if (strcmp(pid, "own") == 0) {
        number("LISTEN_PID", getpid());
    } else if (strcmp(pid, "none") != 0) {
        setenv("LISTEN_PID", pid, 1);
    }
    execvp(argv[i + 1], argv + i + 1);
    fail("execvp");
    return 1;
}
