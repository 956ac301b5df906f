/* A discrete-event simulation of one row, for tests of the model: clients, a server, a source of
 * updates and a link, which only send each other messages. It knows no formula: what is known is
 * what a client does with an answer, what the server does with a request, and how long a segment
 * takes. Included by one test each. */
#pragma once

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "bench/model/question.h"
#include "lib/base/rng.h"

enum sim_what {
    SIM_UPDATE,     /* the source publishes */
    SIM_DUE,        /* the client's timer: it connects or asks */
    SIM_HELLO,      /* at the server: a part of connecting */
    SIM_WELCOME,    /* at the client: its answer */
    SIM_REQUEST,    /* at the server */
    SIM_HOLD_OVER,  /* at the server */
    SIM_SEGMENT,    /* at the client; the last of a message brings it */
    SIM_SEGMENT_ACK /* at the server */
};

struct sim_event {
    double at_us;
    enum sim_what what;
    int client;
    size_t number; /* of the request, or of the message */
};

/* An answer, or an update that is pushed, on its way in segments. */
struct sim_message {
    double segments, sent, arrived, window;
    int from, upto; /* updates: from + 1 to upto */
};

struct sim_client {
    double due_us;  /* of the poll under way, or of the next */
    double welcome; /* round trips of connecting done */
    size_t requests;
    double empties_in_row;
    bool held;
    int given; /* updates that the server has sent */
    double newest_us, age_from_us;
};

struct sim {
    const struct predict_question *q;
    struct rng rng;
    double now_us, end_us, start_us;
    double *published_us; /* by number, from 1 */
    int published, published_cap;
    struct sim_client *clients;
    int nclients;
    struct sim_event *heap; /* from 1 */
    size_t nevents, heap_cap;
    struct sim_message *messages;
    size_t nmessages, messages_cap;
    double *latencies_us;
    size_t n, cap;
    /* from start_us on */
    double asked, answered, empty, connected, age_area_us2;
};

/* ---- events, by time ---- */

static void sim_at(struct sim *s, double at_us, enum sim_what what, int client, size_t number)
{
    size_t at = ++s->nevents;

    if (at >= s->heap_cap) {
        s->heap_cap = 2 * at + 64;
        s->heap = realloc(s->heap, s->heap_cap * sizeof *s->heap);
        assert(s->heap != NULL);
    }
    for (; at > 1 && s->heap[at / 2].at_us > at_us; at /= 2)
        s->heap[at] = s->heap[at / 2];
    s->heap[at] = (struct sim_event){at_us, what, client, number};
}

static struct sim_event sim_next(struct sim *s)
{
    struct sim_event first = s->heap[1], last = s->heap[s->nevents--];
    size_t at = 1, child;

    for (; (child = 2 * at) <= s->nevents; at = child) {
        child += child < s->nevents && s->heap[child + 1].at_us < s->heap[child].at_us;
        if (last.at_us <= s->heap[child].at_us)
            break;
        s->heap[at] = s->heap[child];
    }
    s->heap[at] = last;
    return first;
}

/* ---- the link ---- */

static void sim_send(struct sim *s, enum sim_what what, int client, size_t number)
{
    sim_at(s, s->now_us + s->q->rtt_us / 2, what, client, number);
}

static bool sim_counts(const struct sim *s)
{
    return s->now_us >= s->start_us && s->now_us < s->end_us;
}

/* ---- the server ---- */

static void sim_send_window(struct sim *s, int client, size_t number)
{
    struct sim_message *m = &s->messages[number];

    for (; m->sent < m->segments && m->window > 0; m->window--, m->sent++)
        sim_send(s, SIM_SEGMENT, client, number);
}

/* All that the client has not been given, in segments of 1,448 bytes, ten at first. */
static void sim_answer(struct sim *s, int client)
{
    struct sim_client *c = &s->clients[client];
    double bytes = (s->published - c->given) * s->q->update_bytes;

    if (s->nmessages == s->messages_cap) {
        s->messages_cap = 2 * s->messages_cap + 64;
        s->messages = realloc(s->messages, s->messages_cap * sizeof *s->messages);
        assert(s->messages != NULL);
    }
    s->messages[s->nmessages++] = (struct sim_message){.segments = fmax(ceil(bytes / 1448), 1),
                                                       .window = 10,
                                                       .from = c->given,
                                                       .upto = s->published};
    c->held = false;
    c->given = s->published;
    sim_send_window(s, client, s->nmessages - 1);
}

static void sim_on_request(struct sim *s, int client, size_t number)
{
    struct sim_client *c = &s->clients[client];

    c->held = s->q->way == PREDICT_LONG_POLL && c->given == s->published;
    if (c->held)
        sim_at(s, s->now_us + s->q->hold_us, SIM_HOLD_OVER, client, number);
    else
        sim_answer(s, client);
}

static double sim_gap_us(struct sim *s)
{
    double gap_us = 1e6 / s->q->rate_hz, period_us = s->q->burst_on_us + s->q->burst_off_us, next;

    if (s->q->pace == PREDICT_POISSON)
        return rng_exponential(&s->rng, gap_us);
    if (s->q->pace == PREDICT_FIXED)
        return gap_us;
    next = s->now_us + gap_us * s->q->burst_on_us / period_us;
    if (fmod(next, period_us) >= s->q->burst_on_us)
        next = (floor(next / period_us) + 1) * period_us;
    return next - s->now_us;
}

static void sim_on_update(struct sim *s)
{
    if (s->published + 2 > s->published_cap) {
        s->published_cap = 2 * s->published_cap + 64;
        s->published_us = realloc(s->published_us, (size_t)s->published_cap * sizeof(double));
        assert(s->published_us != NULL);
    }
    s->published_us[++s->published] = s->now_us;
    sim_at(s, s->now_us + sim_gap_us(s), SIM_UPDATE, 0, 0);
    for (int i = 0; i < s->nclients; i++)
        if (s->q->way == PREDICT_PUSH || s->clients[i].held)
            sim_answer(s, i);
}

/* ---- the client ---- */

static void sim_ask(struct sim *s, int client)
{
    struct sim_client *c = &s->clients[client];

    s->asked += sim_counts(s);
    sim_send(s, SIM_REQUEST, client, ++c->requests);
}

static void sim_on_due(struct sim *s, int client)
{
    s->clients[client].welcome = 0;
    if (s->q->connect_rtts == 0) {
        sim_ask(s, client);
        return;
    }
    s->connected += sim_counts(s);
    sim_send(s, SIM_HELLO, client, 0);
}

static void sim_on_welcome(struct sim *s, int client)
{
    if (++s->clients[client].welcome < s->q->connect_rtts)
        sim_send(s, SIM_HELLO, client, 0);
    else
        sim_ask(s, client);
}

static double sim_next_due_us(struct sim *s, struct sim_client *c)
{
    const struct predict_question *q = s->q;

    if (q->way == PREDICT_LONG_POLL)
        return s->now_us + rng_uniform(&s->rng) * q->pause_us;
    if (q->poll == PREDICT_CLOCK)
        return c->due_us + q->interval_us;
    if (q->poll == PREDICT_PAUSE)
        return s->now_us + q->interval_us;
    return s->now_us +
           fmin(q->interval_us * pow(q->backoff_factor, c->empties_in_row), q->interval_max_us);
}

static void sim_take_age(struct sim *s, struct sim_client *c, double newest_us)
{
    double from_us = fmax(c->age_from_us, s->start_us), to_us = fmin(s->now_us, s->end_us);

    if (to_us > from_us)
        s->age_area_us2 += (to_us - from_us) * ((from_us + to_us) / 2 - c->newest_us);
    c->age_from_us = s->now_us;
    c->newest_us = newest_us;
}

static void sim_read(struct sim *s, struct sim_client *c, int from, int upto)
{
    for (int i = from + 1; i <= upto; i++) {
        double latency_us = s->now_us - s->published_us[i];

        if (s->published_us[i] < s->start_us || s->published_us[i] >= s->end_us)
            continue;
        if (s->n == s->cap) {
            s->cap = 2 * s->cap + 1024;
            s->latencies_us = realloc(s->latencies_us, s->cap * sizeof(double));
            assert(s->latencies_us != NULL);
        }
        s->latencies_us[s->n++] = latency_us;
    }
    if (upto > from)
        sim_take_age(s, c, s->published_us[upto]);
}

static void sim_on_message(struct sim *s, int client, const struct sim_message *m)
{
    struct sim_client *c = &s->clients[client];
    bool is_empty = m->upto == m->from;

    sim_read(s, c, m->from, m->upto);
    if (s->q->way == PREDICT_PUSH)
        return;
    s->answered += sim_counts(s);
    s->empty += is_empty && sim_counts(s);
    c->empties_in_row = is_empty ? c->empties_in_row + 1 : 0;
    c->due_us = sim_next_due_us(s, c);
    sim_at(s, fmax(c->due_us, s->now_us), SIM_DUE, client, 0);
}

static void sim_on_segment(struct sim *s, int client, size_t number)
{
    struct sim_message *m = &s->messages[number];

    sim_send(s, SIM_SEGMENT_ACK, client, number);
    if (++m->arrived == m->segments)
        sim_on_message(s, client, m);
}

/* ---- all together ---- */

static void sim_handle(struct sim *s, const struct sim_event *e)
{
    struct sim_client *c = &s->clients[e->client];

    if (e->what == SIM_UPDATE)
        sim_on_update(s);
    else if (e->what == SIM_DUE)
        sim_on_due(s, e->client);
    else if (e->what == SIM_HELLO)
        sim_send(s, SIM_WELCOME, e->client, 0);
    else if (e->what == SIM_WELCOME)
        sim_on_welcome(s, e->client);
    else if (e->what == SIM_REQUEST)
        sim_on_request(s, e->client, e->number);
    else if (e->what == SIM_HOLD_OVER && c->held && c->requests == e->number)
        sim_answer(s, e->client);
    else if (e->what == SIM_SEGMENT)
        sim_on_segment(s, e->client, e->number);
    else if (e->what == SIM_SEGMENT_ACK) {
        s->messages[e->number].window += 2; /* it left the network, and the window grows */
        sim_send_window(s, e->client, e->number);
    }
}

static int sim_compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Run until about so many updates have come. Each client begins in its own part of the interval. */
static void sim_run(struct sim *s, const struct predict_question *q, int nclients, double updates,
                    uint64_t seed)
{
    double spread_us = q->way == PREDICT_SHORT_POLL ? q->interval_us : 1e6 / q->rate_hz;

    *s = (struct sim){.q = q, .nclients = nclients, .start_us = 20e6};
    s->end_us = s->start_us + updates / q->rate_hz * 1e6;
    s->clients = calloc((size_t)nclients, sizeof *s->clients);
    assert(s->clients != NULL);
    rng_seed(&s->rng, seed);
    sim_at(s, rng_uniform(&s->rng) * 1e6 / q->rate_hz, SIM_UPDATE, 0, 0);
    for (int i = 0; i < nclients && q->way != PREDICT_PUSH; i++) {
        s->clients[i].due_us = (i + rng_uniform(&s->rng)) / nclients * spread_us;
        sim_at(s, s->clients[i].due_us, SIM_DUE, i, 0);
    }
    while (s->heap[1].at_us < s->end_us + 30e6) {
        struct sim_event e = sim_next(s);

        s->now_us = e.at_us;
        sim_handle(s, &e);
    }
    for (int i = 0; i < nclients; i++)
        sim_take_age(s, &s->clients[i], 0);
    qsort(s->latencies_us, s->n, sizeof(double), sim_compare);
}

static void sim_free(struct sim *s)
{
    free(s->published_us);
    free(s->clients);
    free(s->heap);
    free(s->messages);
    free(s->latencies_us);
}

static double sim_latency_us(const struct sim *s, double part)
{
    return s->latencies_us[(size_t)(part * (double)(s->n - 1))];
}

static double sim_mean_us(const struct sim *s)
{
    double sum = 0;

    for (size_t i = 0; i < s->n; i++)
        sum += s->latencies_us[i];
    return sum / (double)s->n;
}
