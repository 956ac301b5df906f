/* --source -: each JSON line on standard input becomes an update the moment it arrives. */
#include "servers/source/source.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>
#include <event2/event.h>
#include <event2/event_struct.h>

#include "lib/base/clock.h"
#include "lib/base/json_line.h"
#include "lib/base/line_reader.h"

enum { STDIN_READ_BYTES = 65536 };

static const char too_long[] = "a line is longer than --max-body-bytes; the source has ended";

struct stdin_source {
    struct source source; /* first */
    struct event event;
    struct line_reader lines;
    uint64_t line_number;
    bool always_readable; /* a regular file, /dev/null: epoll refuses those */
};

static void stdin_publish(struct stdin_source *in, const char *line, size_t len)
{
    char *compact;
    ssize_t n;

    in->line_number++;
    if (len == 0)
        return;
    compact = malloc(len);
    n = compact == NULL ? PL_ENOMEM : json_line_compact(compact, line, len);
    if (n > 0) {
        publisher_post(in->source.publisher, &(struct post){.data = compact, .data_len = (size_t)n},
                       clock_now_ns());
    } else {
        in->source.rejected++;
        fprintf(stderr, "pushlab-server: --source -: line %llu: not a JSON value, skipped\n",
                (unsigned long long)in->line_number);
    }
    free(compact);
}

static void stdin_end(struct stdin_source *in, const char *why)
{
    in->source.done = true;
    event_del(&in->event);
    if (why != NULL)
        fprintf(stderr, "pushlab-server: --source -: %s\n", why);
}

static void stdin_feed(struct stdin_source *in, const uint8_t *data, size_t len)
{
    while (len > 0) {
        const char *line;
        size_t line_len;
        ssize_t used = line_reader_feed(&in->lines, data, len, &line, &line_len);

        if (used < 0) {
            stdin_end(in, too_long);
            return;
        }
        if (line != NULL)
            stdin_publish(in, line, line_len);
        data += used;
        len -= (size_t)used;
    }
}

/* A last line may lack its end. */
static void stdin_finish(struct stdin_source *in)
{
    const char *line;
    size_t len;
    int rc = line_reader_eof(&in->lines, &line, &len);

    if (rc > 0)
        stdin_publish(in, line, len);
    stdin_end(in, rc < 0 ? too_long : NULL);
}

static void stdin_on_readable(evutil_socket_t fd, short what, void *arg)
{
    static const struct timeval at_once = {0, 0};
    struct stdin_source *in = arg;
    uint8_t data[STDIN_READ_BYTES];
    ssize_t n = read(STDIN_FILENO, data, sizeof data);

    (void)fd;
    (void)what;
    if (n > 0) {
        stdin_feed(in, data, (size_t)n);
    } else if (n == 0) {
        stdin_finish(in);
    } else if (errno != EAGAIN && errno != EINTR) {
        stdin_end(in, strerror(errno));
    }
    if (in->always_readable && !in->source.done)
        event_add(&in->event, &at_once);
}

static void stdin_stop(struct source *src)
{
    struct stdin_source *in = (struct stdin_source *)src;

    event_del(&in->event);
    line_reader_free(&in->lines);
    free(in);
}

static bool epoll_takes(int fd)
{
    struct epoll_event ev = {.events = EPOLLIN};
    int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    bool taken = epoll_fd >= 0 && epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &ev) == 0;

    if (epoll_fd >= 0)
        close(epoll_fd);
    return taken;
}

struct source *stdin_start(struct publisher *pub, size_t max_line_bytes, struct err_text *e)
{
    static const struct source_ops ops = {.stop = stdin_stop};
    struct stdin_source *in = calloc(1, sizeof *in);
    struct timeval at_once = {0, 0};

    if (in == NULL)
        return NULL;
    in->source = (struct source){.ops = &ops, .publisher = pub};
    in->always_readable = !epoll_takes(STDIN_FILENO);
    line_reader_init(&in->lines, max_line_bytes);
    if (event_assign(&in->event, pub->base, in->always_readable ? -1 : STDIN_FILENO,
                     in->always_readable ? 0 : EV_READ | EV_PERSIST, stdin_on_readable, in) == 0 &&
        event_add(&in->event, in->always_readable ? &at_once : NULL) == 0)
        return &in->source;
    err_set(e, PL_ESYS, "--source -: standard input: %s", strerror(errno));
    free(in);
    return NULL;
}
