/*
 * Runs a command with a socket as its standard input, output and error, as inetd(8) does:
 *
 *     socket_as_stdin PORTFILE listen|stream|datagram COMMAND [ARGUMENT...]
 *
 * Writes the socket's own port, on 127.0.0.1, to PORTFILE and then runs the command; "stream" first waits for a
 * connection, and the port is the one to connect to.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int fail(const char *call) {
    perror(call);
    return 1;
}

static int announce(const char *path, int fd) {
    struct sockaddr_in address;
    socklen_t len = sizeof address;
    char partial[4096];
    FILE *file;
    if (getsockname(fd, (struct sockaddr *) &address, &len) != 0) {
        return fail("getsockname");
    }
    snprintf(partial, sizeof partial, "%s.partial", path);
    file = fopen(partial, "w");
    if (file == NULL) {
        return fail("fopen");
    }
    fprintf(file, "%d\n", ntohs(address.sin_port));
    fclose(file);
    return rename(partial, path) == 0 ? 0 : fail("rename");
}

int main(int argc, char **argv) {
    struct sockaddr_in loopback;
    int datagram, fd;
    if (argc < 4) {
        fprintf(stderr, "usage: socket_as_stdin PORTFILE listen|stream|datagram COMMAND [ARGUMENT...]\n");
        return 2;
    }
    datagram = strcmp(argv[2], "datagram") == 0;
    fd = socket(AF_INET, datagram ? SOCK_DGRAM : SOCK_STREAM, 0);
    memset(&loopback, 0, sizeof loopback);
    loopback.sin_family = AF_INET;
    loopback.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || bind(fd, (struct sockaddr *) &loopback, sizeof loopback) != 0) {
        return fail("bind");
    }
    if (!datagram && listen(fd, 10) != 0) {
        return fail("listen");
    }
    if (announce(argv[1], fd) != 0) {
        return 1;
    }
    if (strcmp(argv[2], "stream") == 0) {
        int connection = accept(fd, NULL, NULL);
        if (connection < 0) {
            return fail("accept");
        }
        close(fd);
        fd = connection;
    }
    if (dup2(fd, 0) < 0 || dup2(fd, 1) < 0 || dup2(fd, 2) < 0) {
        return fail("dup2");
    }
    if (fd > 2) {
        close(fd);
    }
    execvp(argv[3], argv + 3);
    return fail("execvp");
}
