#include "servers/http/http_context.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "lib/base/clock.h"
#include "lib/proto/http_reader.h"

const char *http_context_date(struct http_context *c)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME_COARSE, &now);
    if (now.tv_sec != c->date_unix_s) {
        c->date_unix_s = now.tv_sec;
        http_date(c->date, now.tv_sec);
    }
    return c->date;
}

const int stats_statuses[STATS_STATUSES] = {
    101, 200, 202, 204, 304, 400, 401, 403, 404, 405, 408,
    409, 413, 414, 415, 426, 431, 500, 501, 503, 505, 0,
};

void account_response(struct account *a, int status)
{
    int i = 0;

    while (i < STATS_STATUSES - 1 && stats_statuses[i] != status)
        i++;
    a->responses[i]++;
}

int http_context_start_cors(struct http_context *c, struct err_text *e)
{
    const char *origin = c->settings->allow_origin;
    bool any = origin != NULL && strcmp(origin, "*") == 0;
    int n = 0;

    if (origin != NULL && strpbrk(origin, " \t\r\n") != NULL)
        return err_set(e, PL_EINVAL,
                       "--allow-origin: '%s' is not an origin; e.g. https://a.example", origin);
    if (origin != NULL)
        n = snprintf(c->cors, sizeof c->cors,
                     "Access-Control-Allow-Origin: %s\r\n"
                     "Access-Control-Expose-Headers: Pushlab-Cursor, Pushlab-Missed, "
                     "Pushlab-Restarted\r\n%s",
                     origin, any ? "" : "Vary: Origin\r\n");
    snprintf(c->vary, sizeof c->vary, "%s", origin != NULL && !any ? "Vary: Origin\r\n" : "");
    if (n >= (int)sizeof c->cors)
        return err_set(e, PL_EINVAL, "--allow-origin: '%.40s…' is too long", origin);
    return PL_OK;
}

bool http_context_allows(const struct http_context *c, const struct http_message *m)
{
    const char *allowed = c->settings->allow_origin, *origin;

    if (allowed == NULL)
        return false; /* each request asks: most servers need not look at its fields */
    origin = http_message_field(m, "Origin");
    return origin != NULL && (strcmp(allowed, "*") == 0 || strcasecmp(allowed, origin) == 0);
}

int64_t http_context_return_ms(const struct http_context *c)
{
    int64_t window_ms = c->settings->reconnect_window_ns / NS_PER_MS;

    return window_ms > 0 ? (int64_t)arc4random_uniform((uint32_t)window_ms + 1) : -1;
}
