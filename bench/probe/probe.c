#include "bench/probe/probe.h"

#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cjson/cJSON.h>
#include <event2/event.h>

#include "bench/base/json.h"
#include "bench/probe/probe_lane.h"
#include "lib/base/clock.h"
#include "lib/net/tls.h"

enum { READ_BUF_BYTES = 64 << 10, CLOCK_ASKED = 5, TICK_MS = 20 };

#define ANSWER_NS   (5 * NS_PER_S) /* for a response that nothing holds */
#define MEASURE_NS  (6 * NS_PER_S) /* for streams */
#define MARGIN_NS   (NS_PER_S + NS_PER_S / 2)
#define HOLD_MAX_NS (30 * NS_PER_S) /* what pushlab's servers allow by default */

/* Intervals of heartbeats that are tried: those below the time that is watched. */
static const int beats_s[] = {2, 5, 10, 15, 20, 30, 45, 60, 90, 120, 300, 600};

struct probe {
    const struct probe_setting *s;
    struct probe_result *out;
    struct event_base *base;
    struct conn_loop loop;
    struct probe_goal goal;
    struct probe_lane *lanes; /* PROBE_ROLES */
    bool tried[PROBE_ROLES];
};

/* ---- running the loop ---- */

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    event_base_loopbreak(arg);
}

/* Run until until_ns, or all those lanes are over. */
static int run_until(struct probe *p, const struct probe_lane *lanes, size_t n, int64_t until_ns)
{
    const struct timeval tick = {0, TICK_MS * 1000L};
    struct event *timer = event_new(p->base, -1, EV_PERSIST, on_tick, p->base);
    bool open = true;

    if (timer == NULL || event_add(timer, &tick) < 0) {
        if (timer != NULL)
            event_free(timer);
        return PL_ENOMEM;
    }
    while (open && clock_now_ns() < until_ns) {
        event_base_dispatch(p->base);
        open = n == 0;
        for (size_t i = 0; i < n; i++)
            open = open || !lanes[i].over;
    }
    event_free(timer);
    return PL_OK;
}

/* One request on a connection of its own, now. */
static int ask_one(struct probe *p, struct probe_lane *l, const struct probe_ask *ask)
{
    int64_t until_ns = clock_now_ns() + ANSWER_NS;
    int rc = PL_OK;

    probe_lane_start(l, &p->goal, &p->loop, ask);
    while (rc == PL_OK && !l->over && !l->seen.complete && clock_now_ns() < until_ns)
        rc = run_until(p, NULL, 0, clock_now_ns() + TICK_MS * NS_PER_MS / 4);
    probe_lane_stop(l);
    while (rc == PL_OK && !l->over)
        rc = run_until(p, l, 1, clock_now_ns() + NS_PER_S);
    return rc;
}

/* ---- where to, and who is there ---- */

static int set_goal(struct probe *p, const struct addrinfo *a)
{
    memcpy(&p->goal.addr, a->ai_addr, a->ai_addrlen);
    p->goal.addr_len = a->ai_addrlen;
    return PL_OK;
}

static void set_target(const struct probe *p, struct probe_ask *ask, const char *path)
{
    snprintf(ask->target, sizeof ask->target, "%.200s%.90s", p->s->url.path, path);
}

/* {"received_ns":..,"monotonic_ns":..} of GET /time: the clock's offset, as exactly as the answer
 * was quick (Cristian 1989). False: not a pushlab server. */
static bool take_clock(struct probe_facts *f, const struct probe_seen *s)
{
    cJSON *o = cJSON_Parse(s->text);
    double received_ns = json_number(o, "received_ns"), sent_ns = json_number(o, "monotonic_ns");
    int64_t error_ns;

    cJSON_Delete(o);
    if (s->status != 200 || !(received_ns >= 0) || !(sent_ns >= received_ns))
        return false;
    error_ns = (s->last_ns - s->asked_ns - (int64_t)(sent_ns - received_ns)) / 2;
    if (f->pushlab && error_ns >= f->offset_error_ns)
        return true;
    f->pushlab = true;
    f->offset_error_ns = error_ns;
    f->offset_ns = (int64_t)((received_ns + sent_ns) / 2) - (s->asked_ns + s->last_ns) / 2;
    return true;
}

/* Try the addresses of the name in turn (RFC 6724 has put them in order) until one answers. */
static int find_server(struct probe *p, struct addrinfo *list, struct err_text *e)
{
    struct probe_ask ask = {.form = PROBE_ANSWER, .fields = ""};
    struct probe_lane *l = calloc(1, sizeof *l);
    struct err_text why = {"no address"};
    int rc = l == NULL ? PL_ENOMEM : PL_ESYS;

    set_target(p, &ask, "/time");
    for (struct addrinfo *a = list; rc == PL_ESYS && a != NULL; a = a->ai_next) {
        set_goal(p, a);
        if (ask_one(p, l, &ask) < 0)
            rc = PL_ENOMEM;
        else if (l->seen.asked_ns != 0 && (l->seen.status != 0 || !l->seen.failed))
            rc = PL_OK;
        else
            snprintf(why.text, sizeof why.text, "%s",
                     l->seen.why[0] != '\0' ? l->seen.why : "no connection in time");
        for (int i = 1; rc == PL_OK && i < CLOCK_ASKED && take_clock(&p->out->facts, &l->seen);
             i++) {
            probe_lane_free(l);
            rc = ask_one(p, l, &ask);
        }
        probe_lane_free(l);
    }
    free(l);
    return rc < 0 ? err_set(e, rc, "%.200s: %.200s", p->goal.host,
                            rc == PL_ESYS ? why.text : pl_strerror(rc))
                  : PL_OK;
}

static int resolve(struct addrinfo **list, const struct url *url, struct err_text *e)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};
    char port[8];
    int rc;

    snprintf(port, sizeof port, "%u", url->port);
    rc = getaddrinfo(url->host, port, &hints, list);
    return rc != 0 ? err_set(e, PL_ESYS, "%.200s: %s", url->host, gai_strerror(rc)) : PL_OK;
}

/* ---- everything at once ---- */

static void try_role(struct probe *p, enum probe_role role, enum probe_form form, const char *path,
                     const char *fields)
{
    struct probe_ask ask = {.form = form, .fields = fields, .http10 = role == PROBE_HTTP10};

    set_target(p, &ask, path);
    p->tried[role] = true;
    probe_lane_start(&p->lanes[role], &p->goal, &p->loop, &ask);
}

static void try_beats(struct probe *p)
{
    struct probe_facts *f = &p->out->facts;
    char path[80];
    size_t n = 0;

    for (size_t i = 0; i < sizeof beats_s / sizeof *beats_s && n < PROBE_BEATS_MAX; i++) {
        if (beats_s[i] * NS_PER_S >= f->idle_ns)
            break;
        f->beat_ns[n] = beats_s[i] * NS_PER_S;
        snprintf(path, sizeof path, "/stream?channel=probe&heartbeat=%d", beats_s[i] * 1000);
        try_role(p, PROBE_STREAM_BEATS + n, PROBE_LINES, path, "");
        snprintf(path, sizeof path, "/ws?channel=probe&heartbeat=%d", beats_s[i] * 1000);
        try_role(p, PROBE_SOCKET_BEATS + n, PROBE_WEBSOCKET, path, "");
        n++;
    }
}

/* A channel that nobody publishes on is silent; heartbeat=0 keeps the server so, too. */
static void try_pushlab(struct probe *p)
{
    char held[64];

    snprintf(held, sizeof held, "/longpoll?channel=probe&timeout=%lld",
             (long long)(p->out->facts.hold_ns / NS_PER_MS));
    try_role(p, PROBE_HTTP10, PROBE_ANSWER, "/time", "Connection: close\r\n");
    try_role(p, PROBE_STREAM, PROBE_LINES, "/stream", "");
    try_role(p, PROBE_EVENT_STREAM, PROBE_EVENTS, "/events", "Accept: text/event-stream\r\n");
    try_role(p, PROBE_COMPRESSED, PROBE_OPAQUE, "/events",
             "Accept: text/event-stream\r\nAccept-Encoding: gzip, deflate, br, zstd\r\n");
    try_role(p, PROBE_SOCKET, PROBE_WEBSOCKET, "/ws", "");
    try_role(p, PROBE_HELD, PROBE_ANSWER, held, "");
    try_role(p, PROBE_KEPT, PROBE_ANSWER, "/time", "");
    try_role(p, PROBE_SILENT_STREAM, PROBE_LINES, "/stream?channel=probe&heartbeat=0", "");
    try_role(p, PROBE_SILENT_SOCKET, PROBE_WEBSOCKET, "/ws?channel=probe&heartbeat=0", "");
    try_beats(p);
}

static void try_other(struct probe *p)
{
    try_role(p, PROBE_HTTP10, PROBE_ANSWER, "", "Connection: close\r\n");
    try_role(p, PROBE_SOCKET, PROBE_WEBSOCKET, "", "");
    try_role(p, PROBE_KEPT, PROBE_ANSWER, "/", "");
    if (p->s->websocket)
        try_role(p, PROBE_SILENT_SOCKET, PROBE_WEBSOCKET, "", "");
    else
        try_role(p, PROBE_STREAM, PROBE_OPAQUE, "",
                 "Accept: text/event-stream, application/x-ndjson, */*\r\n");
}

static int measure(struct probe *p)
{
    static const enum probe_role measured[] = {PROBE_STREAM, PROBE_EVENT_STREAM, PROBE_COMPRESSED,
                                               PROBE_SOCKET, PROBE_HTTP10,       PROBE_HTTP2_ASKED};
    struct probe_ask poll = {.form = PROBE_ANSWER, .fields = ""};
    struct probe_facts *f = &p->out->facts;
    int64_t idle_until_ns;
    int rc = PL_OK;

    set_target(p, &poll, "/poll");
    p->tried[PROBE_FIRST] = p->tried[PROBE_LAST] = f->pushlab;
    if (f->pushlab)
        rc = ask_one(p, &p->lanes[PROBE_FIRST], &poll);
    f->begin_ns = clock_now_ns();
    f->hold_ns = f->idle_ns < HOLD_MAX_NS ? f->idle_ns : HOLD_MAX_NS;
    try_role(p, PROBE_HTTP2_ASKED, PROBE_HTTP2, "", "");
    if (f->pushlab)
        try_pushlab(p);
    else
        try_other(p);
    idle_until_ns = f->begin_ns + f->idle_ns + MARGIN_NS;
    rc = rc < 0 ? rc : run_until(p, NULL, 0, f->begin_ns + MEASURE_NS);
    f->measure_ns = clock_now_ns() - f->begin_ns;
    for (size_t i = 0; i < sizeof measured / sizeof *measured; i++)
        if (p->tried[measured[i]])
            probe_lane_stop(&p->lanes[measured[i]]);
    if (rc == PL_OK && f->pushlab)
        rc = ask_one(p, &p->lanes[PROBE_LAST], &poll);
    rc = rc < 0 ? rc : run_until(p, NULL, 0, idle_until_ns);
    f->end_ns = clock_now_ns();
    return rc;
}

/* Close what is still open, and keep what was seen. */
static void settle(struct probe *p)
{
    for (size_t i = 0; i < PROBE_ROLES; i++)
        if (p->tried[i])
            probe_lane_stop(&p->lanes[i]);
    for (size_t i = 0; i < PROBE_ROLES; i++) {
        while (p->tried[i] && !p->lanes[i].over)
            event_base_loop(p->base, EVLOOP_ONCE);
        if (!p->tried[i])
            continue;
        p->out->seen[i] = p->lanes[i].seen;
        p->out->facts.seen[i] = &p->out->seen[i];
        probe_lane_free(&p->lanes[i]);
    }
}

static int make_tls(struct probe *p, struct err_text *e)
{
    struct tls_client_options o = {.ca_path = p->s->ca_path, .host = p->s->url.host};
    int rc;

    if (!p->s->url.tls)
        return PL_OK;
    rc = tls_new_client(&p->goal.tls, &o, e);
    o.http2 = true;
    return rc < 0 ? rc : tls_new_client(&p->goal.tls_http2, &o, e);
}

static int open_probe(struct probe *p, struct err_text *e)
{
    const struct url *u = &p->s->url;
    bool usual = u->port == (u->tls ? 443 : 80);

    signal(SIGPIPE, SIG_IGN);
    p->goal.url = *u;
    snprintf(p->goal.host, sizeof p->goal.host, u->host_is_ipv6 ? "[%s]" : "%s", u->host);
    if (!usual)
        snprintf(p->goal.host + strlen(p->goal.host), sizeof p->goal.host - strlen(p->goal.host),
                 ":%u", u->port);
    p->base = event_base_new();
    p->lanes = calloc(PROBE_ROLES, sizeof *p->lanes);
    p->out->seen = calloc(PROBE_ROLES, sizeof *p->out->seen);
    if (p->base == NULL || p->lanes == NULL || p->out->seen == NULL ||
        conn_loop_init(&p->loop, p->base, READ_BUF_BYTES) < 0)
        return err_set(e, PL_ENOMEM, "%s", pl_strerror(PL_ENOMEM));
    return make_tls(p, e);
}

static void close_probe(struct probe *p)
{
    if (p->loop.base != NULL)
        conn_loop_free(&p->loop);
    if (p->base != NULL)
        event_base_free(p->base);
    tls_free(p->goal.tls);
    tls_free(p->goal.tls_http2);
    free(p->lanes);
}

int probe_run(struct probe_result *out, const struct probe_setting *s, struct err_text *e)
{
    struct probe p = {.s = s, .out = out};
    struct addrinfo *list = NULL;
    int rc;

    *out = (struct probe_result){.facts.idle_ns = s->idle_ns};
    rc = open_probe(&p, e);
    rc = rc < 0 ? rc : resolve(&list, &s->url, e);
    rc = rc < 0 ? rc : find_server(&p, list, e);
    if (rc == PL_OK) {
        rc = measure(&p);
        if (rc < 0)
            err_set(e, rc, "%s", pl_strerror(rc));
        settle(&p);
    }
    if (list != NULL)
        freeaddrinfo(list);
    close_probe(&p);
    return rc;
}

void probe_result_free(struct probe_result *r)
{
    free(r->seen);
    *r = (struct probe_result){.seen = NULL};
}
