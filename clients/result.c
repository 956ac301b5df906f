#include "clients/result.h"

#include <math.h>

#include "clients/text.h"
#include "lib/base/clock.h"

/* ---- the account ---- */

void result_take(struct result *r, struct fleet *f)
{
    struct client *first = client_at(&f->clients, 0);
    size_t stride_bytes = f->clients.stride_bytes;

    *r = (struct result){0};
    r->from_server = fleet_published(f, &r->window);
    if (f->env.channels.nitems > 0) {
        if (!f->windows_known)
            channels_set_window_seen(&f->env.channels);
        r->from_server = r->from_server && f->windows_known;
        channel_tracks_finish(&f->env.channels, &first->channels, stride_bytes, &f->env.recorder,
                              &r->sum);
    } else {
        recorder_finish(&f->env.recorder, &first->track, stride_bytes, r->window, &r->sum);
    }
    r->sum.adds_up = r->sum.adds_up && f->window_end_ns > 0; /* no window: no proof */
}

const char *result_fault(const struct result *r, const struct fleet *f)
{
    /* Its numbers may begin at 1 again; what is lost then is for the runner to say. */
    bool restart_meant = fleet_faults_hit(&f->faults, FAULT_ON_SERVER);

    if (f->failure.text[0] != '\0')
        return f->failure.text;
    if (f->interrupted)
        return "interrupted: the result covers what was measured until then";
    if (!restart_meant && (f->env.recorder.restarts > 0 || control_server_restarted(&f->control)))
        return "the server restarted during the run: its sequence numbers prove nothing";
    if (f->env.recorder.disordered > 0)
        return "an older value came after a newer one of its key";
    if (f->env.recorder.strays > 0)
        return "an update of a channel arrived that was not subscribed to";
    if (!r->sum.adds_up && !restart_meant)
        return f->env.channels.nitems > 0
                   ? "delivered + superseded + missed + late is not the expected number"
                   : "delivered + missed + late is not published x clients";
    return f->upstream.failure.text[0] != '\0' ? f->upstream.failure.text : NULL;
}

/* ---- JSON: docs/metrics.md defines every number ---- */

static double to_ms(int64_t ns)
{
    return (double)ns / (double)NS_PER_MS;
}

/* In span_ns, from what was used between two readings that lie about as far apart; 0: in between
 * these. */
static int64_t cpu_us(const struct proc_usage *from, const struct proc_usage *to, int64_t span_ns)
{
    int64_t us = to->user_us + to->system_us - from->user_us - from->system_us;
    int64_t real_ns = to->time_ns - from->time_ns;

    return span_ns > 0 && real_ns > 0 ? (int64_t)((double)us * (double)span_ns / (double)real_ns)
                                      : us;
}

/* Milliseconds of a phase; NAN when it was not reached. */
static double phase_ms(int64_t from_ns, int64_t to_ns)
{
    return from_ns == 0 || to_ns == 0 ? NAN : to_ms(to_ns - from_ns);
}

static void add_conditions(const struct fleet *f, struct json *out)
{
    const struct client_options *opt = f->env.opt;

    json_text(out, "pushlab", PUSHLAB_VERSION);
    json_text(out, "transport", opt->driver->info->name);
    json_text(out, "connection", connection_modes[opt->connection]);
    json_text(out, "heads", request_heads_names[opt->heads]);
    json_u64(out, "clients", f->clients.n);
    json_real(out, "interval_ms", JSON_SHORTEST, to_ms(opt->interval_ns));
    json_text(out, "poll", poll_modes[opt->poll]);
    json_real(out, "interval_max_ms", JSON_SHORTEST, to_ms(opt->interval_max_ns));
    json_real(out, "backoff_factor", JSON_SHORTEST, opt->backoff_factor);
    json_real(out, "hold_ms", JSON_SHORTEST, to_ms(opt->hold_ns));
    json_real(out, "poll_jitter_ms", JSON_SHORTEST, to_ms(opt->poll_jitter_ns));
    if (opt->reconnect_window_ns >= 0)
        json_real(out, "reconnect_window_ms", JSON_SHORTEST, to_ms(opt->reconnect_window_ns));
    json_i64(out, "seed", opt->seed);
    json_u64(out, "source_addresses", f->env.target.source_addresses);
    json_bool(out, "tls", opt->url.tls);
    json_text(out, "url", opt->url_text);
}

static void add_phases(const struct fleet *f, struct json *out)
{
    json_begin(out, "phases");
    json_real(out, "setup_ms", 3, phase_ms(f->setup_start_ns, f->setup_end_ns));
    json_real(out, "warmup_ms", 3, phase_ms(f->setup_end_ns, f->window_start_ns));
    json_real(out, "window_ms", 3, phase_ms(f->window_start_ns, f->window_end_ns));
    json_real(out, "drain_ms", 3, phase_ms(f->window_end_ns, f->leave_start_ns));
    json_end(out);
    json_i64(out, "window_start_ns", f->window_start_ns);
    json_i64(out, "window_end_ns", f->window_end_ns);
    json_i64(out, "window_start_unix_ms", f->window_start_unix_ms);
}

static void add_sum(const struct result *r, const struct recorder *rec, struct json *out)
{
    json_text(out, "published_source", r->from_server ? "server" : "observed");
    json_u64(out, "first_seq", r->window.first);
    json_u64(out, "last_seq", r->window.last);
    json_u64(out, "published", r->sum.published);
    json_u64(out, "expected", r->sum.expected);
    json_u64(out, "delivered", r->sum.delivered);
    json_u64(out, "superseded", r->sum.superseded);
    json_u64(out, "missed", r->sum.missed);
    json_u64(out, "late", r->sum.late);
    json_u64(out, "duplicated", r->sum.duplicated);
    json_u64(out, "out_of_order", r->sum.out_of_order);
    json_u64(out, "server_restarts", rec->restarts);
    json_bool(out, "adds_up", r->sum.adds_up);
}

static void add_subscription(const struct fleet *f, struct json *out)
{
    const struct client_options *opt = f->env.opt;
    uint64_t tracks = 0;

    if (f->env.channels.nitems == 0) {
        json_text(out, "subscription", NULL);
        return;
    }
    for (uint64_t i = 0; i < f->clients.n; i++)
        tracks += client_at(&f->clients, i)->channels->n;
    json_begin(out, "subscription");
    json_text(out, "channel", opt->channel);
    json_text(out, "latest", opt->latest);
    json_i64(out, "room_size", opt->room_size);
    json_i64(out, "pick", opt->pick);
    json_u64(out, "lanes", tracks);
    json_end(out);
}

static double on_time_share(const struct result *r, const struct recorder *rec)
{
    return r->sum.own > 0 ? (double)rec->on_time / (double)r->sum.own : NAN;
}

static void add_deadline(const struct result *r, const struct recorder *rec, struct json *out)
{
    if (rec->deadline_ns == 0) {
        json_text(out, "deadline", NULL);
        return;
    }
    json_begin(out, "deadline");
    json_real(out, "ms", JSON_SHORTEST, to_ms(rec->deadline_ns));
    json_u64(out, "expected", r->sum.own);
    json_u64(out, "within", rec->on_time);
    json_real(out, "share", 6, on_time_share(r, rec));
    json_end(out);
}

static void add_counters(struct json *out, const char *name, const struct counters *n,
                         const struct proc_usage *from, const struct proc_usage *to,
                         int64_t span_ns)
{
    json_begin(out, name);
    counters_json(n, COUNTERS_DOWN, out);
    json_i64(out, "cpu_us", cpu_us(from, to, span_ns));
    json_end(out);
}

static void add_measurements(const struct fleet *f, struct json *out)
{
    const struct recorder *rec = &f->env.recorder;

    json_hdr(out, "latency_us", &rec->latency_us);
    json_u64(out, "latency_clamped", rec->latency_clamped);
    json_hdr(out, "request_late_us", &rec->request_late_us);
    json_hdr(out, "timer_late_us", &rec->timer_late_us);
    json_hdr(out, "outage_us", &rec->outage_us);
    json_u64(out, "unsent_requests", rec->unsent_requests);
    json_begin(out, "age_us");
    json_real(out, "mean", 3, recorder_age_mean_us(rec));
    json_real(out, "peak", 3, recorder_age_peak_us(rec));
    json_real(out, "max", 3, recorder_age_max_us(rec));
    json_end(out);
    add_counters(out, "window", &rec->window, &f->usage_window_start, &f->usage_window_end,
                 f->window_end_ns - f->window_start_ns);
    add_counters(out, "whole", &rec->whole, &f->usage_start, &f->usage_end, 0);
}

static void add_upstream_counters(struct json *out, const char *name, const struct counters *n)
{
    json_begin(out, name);
    counters_json(n, COUNTERS_UP, out);
    json_end(out);
}

static void add_upstream(const struct upstream *up, struct json *out)
{
    const struct upstream_account *a = &up->account;

    json_begin(out, "upstream");
    json_text(out, "workload", up->workload->name);
    json_u64(out, "senders", up->nsenders);
    add_upstream_counters(out, "window", &a->window);
    add_upstream_counters(out, "whole", &a->whole);
    json_hdr(out, "latency_us", &a->latency_us);
    json_hdr(out, "echo_us", &a->echo_us);
    json_hdr(out, "late_us", &a->late_us);
    json_begin(out, "order");
    json_u64(out, "lost", a->lost);
    json_u64(out, "doubled", a->doubled);
    json_u64(out, "reordered", a->reordered);
    json_end(out);
    json_end(out);
}

static void add_documents(const struct upstream *up, struct json *out)
{
    json_begin(out, "documents");
    if (up->workload->add_documents(up->load, out) < 0)
        out->err = PL_ENOMEM;
    json_end(out);
}

/* The control connection's own opens after the baseline: it may have been cut and reopened. */
static int64_t kernel_opens(const struct fleet *f)
{
    int64_t extra = f->control.connects > 1 ? (int64_t)f->control.connects - 1 : 0; /* 0: given */

    return f->tcp_end.active_opens - f->tcp_start.active_opens - extra;
}

static void add_process(const struct fleet *f, struct json *out)
{
    json_begin(out, "kernel");
    json_i64(out, "tcp_active_opens", kernel_opens(f));
    json_end(out);
    json_i64(out, "rss_bytes", f->usage_window_end.rss_bytes);
    json_bool(out, "interrupted", f->interrupted);
    json_u64(out, "gave_up", f->gave_up);
}

static void add_server_stats(const struct fleet *f, struct json *out)
{
    static const char *const names[CONTROL_ASKS] = {
        [CONTROL_START] = "start",           [CONTROL_RAMP_1] = "ramp_1",
        [CONTROL_RAMP_2] = "ramp_2",         [CONTROL_RAMP_3] = "ramp_3",
        [CONTROL_RAMP_4] = "ramp_4",         [CONTROL_WINDOW_START] = "window_start",
        [CONTROL_WINDOW_END] = "window_end", [CONTROL_END] = "end",
    };

    if (!f->use_control) {
        json_text(out, "server_stats", NULL);
        return;
    }
    json_begin(out, "server_stats");
    for (int i = 0; i < CONTROL_ASKS; i++) {
        const struct buf *stats = &f->control.answers[i].json;

        if (stats->len > 0)
            json_raw(out, names[i], stats->data, stats->len);
        else
            json_text(out, names[i], NULL);
    }
    json_end(out);
}

int result_json(const struct result *r, const struct fleet *f, struct buf *out)
{
    const struct recorder *rec = &f->env.recorder;
    const struct workload *workload = f->upstream.workload;
    const char *fault = result_fault(r, f);
    struct json json = {.out = out};

    json_begin(&json, NULL);
    add_conditions(f, &json);
    add_phases(f, &json);
    add_sum(r, rec, &json);
    add_subscription(f, &json);
    add_deadline(r, rec, &json);
    add_measurements(f, &json);
    if (workload != NULL)
        add_upstream(&f->upstream, &json);
    else
        json_text(&json, "upstream", NULL);
    if (workload != NULL && workload->add_documents != NULL)
        add_documents(&f->upstream, &json);
    else
        json_text(&json, "documents", NULL);
    add_process(f, &json);
    refusals_json(&rec->refusals, &json, "refused");
    recovery_json(&f->env.recovery, &json);
    if (fault != NULL)
        json_text(&json, "failure", fault);
    if (f->env.last_failure.text[0] != '\0')
        json_text(&json, "last_connection_failure", f->env.last_failure.text);
    add_server_stats(f, &json);
    json_end(&json);
    return json.err;
}

/* ---- for people ---- */

/* Clients receive the same updates: percentiles above the median rest on these. */
static void print_latency(const struct hdr *h, uint64_t updates, FILE *out)
{
    static const struct {
        const char *name;
        double percentile;
    } columns[] = {{"p50", 50.0}, {"p90", 90.0}, {"p99", 99.0}, {"p99.9", 99.9}, {"max", 100.0}};
    char text[TEXT_LATENCY_BYTES];

    fprintf(out, "latency    ");
    if (h->total_count == 0)
        fprintf(out, "none   ");
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++) {
        if (h->total_count == 0 ||
            (i > 0 && (double)updates < hdr_percentile_needs(columns[i].percentile)))
            continue;
        text_latency(text, hdr_value_at_percentile(h, columns[i].percentile));
        fprintf(out, "%s %s   ", columns[i].name, text);
    }
    fprintf(out, "(%lld samples)\n", (long long)h->total_count);
}

static void print_sum(const struct result *r, const struct fleet *f, FILE *out)
{
    fprintf(out, "updates    %llu published, %llu delivered, ",
            (unsigned long long)r->sum.published, (unsigned long long)r->sum.delivered);
    if (f->env.channels.nlatest > 0)
        fprintf(out, "%llu superseded, ", (unsigned long long)r->sum.superseded);
    fprintf(out, "%llu missed, %llu late: %s\n", (unsigned long long)r->sum.missed,
            (unsigned long long)r->sum.late, r->sum.adds_up ? "adds up" : "DOES NOT ADD UP");
    if (f->env.recorder.deadline_ns > 0 && r->sum.own > 0)
        fprintf(out, "on time    %.4g %% within %g ms\n",
                on_time_share(r, &f->env.recorder) * 100.0, to_ms(f->env.recorder.deadline_ns));
}

/* unit: "update", "message"; there were count of them. */
static void print_costs(const char *unit, uint64_t count, const struct counters *n,
                        uint64_t payload_bytes, uint64_t framing_bytes, FILE *out)
{
    double each = (double)count;

    if (count == 0)
        return;
    fprintf(out, "per %s %.4g requests, %.4g TCP connections, %.4g payload + %.4g framing bytes\n",
            unit, (double)n->requests / each, (double)n->connects / each,
            (double)payload_bytes / each, (double)framing_bytes / each);
}

static void put_median(char out[TEXT_LATENCY_BYTES], const struct hdr *h)
{
    if (h->total_count > 0)
        text_latency(out, hdr_value_at_percentile(h, 50.0));
    else
        snprintf(out, TEXT_LATENCY_BYTES, "none");
}

static void print_upstream(const struct upstream *up, FILE *out)
{
    const struct counters *n = &up->account.window;
    char to_others[TEXT_LATENCY_BYTES], echo[TEXT_LATENCY_BYTES];

    put_median(to_others, &up->account.latency_us);
    put_median(echo, &up->account.echo_us);
    fprintf(out, "sent       %llu %s by %u clients: p50 to others %s, back to the sender %s\n",
            (unsigned long long)n->messages, up->workload->name, (unsigned)up->nsenders, to_others,
            echo);
    print_costs("message", n->messages, n, n->payload_bytes_out, n->framing_bytes_out, out);
}

void result_print(const struct result *r, const struct fleet *f, FILE *out)
{
    const struct recorder *rec = &f->env.recorder;
    const struct counters *n = &rec->window;
    double updates = (double)n->deliveries;

    if (f->window_end_ns == 0)
        return;
    fprintf(out, "%s%s, %llu clients, window %.3g s\n", f->env.opt->driver->info->name,
            f->env.opt->connection == CONNECTION_CLOSE ? "+close" : "",
            (unsigned long long)f->clients.n, phase_ms(f->window_start_ns, f->window_end_ns) / 1e3);
    print_sum(r, f, out);
    print_latency(&rec->latency_us, r->sum.published, out);
    print_costs("update", n->deliveries, n, n->payload_bytes_in, n->framing_bytes_in, out);
    if (f->env.tls != NULL && n->deliveries > 0)
        fprintf(out, "           %.4g full, %.4g resumed TLS handshakes\n",
                (double)n->tls_full_handshakes / updates,
                (double)n->tls_resumed_handshakes / updates);
    if (f->upstream.workload != NULL)
        print_upstream(&f->upstream, out);
}
