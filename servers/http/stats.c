#include "servers/http/stats.h"

const int stats_statuses[STATS_STATUSES] = {
    101, 200, 202, 204, 304, 400, 401, 403, 404, 405, 408,
    409, 413, 414, 415, 426, 431, 500, 501, 503, 505, 0,
};

const char *const stats_drop_names[DROP_REASONS] = {
    [DROP_SLOW_READER] = "slow-reader",
    [DROP_BAD_REQUEST] = "bad-request",
    [DROP_PROTOCOL] = "protocol",
    [DROP_PING_TIMEOUT] = "ping-timeout",
    [DROP_IDLE] = "idle",
    [DROP_SLOW_REQUEST] = "slow-request",
    [DROP_IO_ERROR] = "io-error",
    [DROP_NO_MEMORY] = "no-memory",
};

void stats_response(struct transport_stats *s, int status)
{
    int i = 0;

    while (i < STATS_STATUSES - 1 && stats_statuses[i] != status)
        i++;
    s->responses[i]++;
}
