#include "clients/record/counters.h"

#include <stdio.h>

void counters_json(const struct counters *c, enum counters_direction direction, struct json *j)
{
#define ADD_COUNTER(name, directions)                                                              \
    if ((directions)&direction)                                                                    \
        json_u64(j, #name, c->name);
    COUNTERS(ADD_COUNTER)
#undef ADD_COUNTER
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
