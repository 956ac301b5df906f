#include "clients/watch.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "clients/client/client.h"
#include "lib/base/clock.h"
#include "lib/base/terminal.h"
#include "lib/base/visible.h"
#include "clients/text.h"

enum { WIDTH_MAX = 1000 };

struct watch {
    struct client_env env;
    struct client_array clients; /* one */
    struct client *client;
    int64_t begin_ns;
    uint64_t updates;
    unsigned connections; /* so far: the newest one's number */
    bool terminal;
    char paint[16];          /* escape sequence of the transport's colour; "": none */
    const char *dim, *plain; /* of faint text and of the end of any */
    bool status_shown;       /* a status line is shown, to be overwritten by the next line */
    bool gave_up;
};

/* ---- the line of an update ---- */

static int columns(const struct watch *w)
{
    size_t n = terminal_columns(stdout);

    if (!w->terminal)
        return WIDTH_MAX;
    if (n == 0)
        return TERMINAL_WIDTH_USUAL;
    return n < WIDTH_MAX ? (int)n : WIDTH_MAX;
}

static void clear_status(struct watch *w)
{
    if (w->status_shown)
        fputs("\r\033[K", stdout);
    w->status_shown = false;
}

static void leave(struct watch *w)
{
    client_leave(w->client, clock_now_ns());
}

/* End when nobody reads the output any more. */
static void flush_or_leave(struct watch *w)
{
    if (fflush(stdout) != 0)
        leave(w);
}

/* Local wall time of a moment of CLOCK_MONOTONIC: "14:03:22.517". */
static void wall_text(char out[16], int64_t at_ns)
{
    struct timespec wall;
    struct tm local;
    int64_t wall_ns;
    time_t seconds;
    size_t n;

    clock_gettime(CLOCK_REALTIME, &wall);
    wall_ns = wall.tv_sec * NS_PER_S + wall.tv_nsec - clock_now_ns() + at_ns;
    seconds = (time_t)(wall_ns / NS_PER_S);
    localtime_r(&seconds, &local);
    n = strftime(out, 16, "%H:%M:%S", &local);
    snprintf(out + n, 16 - n, ".%03d", (int)(wall_ns % NS_PER_S / NS_PER_MS));
}

static const char *plural(uint64_t n)
{
    return n == 1 ? "" : "s";
}

/* How many requests a polling transport has made so far; nothing for the others. */
static int requests_text(const struct watch *w, char *out, size_t cap)
{
    const struct counters *n = &w->env.recorder.whole;

    out[0] = '\0';
    if (!transport_info_polls(w->env.opt->driver->info))
        return 0;
    return snprintf(out, cap, "%llu request%s, %llu empty  ", (unsigned long long)n->requests,
                    plural(n->requests), (unsigned long long)n->empty_responses);
}

enum { WHERE_BYTES = 2 * NAME_MAX_BYTES + 4 };

/* "match/score home  ": channel and key of an update, nothing for the default channel. */
static int where_text(char out[WHERE_BYTES], const struct envelope *e)
{
    int len;

    out[0] = '\0';
    if (e->channel.len == 0)
        return 0;
    len = snprintf(out, WHERE_BYTES, "%.*s%s%.*s  ", (int)e->channel.len, e->channel.text,
                   e->key.len > 0 ? " " : "", (int)e->key.len, e->key.text);
    visible_make(out);
    return len;
}

/* ---- events ---- */

static void print_update(struct watch *w, const struct envelope *e, size_t text_len,
                         int64_t recv_ns)
{
    char wall[16], latency[TEXT_LATENCY_BYTES], bar[TEXT_BAR_BYTES] = "", requests[64], head[64];
    char where[WHERE_BYTES], data[WIDTH_MAX * 4 + 1];
    int64_t latency_us = (recv_ns - e->t_ns) / NS_PER_US;
    int pad, used;

    wall_text(wall, recv_ns);
    text_latency(latency, latency_us);
    if (w->terminal)
        text_bar(bar, latency_us);
    requests_text(w, requests, sizeof requests);
    snprintf(head, sizeof head, "#%llu", (unsigned long long)e->seq);
    /* The micro sign takes two bytes in one column. */
    pad = TEXT_LATENCY_COLUMNS + (strchr(latency, '\xc2') != NULL);
    used = 12 + 2 + 7 + 1 + TEXT_LATENCY_COLUMNS + 1 + (w->terminal ? TEXT_BAR_COLUMNS + 1 : 0) +
           8 + 2 + (int)strlen(requests) + where_text(where, e);
    visible_cut(data, e->data, e->data_len,
                (size_t)(columns(w) > used + 8 ? columns(w) - used : 8));
    clear_status(w);
    printf("%s%s%s  %-7s %s%*s %s%s%s%6zu B  %s%s%s%s%s\n", w->dim, wall, w->plain, head, w->paint,
           pad, latency, bar, w->terminal ? " " : "", w->plain, text_len, w->dim, requests,
           w->plain, where, data);
}

static void on_update(void *arg, struct client *c, const struct envelope *e, size_t text_len,
                      int64_t recv_ns)
{
    struct watch *w = arg;

    if (c->leaving)
        return;
    w->updates++;
    print_update(w, e, text_len, recv_ns);
    flush_or_leave(w);
    if (w->env.opt->count > 0 && w->updates >= (uint64_t)w->env.opt->count)
        leave(w);
}

/* Show that a poller makes requests between updates, too. */
static void on_answered(void *arg, struct client *c)
{
    struct watch *w = arg;
    char requests[64];

    (void)c;
    if (!w->terminal || requests_text(w, requests, sizeof requests) == 0)
        return;
    clear_status(w);
    printf("%s  … %s%s", w->dim, requests, w->plain);
    w->status_shown = true;
    flush_or_leave(w);
}

/* One write for each event, so that a reader can explain it at once. A reader that has gone is no
 * reason to stop. */
static void on_noted(void *arg, struct client *c, enum transcript_what what, const void *data,
                     size_t len, int64_t at_ns)
{
    struct watch *w = arg;
    struct transcript_event e = {what, 0, at_ns, data, len};
    struct buf line = {0};
    ssize_t n;

    (void)c;
    w->connections += what == TRANSCRIPT_OPEN;
    e.connection = w->connections;
    if (transcript_encode(&line, &e) < 0)
        return;
    for (size_t at = 0; at < line.len; at += (size_t)n) {
        n = write((int)w->env.opt->transcript_fd, line.data + at, line.len - at);
        if (n <= 0)
            break;
    }
    buf_free(&line);
}

static void on_lost(void *arg, struct client *c, int64_t retry_in_ns)
{
    struct watch *w = arg;
    const char *why = w->env.last_failure.text;

    (void)c;
    clear_status(w);
    printf("%s— %s; next try in %.1f s%s\n", w->dim, *why != '\0' ? why : "connection lost",
           (double)retry_in_ns / (double)NS_PER_S, w->plain);
    w->env.last_failure.text[0] = '\0'; /* printed: the next loss has its own reason */
    flush_or_leave(w);
}

static void on_restarted(void *arg, struct client *c, const char *epoch)
{
    struct watch *w = arg;

    (void)c;
    clear_status(w);
    printf("%s— the server was restarted%s%s: its numbers begin again, and all that it has "
           "follows%s\n",
           w->dim, *epoch != '\0' ? ", epoch " : "", epoch, w->plain);
    flush_or_leave(w);
}

static void on_missed(void *arg, struct client *c, uint64_t count)
{
    struct watch *w = arg;

    (void)c;
    clear_status(w);
    printf("%s— missed: %llu update%s, no longer in the server's history%s\n", w->dim,
           (unsigned long long)count, plural(count), w->plain);
    flush_or_leave(w);
}

static void on_gave_up(void *arg, struct client *c)
{
    struct watch *w = arg;

    w->gave_up = true;
    client_leave(c, clock_now_ns());
}

static void on_ended(void *arg, struct client *c)
{
    struct watch *w = arg;

    (void)c;
    event_base_loopbreak(w->env.base);
}

static void on_signal(evutil_socket_t fd, short what, void *arg)
{
    struct watch *w = arg;

    (void)fd;
    (void)what;
    if (w->client->leaving)
        event_base_loopbreak(w->env.base); /* the second signal */
    else
        leave(w);
}

static void print_summary(struct watch *w)
{
    const struct counters *n = &w->env.recorder.whole;
    char p50[TEXT_LATENCY_BYTES] = "-", empty[40] = "";

    clear_status(w);
    if (w->updates > 0)
        text_latency(p50, hdr_value_at_percentile(&w->env.recorder.latency_us, 50.0));
    if (transport_info_polls(w->env.opt->driver->info))
        snprintf(empty, sizeof empty, " (%llu empty)", (unsigned long long)n->empty_responses);
    printf("%s%s%s: %llu update%s in %.1f s, %llu request%s%s, %llu TCP connection%s, p50 %s\n",
           w->paint, w->env.opt->driver->info->name, w->plain, (unsigned long long)w->updates,
           plural(w->updates), (double)(clock_now_ns() - w->begin_ns) / (double)NS_PER_S,
           (unsigned long long)n->requests, plural(n->requests), empty,
           (unsigned long long)n->connects, plural(n->connects), p50);
    fflush(stdout);
}

/* ---- life ---- */

static void run(struct watch *w)
{
    const struct client_options *opt = w->env.opt;

    w->terminal = terminal_rewrites(stdout);
    w->begin_ns = clock_now_ns();
    w->dim = w->plain = "";
    if (terminal_wants_colour(stdout)) {
        snprintf(w->paint, sizeof w->paint, "\033[38;5;%um", opt->driver->info->ansi256);
        w->dim = "\033[2m";
        w->plain = "\033[0m";
    }
    printf("%s%s%s  %s%s, Ctrl-C ends\n", w->paint, opt->driver->info->name, w->plain,
           opt->url_text, opt->driver->info->path);
    fflush(stdout);
    recorder_set_window(&w->env.recorder, 0, INT64_MAX);
    client_begin(w->client, w->begin_ns);
    event_base_dispatch(w->env.base);
    print_summary(w);
}

int watch_run(const struct client_options *opt, struct err_text *e)
{
    const struct client_hooks hooks = {
        .gave_up = on_gave_up,
        .ended = on_ended,
        .update = on_update,
        .noted = opt->transcript_fd >= 0 ? on_noted : NULL, /* the kernel is asked for each */
        .answered = on_answered,
        .lost = on_lost,
        .restarted = on_restarted,
        .missed = on_missed,
    };
    struct watch w = {0};
    int err = client_env_init(&w.env, opt, &hooks, &w, e);

    if (err < 0)
        return err;
    err = client_array_init(&w.clients, &w.env, e);
    w.client = client_at(&w.clients, 0);
    if (err == PL_OK)
        err = client_env_on_signals(&w.env, on_signal, &w, e);
    if (err == PL_OK)
        run(&w);
    if (w.gave_up)
        err = err_set(e, PL_ESYS, "%s", w.env.last_failure.text);
    client_env_silence(&w.env);
    client_array_abort(&w.clients);
    client_env_free(&w.env);
    client_array_free(&w.clients);
    return err;
}
