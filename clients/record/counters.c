#include "clients/record/counters.h"

#include <stddef.h>
#include <stdio.h>

#define ROW(counter, directions)                                                                   \
    {                                                                                              \
#counter, offsetof(struct counters, counter), directions                                   \
    }

/* In the order of the report. */
static const struct {
    const char *name;
    size_t offset;
    int directions;
} rows[] = {
    ROW(messages, COUNTERS_UP),
    ROW(repeated, COUNTERS_UP),
    ROW(requests, COUNTERS_DOWN | COUNTERS_UP),
    ROW(responses, COUNTERS_DOWN | COUNTERS_UP),
    ROW(empty_responses, COUNTERS_DOWN),
    ROW(failed_responses, COUNTERS_DOWN | COUNTERS_UP),
    ROW(connects, COUNTERS_DOWN | COUNTERS_UP),
    ROW(reconnects, COUNTERS_DOWN),
    ROW(connect_failures, COUNTERS_DOWN | COUNTERS_UP),
    ROW(connects_abandoned, COUNTERS_DOWN | COUNTERS_UP),
    ROW(tls_full_handshakes, COUNTERS_DOWN | COUNTERS_UP),
    ROW(tls_resumed_handshakes, COUNTERS_DOWN | COUNTERS_UP),
    ROW(deliveries, COUNTERS_DOWN),
    ROW(payload_bytes_in, COUNTERS_DOWN),
    ROW(framing_bytes_in, COUNTERS_DOWN),
    ROW(bytes_out, COUNTERS_DOWN | COUNTERS_UP),
    ROW(payload_bytes_out, COUNTERS_UP),
    ROW(framing_bytes_out, COUNTERS_UP),
    ROW(bytes_in, COUNTERS_UP),
};

void counters_json(const struct counters *c, enum counters_direction direction, struct json *j)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].directions & (int)direction)
            json_u64(j, rows[i].name,
                     *(const uint64_t *)(const void *)((const char *)c + rows[i].offset));
    }
}

void refusals_add(struct refusals *r, int status)
{
    size_t i = 0;

    while (i < r->n && r->of[i].status != status)
        i++;
    if (i == REFUSALS_MAX)
        return;
    if (i == r->n)
        r->of[r->n++].status = status;
    r->of[i].count++;
}

void refusals_json(const struct refusals *r, struct json *j, const char *name)
{
    char status[12];

    json_begin(j, name);
    for (size_t i = 0; i < r->n; i++) {
        snprintf(status, sizeof status, "%d", r->of[i].status);
        json_u64(j, status, r->of[i].count);
    }
    json_end(j);
}
