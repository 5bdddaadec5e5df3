/*
 * Loads a server on loopback: N connections, each with one request under way. Every answer's length and first bytes are
 * checked; a wrong one, or none for 10 seconds, ends the program with a sentence and status 1.
 *
 *   load PORT PID PROCESSORS CONNECTIONS PAUSE WARM-UP AMOUNT REQUEST BEGINNING LENGTH [GREETING LENGTH]
 *
 * PROCESSORS is "one", which the server and the load share, or "all", or "awake": all, which are kept from halting. PAUSE is microseconds between an answer and the next
 * request, for one connection. WARM-UP is seconds on all processors, and a quarter of it more where there is one to be shared;
 * AMOUNT is seconds ("2.5s") or a number of requests ("20000"). REQUEST, BEGINNING (of each answer) and GREETING (sent once on
 * each connection) are hex. LENGTH is an answer's bytes, or "http": head and Content-Length.
 *
 * Says "warm"; then for each line that it is sent it loads once, and says
 *   requests nanoseconds cpu-nanoseconds-of-PID p50 p90 p99 longest
 * and keeps the connections open until the end of its input.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define ANSWER 65536
/* Latencies are counted to 1/32 of their power of two. */
#define STEPS 32
#define BUCKETS (60 * STEPS)

struct bytes { size_t length; char at[4096]; };
struct connection { int fd; size_t got; int64_t sent; char answer[ANSWER + 1]; };

static struct bytes request, beginning;
static size_t answer_length;
static struct connection *connections;
static int connection_count, pause_micros, poller;
static int64_t counts[BUCKETS], answered, longest;

static void die(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  fprintf(stderr, "load: ");
  vfprintf(stderr, format, arguments);
  fprintf(stderr, "\n");
  exit(1);
}

static int64_t now(clockid_t clock) {
  struct timespec time;
  if (clock_gettime(clock, &time)) die("clock_gettime: %s", strerror(errno));
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static struct bytes hex(const char *text) {
  struct bytes bytes = {.length = strlen(text) / 2};
  if (bytes.length > sizeof bytes.at) die("%zu bytes are too many", bytes.length);
  for (size_t i = 0; i < bytes.length; i++) {
    if (sscanf(text + 2 * i, "%2hhx", (unsigned char *) &bytes.at[i]) != 1) die("not hex: %s", text);
  }
  return bytes;
}

static void send_all(int fd, const struct bytes *bytes) {
  ssize_t sent = send(fd, bytes->at, bytes->length, MSG_NOSIGNAL);
  if (sent != (ssize_t) bytes->length) die("sent %zd of %zu bytes: %s", sent, bytes->length, strerror(errno));
}

/* The bytes of the whole answer, as far as that is known; 0 if it is not. */
static size_t whole(struct connection *c) {
  if (answer_length) return answer_length;
  c->answer[c->got] = 0;
  char *end = strstr(c->answer, "\r\n\r\n");
  if (!end) return 0;
  char *length = strcasestr(c->answer, "\r\nContent-Length:");
  if (!length || length > end) die("no Content-Length in: %s", c->answer);
  return end + 4 - c->answer + strtoul(length + 17, NULL, 10);
}

/* What is there of an answer; true if that is all of it. */
static int receive(struct connection *c) {
  ssize_t got = recv(c->fd, c->answer + c->got, ANSWER - c->got, 0);
  if (got < 0) die("recv: %s", strerror(errno));
  if (got == 0) die("the server closed a connection after %zu bytes of an answer", c->got);
  c->got += got;
  size_t length = whole(c);
  if (!length || c->got < length) {
    if (c->got == ANSWER) die("an answer of more than %d bytes", ANSWER);
    return 0;
  }
  if (c->got > length) die("%zu bytes are more than the answer's %zu", c->got, length);
  if (memcmp(c->answer, beginning.at, beginning.length)) die("a wrong answer: %.*s", (int) c->got, c->answer);
  c->got = 0;
  return 1;
}

static int bucket(int64_t nanos) {
  if (nanos < STEPS) return nanos;
  int power = 63 - __builtin_clzll(nanos) - 5;
  return power * STEPS + (nanos >> power);
}

/* The middle of a bucket. */
static int64_t middle(int bucket) {
  if (bucket < 2 * STEPS) return bucket;
  int power = bucket / STEPS - 1;
  return ((int64_t) (bucket % STEPS + STEPS) << power) + (1LL << power) / 2;
}

static int64_t percentile(double share) {
  int64_t below = share * answered;
  for (int i = 0; i < BUCKETS; i++) {
    if ((below -= counts[i]) < 0) return middle(i);
  }
  return longest;
}

static void ask(struct connection *c) {
  c->sent = now(CLOCK_MONOTONIC);
  send_all(c->fd, &request);
}

/* Asks until so many requests are sent, or until that time; then waits for the answers. Returns the nanoseconds it took. */
static int64_t load(int64_t requests, int64_t nanos) {
  memset(counts, 0, sizeof counts);
  answered = longest = 0;
  int64_t start = now(CLOCK_MONOTONIC), end = nanos ? start + nanos : INT64_MAX, time = start;
  int64_t sent = requests < connection_count ? requests : connection_count;
  for (int i = 0; i < sent; i++) ask(&connections[i]);
  while (answered < sent) {
    struct epoll_event events[64];
    int ready = epoll_wait(poller, events, 64, 10000);
    if (ready < 0 && errno != EINTR) die("epoll_wait: %s", strerror(errno));
    if (ready == 0) die("no answer for 10 seconds");
    for (int i = 0; i < ready; i++) {
      struct connection *c = events[i].data.ptr;
      if (!receive(c)) continue;
      time = now(CLOCK_MONOTONIC);
      int64_t took = time - c->sent;
      counts[bucket(took)]++;
      answered++;
      if (took > longest) longest = took;
      if (sent < requests && time < end) {
        if (pause_micros) usleep(pause_micros);
        ask(c);
        sent++;
      }
    }
  }
  return time - start;
}

static void open_connection(struct connection *c, int port, const struct bytes *greeting, size_t greeting_length) {
  struct sockaddr_in server = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
  int yes = 1;
  c->fd = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(c->fd, (struct sockaddr *) &server, sizeof server)) die("connect: %s", strerror(errno));
  setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  if (greeting) {
    send_all(c->fd, greeting);
    if (recv(c->fd, c->answer, greeting_length, MSG_WAITALL) != (ssize_t) greeting_length) die("no greeting came back");
  }
  if (epoll_ctl(poller, EPOLL_CTL_ADD, c->fd, &event)) die("epoll_ctl: %s", strerror(errno));
}

/*
 * Gives the server and this program one processor, or all. With one request under way both sides sleep in turns, and to wake a
 * processor that has halted takes longer than the request, in a virtual machine most of all: of two processors a server that
 * makes superfluous calls would have the better use, because it keeps its own awake.
 */
static void choose_processors(const char *server, int one) {
  cpu_set_t chosen;
  if (sched_getaffinity(0, sizeof chosen, &chosen)) die("sched_getaffinity: %s", strerror(errno));
  int first = 0;
  while (!CPU_ISSET(first, &chosen)) first++;
  if (one) {
    CPU_ZERO(&chosen);
    CPU_SET(first, &chosen);
  }
  char path[64];
  snprintf(path, sizeof path, "/proc/%s/task", server);
  DIR *threads = opendir(path);
  if (!threads) die("%s: %s", path, strerror(errno));
  for (struct dirent *thread; (thread = readdir(threads));) {
    /* One that has ended since is of no interest. */
    if (atoi(thread->d_name)) sched_setaffinity(atoi(thread->d_name), sizeof chosen, &chosen);
  }
  closedir(threads);
  if (sched_setaffinity(0, sizeof chosen, &chosen)) die("sched_setaffinity: %s", strerror(errno));
}

/* Runs whenever nothing else would on a processor, so that it never halts. */
static void *stay_awake(void *processor) {
  cpu_set_t chosen;
  CPU_ZERO(&chosen);
  CPU_SET((intptr_t) processor, &chosen);
  struct sched_param none = { 0 };
  if (sched_setaffinity(0, sizeof chosen, &chosen)) die("sched_setaffinity: %s", strerror(errno));
  if (sched_setscheduler(0, SCHED_IDLE, &none)) die("sched_setscheduler: %s", strerror(errno));
  for (volatile int turn = 0;; turn = !turn) { }
  return NULL;
}

static void keep_awake(void) {
  cpu_set_t all;
  if (sched_getaffinity(0, sizeof all, &all)) die("sched_getaffinity: %s", strerror(errno));
  for (int i = 0; i < CPU_SETSIZE; i++) {
    pthread_t thread;
    if (CPU_ISSET(i, &all) && pthread_create(&thread, NULL, stay_awake, (void *) (intptr_t) i)) die("no thread");
  }
}

int main(int count, char **words) {
  if (count != 11 && count != 13) die("PORT PID PROCESSORS CONNECTIONS PAUSE WARM-UP AMOUNT REQUEST BEGINNING LENGTH [GREETING LENGTH]");
  clockid_t cpu;
  if ((errno = clock_getcpuclockid(atoi(words[2]), &cpu))) die("no CPU time of process %s: %s", words[2], strerror(errno));
  connection_count = atoi(words[4]);
  pause_micros = atoi(words[5]);
  if (pause_micros && connection_count > 1) die("a pause is for one connection");
  int in_seconds = strchr(words[7], 's') != NULL;
  request = hex(words[8]);
  beginning = hex(words[9]);
  answer_length = strcmp(words[10], "http") ? strtoul(words[10], NULL, 10) : 0;
  struct bytes greeting;
  if (count == 13) greeting = hex(words[11]);
  poller = epoll_create1(0);
  connections = calloc(connection_count, sizeof *connections);
  for (int i = 0; i < connection_count; i++) {
    open_connection(&connections[i], atoi(words[1]), count == 13 ? &greeting : NULL, count == 13 ? atoi(words[12]) : 0);
  }

  /* On all processors first: on one, the JVM's compiler works against the server, and may not be done when it is measured. */
  choose_processors(words[2], 0);
  double warm_up = 1e9 * atof(words[6]);
  load(INT64_MAX, warm_up / 2);
  /* What a server does first when nothing comes has its compiled loop thrown away: that belongs to the warm-up, too. */
  for (int pause = 0; pause < 3; pause++) {
    usleep(500000);
    load(INT64_MAX, warm_up / 6);
  }
  if (!strcmp(words[3], "one")) {
    choose_processors(words[2], 1);
    load(INT64_MAX, warm_up / 4);
  }
  if (!strcmp(words[3], "awake")) keep_awake();
  printf("warm\n");
  fflush(stdout);
  while (getchar() != EOF) {
    int64_t before = now(cpu);
    int64_t took = in_seconds ? load(INT64_MAX, 1e9 * atof(words[7])) : load(atoll(words[7]), 0);
    printf("%ld %ld %ld %ld %ld %ld %ld\n", (long) answered, (long) took, (long) (now(cpu) - before), (long) percentile(.5),
           (long) percentile(.9), (long) percentile(.99), (long) longest);
    fflush(stdout);
  }
}
