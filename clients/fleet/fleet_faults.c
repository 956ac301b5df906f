#include "clients/fleet/fleet_faults.h"

#include <inttypes.h>
#include <stdio.h>

#include "lib/base/clock.h"

static const int64_t retry_ns = NS_PER_MS;

int fault_line_read(struct fault_line *out, const char *line, struct err_text *e)
{
    char kind[40] = "", rest[2];
    const struct fault_kind_info *k;
    int n = sscanf(line, "fault %" SCNu32 " %39s %" SCNd64 " %" SCNd64 " %lf %1s", &out->index,
                   kind, &out->start_ns, &out->end_ns, &out->percent, rest);

    k = fault_kind_find(kind);
    if (n == 5 && k != NULL && out->start_ns <= out->end_ns && out->percent >= 0 &&
        out->percent <= 100) {
        out->kind = k->kind;
        return PL_OK;
    }
    return err_set(e, PL_EINVAL,
                   "--gate: '%.80s' is not a line of faults; accepted: fault INDEX KIND START_NS "
                   "END_NS PERCENT",
                   line);
}

bool fleet_faults_hit(const struct fleet_faults *f, enum fault_actor actor)
{
    for (size_t i = 0; i < f->n; i++)
        if (fault_kinds[f->all[i].line.kind].actor == actor)
            return true;
    return false;
}

/* How many of n clients percent are: one at least. */
static uint64_t count_of(uint64_t n, double percent)
{
    uint64_t hit = (uint64_t)((double)n * percent / 100 + 0.5);

    if (hit > n)
        return n;
    return hit > 0 ? hit : 1;
}

/* Whether client number index of n is one of the hit: they are spread evenly, from the first on. */
static bool is_hit(uint64_t index, uint64_t n, uint64_t hit)
{
    return index * hit % n < hit;
}

static void begin(const struct fleet_fault *f, struct client *c, int64_t now_ns)
{
    switch (f->line.kind) {
    case FAULT_RESET:
        client_reset(c);
        return;
    case FAULT_CLIENT_CRASH:
        client_crash(c, now_ns);
        return;
    case FAULT_SLOW_READER:
        client_hold(c, true);
        return;
    default:
        return;
    }
}

/* False: not yet possible. */
static bool end(const struct fleet_fault *f, struct client *c, int64_t now_ns)
{
    if (f->line.kind == FAULT_CLIENT_CRASH)
        return client_return(c, now_ns);
    client_hold(c, false);
    return true;
}

static void on_due(struct deadline *d, int64_t now_ns)
{
    struct fleet_fault *f = (struct fleet_fault *)((char *)d - offsetof(struct fleet_fault, due));
    struct schedule *s = &client_at(f->clients, 0)->net.env->schedule;
    bool begins = f->begun_ns == 0, ended = true;

    for (uint64_t i = 0; i < f->clients->n; i++) {
        struct client *c = client_at(f->clients, i);

        if (!is_hit(i, f->clients->n, f->hit))
            continue;
        if (begins)
            begin(f, c, now_ns);
        else
            ended = end(f, c, now_ns) && ended;
    }
    if (begins)
        f->begun_ns = now_ns;
    if (begins && fault_kinds[f->line.kind].lasts != FAULT_MOMENT)
        schedule_set(s, d, f->line.end_ns);
    else if (!ended)
        schedule_set(s, d, now_ns + retry_ns);
}

int fleet_faults_add(struct fleet_faults *f, struct client_array *clients,
                     const struct fault_line *line, struct err_text *e)
{
    struct fleet_fault *fault = &f->all[f->n];

    if (f->n == FAULTS_MAX)
        return err_set(e, PL_ELIMIT, "--gate: more than %d faults", FAULTS_MAX);
    *fault = (struct fleet_fault){.due = {.on_due = on_due}, .line = *line, .clients = clients};
    f->n++;
    if (fault_kinds[line->kind].actor != FAULT_ON_CLIENTS)
        return PL_OK;
    fault->hit = count_of(clients->n, line->percent);
    schedule_set(&client_at(clients, 0)->net.env->schedule, &fault->due, line->start_ns);
    return PL_OK;
}
