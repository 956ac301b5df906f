#include "bench/run/stats_snapshot.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>

#include "lib/base/buf.h"
#include "lib/proto/http_reader.h"

enum { ANSWER_MAX_BYTES = 8 << 20, ANSWER_TIMEOUT_MS = 1000, PIECE_BYTES = 65536 };

/* 1: the answer is complete. */
static int feed(struct http_reader *r, struct buf *body, const uint8_t *data, size_t len)
{
    enum http_event ev;

    do {
        ssize_t n = http_reader_feed(r, data, len, &ev);

        if (n < 0)
            return PL_EPROTO;
        data += n;
        len -= (size_t)n;
        if (ev == HTTP_BODY && buf_add(body, r->body, r->body_len) < 0)
            return PL_ENOMEM;
        if (ev == HTTP_MESSAGE)
            return r->msg.status == 200 ? 1 : PL_EPROTO;
    } while (ev != HTTP_NEED_MORE);
    return 0;
}

static int ask(int fd, int64_t at_ns, struct http_reader *r, struct buf *body)
{
    char question[80];
    size_t question_len =
        (size_t)snprintf(question, sizeof question,
                         "GET /stats?at=%lld HTTP/1.1\r\nHost: lab\r\n\r\n", (long long)at_ns);
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    uint8_t piece[PIECE_BYTES];
    int rc = 0;

    if (send(fd, question, question_len, MSG_NOSIGNAL) != (ssize_t)question_len)
        return PL_ESYS;
    while (rc == 0) {
        int n = poll(&ready, 1, ANSWER_TIMEOUT_MS);
        ssize_t len = n > 0 ? recv(fd, piece, sizeof piece, 0) : -1;

        if (n == 0)
            errno = ETIMEDOUT;
        if (len <= 0)
            return len == 0 ? PL_EOF : PL_ESYS;
        rc = feed(r, body, piece, (size_t)len);
    }
    return rc;
}

cJSON *stats_snapshot_read(int fd, int64_t at_ns, struct err_text *e)
{
    struct http_limits limits = {.head_bytes = PIECE_BYTES, .body_bytes = ANSWER_MAX_BYTES};
    struct http_reader r;
    struct buf body = {0};
    cJSON *stats = NULL;
    int rc;

    http_reader_init(&r, HTTP_RESPONSES, &limits);
    rc = ask(fd, at_ns, &r, &body);
    if (rc > 0)
        stats = cJSON_ParseWithLength((const char *)body.data, body.len);
    if (stats == NULL)
        err_set(e, PL_EPROTO, "a server's /stats: %s",
                rc < 0 ? pl_strerror(rc) : "the answer is not JSON");
    http_reader_free(&r);
    buf_free(&body);
    return stats;
}
