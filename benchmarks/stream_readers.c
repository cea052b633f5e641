/* Many readers of one event stream in a single process, and how late each message reached them.
 *
 *   stream_readers HOST PORT PATH READERS SECONDS [SLOW]
 *
 * Opens READERS event streams, at most IN_FLIGHT at a time, waits until all have been answered with 200, listens for
 * SECONDS and prints a line of JSON; a line "listening" comes before. A message is late by CLOCK_MONOTONIC minus the
 * stamp in it, "T=<nanoseconds>;".
 * SLOW further readers have the smallest receive buffer and take one byte a second; they are not measured.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { IN_FLIGHT = 200, EVENTS = 512, PIECE = 16384, TAIL = 48, GIVE_UP_S = 60, SETTLE_MS = 1500 };
enum stage { CONNECTING, ASKED, LISTENING, GONE };

struct reader {
    int socket;
    enum stage stage;
    bool is_slow;
    unsigned heard;
    size_t kept;            /* bytes of `tail` in use: an answer's head or a stamp may come in two pieces */
    char tail[512];
};

static struct { uint32_t *us; size_t used, room; } lateness;
static struct sockaddr_in server;
static char request[512];
static int poller, open_streams, failed, in_flight, cut;

static int64_t now_ns(void) {
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return at.tv_sec * 1000000000LL + at.tv_nsec;
}

static double cpu_s(void) {
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return used.ru_utime.tv_sec + used.ru_stime.tv_sec + (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

static void watch(struct reader *reader, int operation, uint32_t wanted) {
    struct epoll_event event = {.events = wanted, .data.ptr = reader};
    epoll_ctl(poller, operation, reader->socket, &event);
}

static void leave(struct reader *reader) {
    if (reader->stage == LISTENING && !reader->is_slow) { open_streams--; cut++; }
    if (reader->stage < LISTENING) { in_flight--; failed += !reader->is_slow; }
    if (reader->socket >= 0) close(reader->socket);
    reader->socket = -1;
    reader->stage = GONE;
}

static void dial(struct reader *reader) {
    in_flight++;
    reader->socket = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    int smallest = 1024;
    if (reader->is_slow) setsockopt(reader->socket, SOL_SOCKET, SO_RCVBUF, &smallest, sizeof smallest);
    if (connect(reader->socket, (struct sockaddr *)&server, sizeof server) < 0 && errno != EINPROGRESS) leave(reader);
    else watch(reader, EPOLL_CTL_ADD, EPOLLOUT);
}

static void ask(struct reader *reader) {
    int problem = 0;
    socklen_t size = sizeof problem;
    getsockopt(reader->socket, SOL_SOCKET, SO_ERROR, &problem, &size);
    ssize_t length = strlen(request);
    if (problem || write(reader->socket, request, length) != length) { leave(reader); return; }
    reader->stage = ASKED;
    watch(reader, EPOLL_CTL_MOD, EPOLLIN);
}

static void note(int64_t late_ns, struct reader *reader) {
    if (lateness.used == lateness.room) {
        lateness.room = lateness.room ? lateness.room * 2 : 1 << 18;
        lateness.us = realloc(lateness.us, lateness.room * sizeof *lateness.us);
    }
    lateness.us[lateness.used++] = late_ns / 1000;
    reader->heard++;
}

static void find_stamps(struct reader *reader, char *text, size_t length, int64_t since) {
    int64_t at = now_ns();
    char *from = text, *stamp, *end;
    while ((stamp = strstr(from, "T=")) && (end = strchr(stamp, ';'))) {
        int64_t sent = strtoll(stamp + 2, NULL, 10);
        if (since && sent >= since) note(at - sent, reader);
        from = end + 1;
    }
    size_t rest = text + length - from;
    reader->kept = rest < TAIL ? rest : TAIL;
    memcpy(reader->tail, text + length - reader->kept, reader->kept);
}

static void take(struct reader *reader, int64_t since) {
    static char text[sizeof reader->tail + PIECE + 1];
    memcpy(text, reader->tail, reader->kept);
    ssize_t got = recv(reader->socket, text + reader->kept, reader->is_slow ? 64 : PIECE, 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0) { leave(reader); return; }
    size_t length = reader->kept + got;
    text[length] = 0;
    if (reader->stage == ASKED) {
        if (!strstr(text, "\r\n\r\n") && length < sizeof reader->tail) {
            memcpy(reader->tail, text, reader->kept = length);
            return;
        }
        if (!strstr(text, " 200 ")) { leave(reader); return; }
        reader->stage = LISTENING;
        in_flight--;
        open_streams += !reader->is_slow;
        if (reader->is_slow) { watch(reader, EPOLL_CTL_DEL, 0); reader->kept = 0; return; }
    }
    find_stamps(reader, text, length, since);
}

static void sip(struct reader *slow, int count) {
    char drop;
    for (int i = 0; i < count; i++)
        if (slow[i].stage == LISTENING && recv(slow[i].socket, &drop, 1, MSG_DONTWAIT) == 0) leave(&slow[i]);
}

static int ascending(const void *left, const void *right) {
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    return (a > b) - (a < b);
}

static double at_share(double share) {
    return lateness.used ? lateness.us[(size_t)((lateness.used - 1) * share)] / 1000.0 : -1;
}

int main(int count, char **words) {
    if (count < 6) { fprintf(stderr, "usage: %s HOST PORT PATH READERS SECONDS [SLOW]\n", words[0]); return 2; }
    int wanted = atoi(words[4]), slow = count > 6 ? atoi(words[6]) : 0, total = wanted + slow, dialled = 0;
    double seconds = atof(words[5]);
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    signal(SIGPIPE, SIG_IGN);
    server = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(atoi(words[2]))};
    inet_pton(AF_INET, words[1], &server.sin_addr);
    snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n\r\n", words[3]);
    struct reader *readers = calloc(total, sizeof *readers);
    for (int i = 0; i < slow; i++) readers[i].is_slow = true;
    poller = epoll_create1(0);
    struct epoll_event events[EVENTS];
    int64_t began = now_ns(), all_open = 0, since = 0, sipped = began;
    double cpu_before = 0;
    for (;;) {
        while (dialled < total && in_flight < IN_FLIGHT) dial(&readers[dialled++]);
        int ready = epoll_wait(poller, events, EVENTS, 50);
        for (int i = 0; i < ready; i++) {
            struct reader *reader = events[i].data.ptr;
            if (reader->stage == CONNECTING) ask(reader);
            else if (reader->stage != GONE) take(reader, since);
        }
        int64_t at = now_ns();
        if (at - sipped > 1000000000LL) { sip(readers, slow); sipped = at; }
        bool is_settled = dialled == total && !in_flight;
        if (!all_open && (is_settled || at - began > GIVE_UP_S * 1000000000LL)) all_open = at;
        if (all_open && !since && at - all_open >= SETTLE_MS * 1000000LL) {
            since = at;
            cpu_before = cpu_s();
            puts("listening");
            fflush(stdout);
        }
        if (since && at - since > seconds * 1e9) break;
    }
    double cpu = cpu_s() - cpu_before;
    unsigned fewest = -1;
    for (int i = slow; i < total; i++)
        if (readers[i].stage == LISTENING && readers[i].heard < fewest) fewest = readers[i].heard;
    qsort(lateness.us, lateness.used, sizeof *lateness.us, ascending);
    printf("{\"open\": %d, \"failed\": %d, \"cut\": %d, \"open_s\": %.3f, \"messages\": %zu, \"fewest\": %d, \"p50\": %.2f, "
           "\"p90\": %.2f, \"p99\": %.2f, \"max\": %.2f, \"client_cpu_pct\": %.1f}\n",
           open_streams, failed, cut, (all_open - began) / 1e9, lateness.used, (int)fewest, at_share(.5), at_share(.9),
           at_share(.99), at_share(1), 100 * cpu / seconds);
    return 0;
}
