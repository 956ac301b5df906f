#include "servers/http/http_context.h"

#include <time.h>

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
