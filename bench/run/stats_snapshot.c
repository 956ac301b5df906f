#include "bench/run/stats_snapshot.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/socket.h>

#include "bench/base/json.h"
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

/* ---- servers that were ended ---- */

static void add_number(cJSON *stats, const cJSON *life, const char *section, const char *name)
{
    cJSON *to =
        cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(stats, section), name);
    const cJSON *more = cJSON_GetObjectItemCaseSensitive(json_at(life, section), name);

    if (cJSON_IsNumber(to) && cJSON_IsNumber(more))
        cJSON_SetNumberHelper(to, to->valuedouble + more->valuedouble);
}

static void add_transport(cJSON *to, const cJSON *more)
{
    double open = json_number(to, "open");

    json_sum(to, more);
    cJSON_SetNumberHelper(cJSON_GetObjectItemCaseSensitive(to, "open"), open);
}

static double value_of(const cJSON *pair)
{
    return cJSON_GetNumberValue(cJSON_GetArrayItem(pair, 0));
}

static cJSON *pair_of(double value, double count)
{
    const double both[] = {value, count};

    return cJSON_CreateDoubleArray(both, 2);
}

static double count_of(const cJSON *pair)
{
    return cJSON_GetNumberValue(cJSON_GetArrayItem(pair, 1));
}

/* Of two [[value, count], ...] in ascending order the sum: a new one. */
static cJSON *sum_counts(const cJSON *a, const cJSON *b)
{
    cJSON *sum = cJSON_CreateArray();

    a = a != NULL ? a->child : NULL;
    b = b != NULL ? b->child : NULL;
    while (a != NULL || b != NULL) {
        bool takes_a = a != NULL && (b == NULL || value_of(a) <= value_of(b));
        bool takes_b = b != NULL && (a == NULL || value_of(b) <= value_of(a));

        cJSON_AddItemToArray(sum,
                             pair_of(value_of(takes_a ? a : b),
                                     (takes_a ? count_of(a) : 0) + (takes_b ? count_of(b) : 0)));
        a = takes_a ? a->next : a;
        b = takes_b ? b->next : b;
    }
    return sum;
}

static void add_life(cJSON *stats, const cJSON *life)
{
    static const char *const counts[][2] = {
        {"process", "cpu_user_us"}, {"process", "cpu_system_us"},  {"connections", "accepted"},
        {"connections", "unused"},  {"connections", "tls_failed"}, {"source", "due"},
        {"source", "published"},    {"source", "rejected"},        {"source", "stalled_ms"},
        {"polls", "built"},         {"polls", "reused"},           {"limits", "duplicate_posts"},
        {"limits", "superseded"},
    };
    cJSON *transport, *source = cJSON_GetObjectItemCaseSensitive(stats, "source");
    const cJSON *late = json_at(source, "publish_late_counts");

    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        add_number(stats, life, counts[i][0], counts[i][1]);
    cJSON_ArrayForEach(transport, json_at(stats, "transports"))
    {
        add_transport(transport, cJSON_GetObjectItemCaseSensitive(json_at(life, "transports"),
                                                                  transport->string));
    }
    if (late != NULL)
        cJSON_ReplaceItemInObjectCaseSensitive(
            source, "publish_late_counts",
            sum_counts(late, json_at(life, "source.publish_late_counts")));
}

void stats_add_lives(cJSON *stats, const cJSON *lives)
{
    const cJSON *life, *last = NULL;

    cJSON_ArrayForEach(life, lives)
    {
        if (json_number(life, "time_ns") < json_number(stats, "time_ns"))
            last = life;
    }
    if (last != NULL)
        add_life(stats, last);
}
