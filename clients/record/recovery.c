#include "clients/record/recovery.h"

#include <inttypes.h>
#include <stdlib.h>

#include "clients/record/recorder.h"
#include "lib/base/array.h"
#include "lib/base/clock.h"
#include "lib/base/err.h"

enum {
    STATE_HAS_NEXT = 1, /* the client has had its next update */
    STATE_LOST = 2,     /* it has lost its connection, and was not answered since */
    STATE_COUNTED = 4,  /* in lost */
    BINS_MAX = 1 << 16, /* nearly an hour */
    BINS_BEFORE = 20,
};

#define BIN_NS (50 * NS_PER_MS)

static const char *const what_words[] = {"lost",  "connect",  "refused", "connected",
                                         "asked", "answered", "update",  "restarted"};

int recovery_init(struct recovery *r, uint64_t nclients, bool with_events)
{
    *r = (struct recovery){.nclients = nclients};
    if (!with_events)
        return PL_OK;
    r->events = calloc(RECOVERY_KEPT_EVENTS, sizeof *r->events);
    return r->events == NULL ? PL_ENOMEM : PL_OK;
}

void recovery_free(struct recovery *r)
{
    for (size_t i = 0; i < r->n; i++) {
        hdr_free(&r->faults[i].next_us);
        hdr_free(&r->faults[i].reconnect_us);
    }
    free(r->state);
    free(r->bins);
    free(r->events);
    *r = (struct recovery){0};
}

int recovery_add(struct recovery *r, enum fault_kind kind, int64_t start_ns, int64_t end_ns)
{
    struct recovery_fault *f = &r->faults[r->n];

    if (r->n == FAULTS_MAX)
        return PL_ELIMIT;
    if (r->state == NULL)
        r->state = calloc(FAULTS_MAX, r->nclients);
    if (r->state == NULL)
        return PL_ENOMEM;
    *f = (struct recovery_fault){
        .kind = kind, .start_ns = start_ns, .end_ns = end_ns, .waiting = r->nclients};
    if (recorder_init_hdr(&f->next_us) < 0)
        return PL_ENOMEM;
    if (recorder_init_hdr(&f->reconnect_us) < 0) {
        hdr_free(&f->next_us);
        return PL_ENOMEM;
    }
    if (r->n == 0)
        r->bins_from_ns = start_ns - BINS_BEFORE * BIN_NS;
    r->n++;
    return PL_OK;
}

static uint8_t *state_of(struct recovery *r, size_t fault, uint32_t client)
{
    return &r->state[fault * r->nclients + client];
}

static void keep_event(struct recovery *r, uint32_t client, enum recovery_what what, int64_t at_ns)
{
    if (r->events == NULL || client >= RECOVERY_KEPT_CLIENTS || at_ns < r->bins_from_ns ||
        r->nevents == RECOVERY_KEPT_EVENTS)
        return;
    r->events[r->nevents++] =
        (struct recovery_event){.at_ns = at_ns, .client = (uint16_t)client, .what = (uint8_t)what};
}

/* A figure less is no reason to end a run. */
static void count_connect(struct recovery *r, int64_t now_ns)
{
    int64_t bin = (now_ns - r->bins_from_ns) / BIN_NS;

    if (now_ns < r->bins_from_ns || bin >= BINS_MAX ||
        array_reserve(&r->bins, &r->bins_cap, (size_t)bin + 1, sizeof *r->bins) < 0)
        return;
    while (r->nbins <= bin)
        r->bins[r->nbins++] = 0;
    r->bins[bin]++;
}

/* The fault under whose sway that time is: the newest that has begun; r->n before all. */
static size_t fault_at(const struct recovery *r, int64_t now_ns)
{
    size_t newest = r->n;

    for (size_t i = 0; i < r->n; i++)
        if (r->faults[i].start_ns <= now_ns)
            newest = i;
    return newest;
}

static void note_lost(struct recovery *r, size_t fault, uint32_t client)
{
    uint8_t *state = state_of(r, fault, client);

    r->faults[fault].lost += !(*state & STATE_COUNTED);
    *state |= STATE_LOST | STATE_COUNTED;
}

static int64_t to_us(int64_t ns)
{
    return (ns + NS_PER_US / 2) / NS_PER_US;
}

static void note_answered(struct recovery *r, size_t fault, uint32_t client, int64_t now_ns)
{
    uint8_t *state = state_of(r, fault, client);
    struct recovery_fault *f = &r->faults[fault];

    if (!(*state & STATE_LOST))
        return;
    *state = (uint8_t)(*state & ~STATE_LOST);
    hdr_record(&f->reconnect_us, to_us(now_ns - f->start_ns), 1);
}

void recovery_note(struct recovery *r, uint32_t client, enum recovery_what what, int64_t now_ns)
{
    size_t fault;

    if (r->n == 0)
        return;
    keep_event(r, client, what, now_ns);
    if (what == RECOVERY_CONNECT)
        count_connect(r, now_ns);
    fault = fault_at(r, now_ns);
    if (fault == r->n)
        return;
    if (what == RECOVERY_CONNECT)
        r->faults[fault].connects++;
    else if (what == RECOVERY_LOST)
        note_lost(r, fault, client);
    else if (what == RECOVERY_ANSWERED)
        note_answered(r, fault, client, now_ns);
}

void recovery_update(struct recovery *r, uint32_t client, int64_t t_ns, int64_t recv_ns)
{
    if (r->n == 0)
        return;
    keep_event(r, client, RECOVERY_UPDATE, recv_ns);
    for (size_t i = 0; i < r->n; i++) {
        struct recovery_fault *f = &r->faults[i];
        uint8_t *state = state_of(r, i, client);

        if (f->waiting == 0 || (*state & STATE_HAS_NEXT) || t_ns < f->start_ns + RECOVERY_GRACE_NS)
            continue;
        *state |= STATE_HAS_NEXT;
        f->waiting--;
        hdr_record(&f->next_us, to_us(recv_ns - f->start_ns), 1);
    }
}

double recovery_connects_peak_per_s(const struct recovery *r, size_t fault)
{
    int64_t until_ns = fault + 1 < r->n ? r->faults[fault + 1].start_ns : INT64_MAX;
    uint32_t most = 0;

    for (uint32_t i = 0; i + 1 <= r->nbins; i++) {
        int64_t from_ns = r->bins_from_ns + i * BIN_NS;
        uint32_t both = r->bins[i] + (i + 1 < r->nbins ? r->bins[i + 1] : 0);

        if (from_ns >= r->faults[fault].start_ns && from_ns < until_ns && both > most)
            most = both;
    }
    return most * 10.0;
}

/* ---- what is written ---- */

/* The figures of one fault, or of the sum of all. */
struct figures {
    struct hdr next_us, reconnect_us; /* borrowed */
    uint64_t none, lost, connects;
    double peak_per_s;
};

static void put_figures(struct json *j, const struct figures *n)
{
    const struct hdr *again = &n->reconnect_us;

    if (n->next_us.total_count > 0)
        json_hdr(j, "next_update_us", &n->next_us);
    if (again->total_count > 0) {
        json_hdr(j, "reconnect_us", again);
        json_i64(j, "reconnect_spread_us",
                 hdr_value_at_percentile(again, 95) - hdr_value_at_percentile(again, 5));
    }
    json_u64(j, "none", n->none);
    json_u64(j, "lost_connections", n->lost);
    json_u64(j, "connects", n->connects);
    if (n->connects > 0)
        json_real(j, "connects_peak_per_s", JSON_SHORTEST, n->peak_per_s);
    if (n->lost > 0)
        json_real(j, "attempts_per_client", JSON_SHORTEST, (double)n->connects / (double)n->lost);
}

static struct figures figures_of(const struct recovery *r, size_t fault)
{
    const struct recovery_fault *f = &r->faults[fault];

    return (struct figures){.next_us = f->next_us,
                            .reconnect_us = f->reconnect_us,
                            .none = f->waiting,
                            .lost = f->lost,
                            .connects = f->connects,
                            .peak_per_s = recovery_connects_peak_per_s(r, fault)};
}

static int put_fault(struct buf *list, const struct recovery *r, size_t fault)
{
    const struct recovery_fault *f = &r->faults[fault];
    struct figures n = figures_of(r, fault);
    struct buf text = {0};
    struct json j = {.out = &text};
    int rc;

    json_begin(&j, NULL);
    json_text(&j, "kind", fault_kinds[f->kind].name);
    json_i64(&j, "start_ns", f->start_ns);
    json_i64(&j, "end_ns", f->end_ns);
    put_figures(&j, &n);
    json_end(&j);
    rc = j.err < 0 ? j.err : buf_add(list, fault > 0 ? "," : "[", 1);
    rc = rc < 0 ? rc : buf_add(list, text.data, text.len);
    buf_free(&text);
    return rc;
}

static void put_faults(struct json *j, const struct recovery *r)
{
    struct buf list = {0};
    int rc = PL_OK;

    for (size_t i = 0; rc == PL_OK && i < r->n; i++)
        rc = put_fault(&list, r, i);
    rc = rc < 0 ? rc : buf_add(&list, "]", 1);
    if (rc == PL_OK)
        json_raw(j, "faults", list.data, list.len);
    else
        j->err = rc;
    buf_free(&list);
}

static int add_all(struct figures *sum, const struct recovery *r)
{
    if (recorder_init_hdr(&sum->next_us) < 0 || recorder_init_hdr(&sum->reconnect_us) < 0)
        return PL_ENOMEM;
    for (size_t i = 0; i < r->n; i++) {
        struct figures n = figures_of(r, i);

        if (hdr_add(&sum->next_us, &n.next_us) < 0 ||
            hdr_add(&sum->reconnect_us, &n.reconnect_us) < 0)
            return PL_ENOMEM;
        sum->none += n.none;
        sum->lost += n.lost;
        sum->connects += n.connects;
        if (n.peak_per_s > sum->peak_per_s)
            sum->peak_per_s = n.peak_per_s;
    }
    return PL_OK;
}

void recovery_json(const struct recovery *r, struct json *j)
{
    struct figures sum = {.none = 0};

    if (r->n == 0) {
        json_text(j, "recovery", NULL);
        return;
    }
    json_begin(j, "recovery");
    if (add_all(&sum, r) < 0)
        j->err = PL_ENOMEM;
    put_figures(j, &sum);
    put_faults(j, r);
    json_end(j);
    hdr_free(&sum.next_us);
    hdr_free(&sum.reconnect_us);
}

/* ---- events ---- */

static bool has_lost(const struct recovery *r, uint32_t client)
{
    for (size_t i = 0; i < r->n; i++)
        if (r->state[i * r->nclients + client] & STATE_COUNTED)
            return true;
    return false;
}

/* Which clients: those that lost their connection, then the first. Returns how many. */
static size_t choose(const struct recovery *r, uint32_t chosen[RECOVERY_DRAWN])
{
    uint32_t kept = r->nclients < RECOVERY_KEPT_CLIENTS ? (uint32_t)r->nclients
                                                        : (uint32_t)RECOVERY_KEPT_CLIENTS;
    size_t n = 0;

    for (int round = 0; round < 2; round++)
        for (uint32_t i = 0; i < kept && n < RECOVERY_DRAWN; i++)
            if (has_lost(r, i) == (round == 0))
                chosen[n++] = i;
    return n;
}

int recovery_csv(const struct recovery *r, struct buf *out)
{
    uint32_t chosen[RECOVERY_DRAWN];
    size_t n = r->n > 0 ? choose(r, chosen) : 0;
    int rc = buf_printf(out, "client,at_ns,event,detail\n");

    for (size_t c = 0; c < n; c++)
        for (size_t i = 0; i < r->nevents && rc >= 0; i++)
            if (r->events[i].client == chosen[c])
                rc = buf_printf(out, "%" PRIu32 ",%" PRId64 ",%s,\n", chosen[c], r->events[i].at_ns,
                                what_words[r->events[i].what]);
    for (uint32_t i = 0; i < r->nbins && rc >= 0; i++)
        if (r->bins[i] > 0)
            rc = buf_printf(out, "-1,%" PRId64 ",connects,%" PRIu32 "\n",
                            r->bins_from_ns + i * BIN_NS, r->bins[i]);
    return rc < 0 ? rc : PL_OK;
}
