#include "bench/link/capture.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "bench/wire/pcapng.h"

enum { FLUSH_BYTES = 256 * 1024 };

void capture_init(struct capture *c)
{
    *c = (struct capture){.fd = -1};
}

static int64_t unix_now_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_REALTIME, &ts);
    return (int64_t)ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

int capture_begin(struct capture *c, int fd, enum link_capture_at at, const char *label)
{
    char comment[160];

    capture_end(c);
    c->at = at;
    snprintf(c->label, sizeof c->label, "%s", label);
    c->unix_offset_ns = unix_now_ns() - clock_now_ns();
    snprintf(comment, sizeof comment, "%s; CLOCK_MONOTONIC = timestamp - %lld ns", c->label,
             (long long)c->unix_offset_ns);
    if (pcapng_write_header(&c->pending, comment) < 0) {
        close(fd);
        return PL_ENOMEM;
    }
    c->fd = fd;
    return PL_OK;
}

static bool listens(const struct capture *c, enum pcapng_interface interface)
{
    return c->fd >= 0 && c->error == 0 && ((int)c->at & (1 << interface)) != 0;
}

/* Write out what is pending. */
static void capture_flush(struct capture *c)
{
    size_t done = 0;

    while (c->fd >= 0 && c->error == 0 && done < c->pending.len) {
        ssize_t n = write(c->fd, c->pending.data + done, c->pending.len - done);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            c->error = errno;
        else
            done += (size_t)n;
    }
    buf_drain(&c->pending, c->pending.len);
}

static void record(struct capture *c, const struct frame *f, struct pcapng_packet *p, bool first,
                   const char *lost_by)
{
    char opens[LINK_LABEL_CHARS + 32], lost[64];

    if (first) {
        snprintf(opens, sizeof opens, "%s, connection %u", c->label, f->connection);
        p->comments[0] = opens;
    }
    if (lost_by != NULL) {
        snprintf(lost, sizeof lost, "dropped by the link: %s", lost_by);
        p->comments[first] = lost;
    }
    p->other_end = c->at == LINK_CAPTURE_BOTH && p->interface == PCAPNG_SERVER;
    p->id = f->id;
    p->data = f->data;
    p->len = f->len;
    if (pcapng_write_packet(&c->pending, p) < 0) {
        c->error = ENOMEM;
        return;
    }
    c->packets++;
    c->bytes += f->len;
    if (c->pending.len >= FLUSH_BYTES)
        capture_flush(c);
}

void capture_sent(struct capture *c, const struct frame *f, enum link_direction direction,
                  bool first, const char *lost_by)
{
    enum pcapng_interface at = direction == LINK_UP ? PCAPNG_CLIENT : PCAPNG_SERVER;
    struct pcapng_packet p = {
        .interface = at, .outbound = true, .unix_ns = f->sent_ns + c->unix_offset_ns};

    if (listens(c, at))
        record(c, f, &p, first, lost_by);
}

void capture_arrived(struct capture *c, const struct frame *f, enum link_direction direction,
                     int64_t now_ns)
{
    enum pcapng_interface at = direction == LINK_UP ? PCAPNG_SERVER : PCAPNG_CLIENT;
    struct pcapng_packet p = {.interface = at, .unix_ns = now_ns + c->unix_offset_ns};

    if (listens(c, at))
        record(c, f, &p, f->opens, NULL);
}

int capture_end(struct capture *c)
{
    int error;

    capture_flush(c);
    if (c->fd >= 0 && close(c->fd) < 0 && c->error == 0)
        c->error = errno;
    error = c->error;
    buf_free(&c->pending);
    capture_init(c);
    errno = error;
    return error == 0 ? PL_OK : PL_ESYS;
}
