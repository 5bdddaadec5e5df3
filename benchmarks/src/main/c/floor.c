/*
 * The floor: what a server costs that does nothing but what it must, level-triggered epoll in one thread.
 *
 *   floor echo|http
 *
 * Says its port, serves until the end of its input. "http" answers whatever ends in an empty line.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

static const char page[] = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 13\r\n\r\nHello, world\n";

static int check(int result, const char *call) {
  if (result < 0) {
    perror(call);
    exit(1);
  }
  return result;
}

static void watch(int poller, int fd) {
  struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
  check(epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
}

static void answer(int fd, int http) {
  static char bytes[65536];
  ssize_t got = read(fd, bytes, sizeof bytes);
  if (got <= 0) {
    close(fd);
  } else if (!http) {
    check(send(fd, bytes, got, MSG_NOSIGNAL), "send");
  } else if (got >= 4 && !memcmp(bytes + got - 4, "\r\n\r\n", 4)) {
    check(send(fd, page, sizeof page - 1, MSG_NOSIGNAL), "send");
  }
}

int main(int count, char **words) {
  int http = count == 2 && !strcmp(words[1], "http");
  if (!http && (count != 2 || strcmp(words[1], "echo"))) {
    fprintf(stderr, "floor echo|http\n");
    return 2;
  }
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  int listener = check(socket(AF_INET, SOCK_STREAM, 0), "socket");
  check(bind(listener, (struct sockaddr *) &address, length), "bind");
  check(listen(listener, 1024), "listen");
  check(getsockname(listener, (struct sockaddr *) &address, &length), "getsockname");
  printf("%d\n", ntohs(address.sin_port));
  fflush(stdout);

  int poller = check(epoll_create1(0), "epoll_create1");
  watch(poller, STDIN_FILENO);
  watch(poller, listener);
  for (;;) {
    struct epoll_event events[64];
    int ready = epoll_wait(poller, events, 64, -1);
    if (ready < 0 && errno != EINTR) check(ready, "epoll_wait");
    for (int i = 0; i < ready; i++) {
      int fd = events[i].data.fd, yes = 1;
      if (fd == STDIN_FILENO) return 0;
      if (fd == listener) {
        int accepted = check(accept4(listener, NULL, NULL, SOCK_NONBLOCK), "accept4");
        check(setsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes), "setsockopt");
        watch(poller, accepted);
      } else {
        answer(fd, http);
      }
    }
  }
}
