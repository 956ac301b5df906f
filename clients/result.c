#include "clients/result.h"

#include <stdlib.h>

#include "clients/client_json.h"
#include "lib/base/clock.h"
#include "clients/latency_text.h"
#include "clients/upstream_result.h"

static int take_lanes(struct client_result *r, struct fleet *f)
{
    struct channel_tracks **lanes = malloc(f->nclients * sizeof *lanes);

    if (lanes == NULL)
        return PL_ENOMEM;
    for (uint64_t i = 0; i < f->nclients; i++)
        lanes[i] = fleet_client(f, i)->lanes;
    if (!f->windows_known)
        channels_set_window_seen(&f->env.channels);
    r->from_server = r->from_server && f->windows_known;
    channel_tracks_finish(&f->env.channels, lanes, &f->env.recorder, &r->sum);
    free(lanes);
    return PL_OK;
}

static int take_tracks(struct client_result *r, struct fleet *f)
{
    struct track **tracks = malloc(f->nclients * sizeof *tracks);

    if (tracks == NULL)
        return PL_ENOMEM;
    for (uint64_t i = 0; i < f->nclients; i++)
        tracks[i] = &fleet_client(f, i)->track;
    recorder_finish(&f->env.recorder, tracks, r->first_seq, r->last_seq, &r->sum);
    free(tracks);
    return PL_OK;
}

int client_result_take(struct client_result *r, struct fleet *f)
{
    int err;

    *r = (struct client_result){0};
    r->from_server = fleet_published(f, &r->first_seq, &r->last_seq);
    err = f->env.channels.nitems > 0 ? take_lanes(r, f) : take_tracks(r, f);
    if (err < 0)
        return err;
    r->sum.adds_up = r->sum.adds_up && f->window_end_ns > 0; /* no window: no proof */
    return PL_OK;
}

const char *client_result_fault(const struct client_result *r, const struct fleet *f)
{
    if (f->failure.text[0] != '\0')
        return f->failure.text;
    if (f->interrupted)
        return "interrupted: the result covers what was measured until then";
    if (f->env.recorder.restarts > 0 || control_server_restarted(&f->control))
        return "the server began anew during the run: its sequence numbers prove nothing";
    if (f->env.recorder.disordered > 0)
        return "an older value came after a newer one of its key";
    if (f->env.recorder.strays > 0)
        return "an update came of a channel that was not asked for";
    if (!r->sum.adds_up)
        return f->env.channels.nitems > 0
                   ? "delivered + superseded + missed + late is not what was expected"
                   : "delivered + missed + late is not published x clients";
    return upstream_fault(f);
}

/* ---- JSON: docs/metrics.md defines every number ---- */

struct number {
    const char *name;
    uint64_t value;
};

static int add_numbers(struct buf *out, const struct number *rows, size_t nrows)
{
    int err = PL_OK;

    for (size_t i = 0; i < nrows && err == PL_OK; i++)
        err = buf_printf(out, "\"%s\":%llu,", rows[i].name, (unsigned long long)rows[i].value);
    return err;
}

static int add_counters(struct buf *out, const char *name, const struct counters *n, int64_t cpu_us)
{
    const struct number rows[] = {
        {"requests", n->requests},
        {"responses", n->responses},
        {"empty_responses", n->empty_responses},
        {"failed_responses", n->failed_responses},
        {"connects", n->connects},
        {"reconnects", n->reconnects},
        {"connect_failures", n->connect_failures},
        {"connects_abandoned", n->connects_abandoned},
        {"tls_full_handshakes", n->tls_full_handshakes},
        {"tls_resumed_handshakes", n->tls_resumed_handshakes},
        {"deliveries", n->deliveries},
        {"payload_bytes_in", n->payload_bytes_in},
        {"framing_bytes_in", n->framing_bytes_in},
        {"bytes_out", n->bytes_out},
    };
    int err = buf_printf(out, "\"%s\":{", name);

    if (err == PL_OK)
        err = add_numbers(out, rows, sizeof rows / sizeof rows[0]);
    return err < 0 ? err : buf_printf(out, "\"cpu_us\":%lld},", (long long)cpu_us);
}

static int64_t cpu_us(const struct proc_usage *from, const struct proc_usage *to)
{
    return to->user_us + to->system_us - from->user_us - from->system_us;
}

/* Milliseconds of a phase; 0 when it was not gone through. */
static double phase_ms(int64_t from_ns, int64_t to_ns)
{
    return from_ns == 0 || to_ns == 0 ? 0.0 : (double)(to_ns - from_ns) / (double)NS_PER_MS;
}

static int add_conditions(const struct fleet *f, struct buf *out)
{
    const struct client_options *opt = f->env.opt;
    int err = buf_printf(
        out,
        "\"pushlab\":\"" PUSHLAB_VERSION "\",\"transport\":\"%s\","
        "\"connection\":\"%s\",\"clients\":%llu,\"interval_ms\":%g,"
        "\"hold_ms\":%g,\"seed\":%lld,\"source_addresses\":%u,\"tls\":%s,",
        opt->driver->info->name, connection_modes[opt->connection], (unsigned long long)f->nclients,
        (double)opt->interval_ns / (double)NS_PER_MS, (double)opt->hold_ns / (double)NS_PER_MS,
        (long long)opt->seed, f->env.target.source_addresses, opt->url.tls ? "true" : "false");

    return err < 0 ? err : client_json_string(out, "url", opt->url_text);
}

static int add_phases(const struct fleet *f, struct buf *out)
{
    return buf_printf(out,
                      "\"phases\":{\"setup_ms\":%.3f,\"warmup_ms\":%.3f,\"window_ms\":%.3f,"
                      "\"drain_ms\":%.3f},\"window_start_ns\":%lld,\"window_end_ns\":%lld,"
                      "\"window_start_unix_ms\":%lld,",
                      phase_ms(f->setup_start_ns, f->setup_end_ns),
                      phase_ms(f->setup_end_ns, f->window_start_ns),
                      phase_ms(f->window_start_ns, f->window_end_ns),
                      phase_ms(f->window_end_ns, f->leave_start_ns), (long long)f->window_start_ns,
                      (long long)f->window_end_ns, (long long)f->window_start_unix_ms);
}

static int add_sum(const struct client_result *r, const struct recorder *rec, struct buf *out)
{
    const struct number rows[] = {
        {"first_seq", r->first_seq},        {"last_seq", r->last_seq},
        {"published", r->sum.published},    {"expected", r->sum.expected},
        {"delivered", r->sum.delivered},    {"superseded", r->sum.superseded},
        {"missed", r->sum.missed},          {"late", r->sum.late},
        {"duplicated", r->sum.duplicated},  {"out_of_order", r->sum.out_of_order},
        {"server_restarts", rec->restarts},
    };
    int err =
        buf_printf(out, "\"published_source\":\"%s\",", r->from_server ? "server" : "observed");

    if (err == PL_OK)
        err = add_numbers(out, rows, sizeof rows / sizeof rows[0]);
    return err < 0 ? err : buf_printf(out, "\"adds_up\":%s,", r->sum.adds_up ? "true" : "false");
}

static int add_subscription(const struct fleet *f, struct buf *out)
{
    const struct client_options *opt = f->env.opt;
    uint64_t lanes = 0;
    int err;

    if (f->env.channels.nitems == 0)
        return buf_printf(out, "\"subscription\":null,");
    for (uint64_t i = 0; i < f->nclients; i++)
        lanes += fleet_client(f, i)->lanes->n;
    err = buf_printf(out, "\"subscription\":{");
    if (err == PL_OK)
        err = client_json_string_or_null(out, "channel", opt->channel);
    if (err == PL_OK)
        err = client_json_string_or_null(out, "latest", opt->latest);
    return err < 0 ? err
                   : buf_printf(out, "\"room_size\":%lld,\"pick\":%lld,\"lanes\":%llu},",
                                (long long)opt->room_size, (long long)opt->pick,
                                (unsigned long long)lanes);
}

static double on_time_share(const struct client_result *r, const struct recorder *rec)
{
    return r->sum.own > 0 ? (double)rec->on_time / (double)r->sum.own : 1.0;
}

static int add_deadline(const struct client_result *r, const struct recorder *rec, struct buf *out)
{
    if (rec->deadline_ns == 0)
        return buf_printf(out, "\"deadline\":null,");
    return buf_printf(out,
                      "\"deadline\":{\"ms\":%g,\"expected\":%llu,\"within\":%llu,"
                      "\"share\":%.6f},",
                      (double)rec->deadline_ns / (double)NS_PER_MS, (unsigned long long)r->sum.own,
                      (unsigned long long)rec->on_time, on_time_share(r, rec));
}

static int add_measurements(const struct fleet *f, struct buf *out)
{
    const struct recorder *rec = &f->env.recorder;
    int err = client_json_histogram(out, "latency_us", &rec->latency_us);

    if (err == PL_OK)
        err =
            buf_printf(out, "\"latency_clamped\":%llu,", (unsigned long long)rec->latency_clamped);
    if (err == PL_OK)
        err = client_json_histogram(out, "request_late_us", &rec->request_late_us);
    if (err == PL_OK)
        err = client_json_histogram(out, "outage_us", &rec->outage_us);
    if (err == PL_OK)
        err = buf_printf(out,
                         "\"unsent_requests\":%llu,"
                         "\"age_us\":{\"mean\":%.3f,\"peak\":%.3f,\"max\":%.3f},",
                         (unsigned long long)f->unsent_requests, recorder_age_mean_us(rec),
                         recorder_age_peak_us(rec), recorder_age_max_us(rec));
    if (err == PL_OK)
        err = add_counters(out, "window", &rec->window,
                           cpu_us(&f->usage_window_start, &f->usage_window_end));
    if (err == PL_OK)
        err = add_counters(out, "whole", &rec->whole, cpu_us(&f->usage_start, &f->usage_end));
    return err;
}

/* The control connection's own opens after the baseline: it may have been cut and reopened. */
static int64_t kernel_opens(const struct fleet *f)
{
    int64_t extra = f->control.connects > 1 ? (int64_t)f->control.connects - 1 : 0; /* 0: given */

    return f->tcp_end.active_opens - f->tcp_start.active_opens - extra;
}

static int add_server_stats(const struct fleet *f, struct buf *out)
{
    static const char *const names[CONTROL_ASKS] = {
        [CONTROL_START] = "start",
        [CONTROL_WINDOW_START] = "window_start",
        [CONTROL_WINDOW_END] = "window_end",
        [CONTROL_END] = "end",
    };
    int err = PL_OK;

    if (!f->use_control)
        return buf_printf(out, "\"server_stats\":null}");
    for (int i = 0; i < CONTROL_ASKS && err == PL_OK; i++) {
        const struct buf *json = &f->control.answers[i].json;

        err = buf_printf(out, "%s\"%s\":", i == 0 ? "\"server_stats\":{" : ",", names[i]);
        if (err == PL_OK && json->len > 0)
            err = buf_add(out, json->data, json->len);
        else if (err == PL_OK)
            err = buf_printf(out, "null");
    }
    return err < 0 ? err : buf_printf(out, "}}");
}

int client_result_json(const struct client_result *r, const struct fleet *f, struct buf *out)
{
    const char *fault = client_result_fault(r, f);
    int err = buf_add(out, "{", 1);

    if (err == PL_OK)
        err = add_conditions(f, out);
    if (err == PL_OK)
        err = add_phases(f, out);
    if (err == PL_OK)
        err = add_sum(r, &f->env.recorder, out);
    if (err == PL_OK)
        err = add_subscription(f, out);
    if (err == PL_OK)
        err = add_deadline(r, &f->env.recorder, out);
    if (err == PL_OK)
        err = add_measurements(f, out);
    if (err == PL_OK)
        err = upstream_json(f, out);
    if (err == PL_OK)
        err = buf_printf(out,
                         "\"kernel\":{\"tcp_active_opens\":%lld},\"rss_bytes\":%lld,"
                         "\"interrupted\":%s,\"gave_up\":%llu,",
                         (long long)kernel_opens(f), (long long)f->usage_window_end.rss_bytes,
                         f->interrupted ? "true" : "false", (unsigned long long)f->gave_up);
    if (err == PL_OK)
        err = buf_printf(out, "\"refused\":");
    if (err == PL_OK)
        err = refusals_json(&f->env.refusals, out);
    if (err == PL_OK)
        err = buf_printf(out, ",");
    if (err == PL_OK && fault != NULL)
        err = client_json_string(out, "failure", fault);
    if (err == PL_OK && f->env.last_failure.text[0] != '\0')
        err = client_json_string(out, "last_connection_failure", f->env.last_failure.text);
    return err < 0 ? err : add_server_stats(f, out);
}

/* ---- for people ---- */

static void print_latency(const struct hdr *h, FILE *out)
{
    static const struct {
        const char *name;
        double percentile;
    } columns[] = {{"p50", 50.0}, {"p90", 90.0}, {"p99", 99.0}, {"p99.9", 99.9}, {"max", 100.0}};
    char text[LATENCY_TEXT_BYTES];

    fprintf(out, "latency    ");
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++) {
        latency_text(text, hdr_value_at_percentile(h, columns[i].percentile));
        fprintf(out, "%s %s   ", columns[i].name, text);
    }
    fprintf(out, "(%lld samples)\n", (long long)h->total_count);
}

static void print_sum(const struct client_result *r, const struct fleet *f, FILE *out)
{
    fprintf(out, "updates    %llu published, %llu delivered, ",
            (unsigned long long)r->sum.published, (unsigned long long)r->sum.delivered);
    if (f->env.channels.nlatest > 0)
        fprintf(out, "%llu superseded, ", (unsigned long long)r->sum.superseded);
    fprintf(out, "%llu missed, %llu late: %s\n", (unsigned long long)r->sum.missed,
            (unsigned long long)r->sum.late, r->sum.adds_up ? "adds up" : "DOES NOT ADD UP");
    if (f->env.recorder.deadline_ns > 0)
        fprintf(out, "on time    %.4g %% within %g ms\n",
                on_time_share(r, &f->env.recorder) * 100.0,
                (double)f->env.recorder.deadline_ns / (double)NS_PER_MS);
}

void client_result_print(const struct client_result *r, const struct fleet *f, FILE *out)
{
    const struct recorder *rec = &f->env.recorder;
    const struct counters *n = &rec->window;
    double updates = n->deliveries > 0 ? (double)n->deliveries : 1.0;

    if (f->window_end_ns == 0)
        return;
    fprintf(out, "%s%s, %llu clients, window %.3g s\n", f->env.opt->driver->info->name,
            f->env.opt->connection == CONNECTION_CLOSE ? "+close" : "",
            (unsigned long long)f->nclients, phase_ms(f->window_start_ns, f->window_end_ns) / 1e3);
    print_sum(r, f, out);
    print_latency(&rec->latency_us, out);
    fprintf(out,
            "per update %.4g requests, %.4g TCP connections, %.4g payload + %.4g framing bytes\n",
            (double)n->requests / updates, (double)n->connects / updates,
            (double)n->payload_bytes_in / updates, (double)n->framing_bytes_in / updates);
    if (f->env.tls != NULL)
        fprintf(out, "           %.4g full, %.4g resumed TLS handshakes\n",
                (double)n->tls_full_handshakes / updates,
                (double)n->tls_resumed_handshakes / updates);
    upstream_print(f, out);
}
