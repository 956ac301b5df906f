#include "clients/fleet/fleet.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "lib/base/clock.h"

enum {
    FDS_BESIDES = 64,     /* loop, timer, control connection, files, what libraries keep */
    SAMPLED_CLIENTS = 20, /* with fewer, memory is not worth the time */
    RAMP_STEPS = 4,       /* CONTROL_RAMP_1 and so on */
    STEP_SAMPLES = 5,     /* at most, while the server is late */
};

static const int64_t progress_step_ns = 250 * NS_PER_MS;
static const int64_t ramp_step_ns = NS_PER_MS;
static const int64_t settle_ns = 5 * NS_PER_MS; /* for what has arrived at the server to be read */
static const int64_t stall_ns = 2 * NS_PER_MS;  /* a server this late has not read it */
static const int64_t drain_poll_ns = 5 * NS_PER_MS;
static const int64_t interrupted_drain_ns = NS_PER_S;

/* When client number index is to start. */
static int64_t begin_due_ns(const struct fleet *f, uint64_t index)
{
    return f->setup_start_ns + f->setup_pauses_ns +
           (int64_t)((double)index / f->env.opt->ramp_per_s * (double)NS_PER_S);
}

/* ---- progress ---- */

/* A line of JSON for programs that show the progress of a run (fleet.h). A reader that sleeps loses
 * lines: nothing blocks. */
static void write_progress(const struct fleet *f, const char *phase, int64_t left_ns)
{
    const struct recorder *r = &f->env.recorder;
    char p50[24] = "null", window[64] = "", line[192];
    int len;

    if (r->recent_us.total_count > 0)
        snprintf(p50, sizeof p50, "%lld", (long long)hdr_value_at_percentile(&r->recent_us, 50.0));
    if (r->window_end_ns != INT64_MAX)
        snprintf(window, sizeof window, ",\"window_ns\":[%lld,%lld]", (long long)r->window_start_ns,
                 (long long)r->window_end_ns);
    len = snprintf(line, sizeof line, "{\"phase\":\"%s\",\"left_s\":%.1f,\"p50_us\":%s%s}\n", phase,
                   (double)(left_ns > 0 ? left_ns : 0) / (double)NS_PER_S, p50, window);
    if (f->progress_fd >= 0 && write(f->progress_fd, line, (size_t)len) < 0)
        return; /* no reader: the run goes on */
}

static void tell_progress(const struct fleet *f, int64_t now_ns)
{
    const struct {
        const char *name;
        int64_t end_ns; /* as far as one can know */
    } phases[] = {
        [FLEET_CONTROL] = {"setup", 0},
        [FLEET_GATE] = {"gate", 0},
        [FLEET_SETUP] = {"setup", begin_due_ns(f, f->clients.n)},
        [FLEET_WARMUP] = {"warmup", f->env.recorder.window_start_ns},
        [FLEET_MEASURE] = {"measure", f->env.recorder.window_end_ns},
        [FLEET_DRAIN] = {"drain", f->drain_due_ns},
        [FLEET_LEAVE] = {"drain", f->drain_due_ns},
    };

    write_progress(f, phases[f->phase].name, phases[f->phase].end_ns - now_ns);
}

static void on_progress(struct deadline *d, int64_t now_ns)
{
    struct fleet *f = (struct fleet *)((char *)d - offsetof(struct fleet, progress));

    tell_progress(f, now_ns);
    hdr_reset(&f->env.recorder.recent_us);
    schedule_set(&f->env.schedule, &f->progress, now_ns + progress_step_ns);
}

/* A run does not fail for its progress bar. */
static void start_progress(struct fleet *f)
{
    int fd = (int)f->env.opt->progress_fd, flags = fcntl(fd, F_GETFL);

    f->progress_fd = flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 ? -1 : fd;
    if (f->progress_fd >= 0)
        schedule_set(&f->env.schedule, &f->progress, clock_now_ns());
}

static void note_failure(struct fleet *f, const char *text)
{
    if (f->failure.text[0] == '\0')
        err_set(&f->failure, PL_ESYS, "%s", text);
}

/* ---- the end ---- */

static void stop(struct fleet *f)
{
    schedule_cancel(&f->env.schedule, &f->progress);
    control_close(&f->control);
    event_base_loopbreak(f->env.base);
}

/* When all clients are gone, nothing counts any more on either side. */
static void on_ended(void *arg, struct client *c)
{
    struct fleet *f = arg;

    (void)c;
    if (++f->ended < f->clients.n)
        return;
    proc_usage_self(&f->usage_end);
    proc_tcp_self(&f->tcp_end);
    if (f->use_control)
        control_request(&f->control, CONTROL_END, -1);
    else
        stop(f);
}

/* What the drain did not send either. */
static void count_unsent(struct fleet *f)
{
    const struct driver *driver = f->env.opt->driver;

    if (driver->count_unsent == NULL || f->window_end_ns == 0)
        return;
    for (uint64_t i = 0; i < f->clients.n; i++)
        f->env.recorder.unsent_requests += driver->count_unsent(client_at(&f->clients, i));
}

/* A server that falls silent breaks no connection: nothing else would tell. */
static void note_unanswered(struct fleet *f)
{
    uint64_t n = f->env.recorder.whole.unanswered_requests;
    char text[64];

    snprintf(text, sizeof text, "%llu request%s not answered", (unsigned long long)n,
             n == 1 ? " was" : "s were");
    if (n > 0 && f->faults.n == 0) /* a fault may silence a server */
        note_failure(f, text);
}

static void begin_leave(struct fleet *f, int64_t now_ns)
{
    f->phase = FLEET_LEAVE;
    f->leave_start_ns = now_ns;
    count_unsent(f);
    upstream_leave(&f->upstream);
    schedule_cancel(&f->env.schedule, &f->border);
    schedule_cancel(&f->env.schedule, &f->ramp);
    for (uint64_t i = 0; i < f->clients.n; i++)
        client_leave(client_at(&f->clients, i), now_ns);
    note_unanswered(f);
}

/* ---- drain: what the window held, and who has all of it ---- */

bool fleet_published(const struct fleet *f, struct seq_range *window)
{
    const struct control_answer *start = &f->control.answers[CONTROL_WINDOW_START];
    const struct control_answer *end = &f->control.answers[CONTROL_WINDOW_END];
    const struct recorder *r = &f->env.recorder;

    if (f->use_control && start->has_seq && end->has_seq) {
        *window = (struct seq_range){start->seq + 1, end->seq};
        return true;
    }
    *window = (struct seq_range){r->seen_first > 0 ? r->seen_first : 1, r->seen_last};
    return false;
}

/* The server has told both borders of the window. */
static void set_channel_windows(struct fleet *f)
{
    const struct control_answer *start = &f->control.answers[CONTROL_WINDOW_START];
    const struct control_answer *end = &f->control.answers[CONTROL_WINDOW_END];

    f->windows_known = start->has_seq && end->has_seq &&
                       channels_set_window(&f->env.channels, &start->channels, &end->channels);
}

/* If the server did not tell, a client is done when it holds an update from after the window. */
static bool has_drained(const struct fleet *f, const struct client *c, bool known, uint64_t last)
{
    if (client_has_ended(c))
        return true;
    if (c->channels != NULL)
        return f->windows_known ? channel_tracks_complete(c->channels)
                                : channel_tracks_reach(c->channels, f->window_end_ns);
    return known ? c->track.cursor >= last : c->track.newest_t_ns >= f->window_end_ns;
}

/* The first client from number from on that is not done. */
static uint64_t find_undrained(const struct fleet *f, uint64_t from)
{
    struct seq_range window;
    bool known = fleet_published(f, &window);

    while (from < f->clients.n && has_drained(f, client_at(&f->clients, from), known, window.last))
        from++;
    return from;
}

/* Cursors only grow, so one walk over the fleet is enough for the whole drain. But which value is
 * the newest of its key is only known as far as any client has seen it: check again at the end. */
static bool all_drained(struct fleet *f)
{
    if (f->use_control && !f->control.answers[CONTROL_WINDOW_END].done)
        return false;
    f->drained = find_undrained(f, f->drained);
    if (f->drained == f->clients.n && f->env.channels.nlatest > 0)
        f->drained = find_undrained(f, 0);
    return f->drained == f->clients.n;
}

static void poll_drain(struct fleet *f, int64_t now_ns)
{
    int64_t next_ns = now_ns + drain_poll_ns;

    if (now_ns >= f->drain_due_ns || (all_drained(f) && upstream_done(&f->upstream)))
        begin_leave(f, now_ns);
    else
        schedule_set(&f->env.schedule, &f->border,
                     next_ns < f->drain_due_ns ? next_ns : f->drain_due_ns);
}

/* ---- warm-up and window ---- */

static void begin_warmup(struct fleet *f, int64_t now_ns)
{
    const struct client_options *opt = f->env.opt;

    f->phase = FLEET_WARMUP;
    f->setup_end_ns = now_ns;
    recorder_set_window(&f->env.recorder, now_ns + opt->warmup_ns,
                        now_ns + opt->warmup_ns + opt->duration_ns);
    schedule_set(&f->env.schedule, &f->border, f->env.recorder.window_start_ns);
    if (f->use_control)
        control_request(&f->control, CONTROL_WINDOW_START, f->env.recorder.window_start_ns);
    upstream_begin(&f->upstream, now_ns);
    tell_progress(f, now_ns);
}

static void open_window(struct fleet *f)
{
    struct timespec wall;

    f->phase = FLEET_MEASURE;
    f->window_start_ns = f->env.recorder.window_start_ns;
    proc_usage_self(&f->usage_window_start);
    clock_gettime(CLOCK_REALTIME, &wall);
    f->window_start_unix_ms = wall.tv_sec * INT64_C(1000) + wall.tv_nsec / NS_PER_MS;
    if (f->use_control)
        control_request(&f->control, CONTROL_WINDOW_END, f->env.recorder.window_end_ns);
    schedule_set(&f->env.schedule, &f->border, f->env.recorder.window_end_ns);
}

static void close_window(struct fleet *f, int64_t now_ns)
{
    int64_t limit_ns = f->interrupted ? interrupted_drain_ns : f->env.opt->drain_ns;

    f->phase = FLEET_DRAIN;
    f->window_end_ns = f->env.recorder.window_end_ns;
    f->drain_due_ns = f->window_end_ns + limit_ns;
    proc_usage_self(&f->usage_window_end);
    poll_drain(f, now_ns);
}

/* ---- set-up ---- */

static void setup_timed_out(struct fleet *f, int64_t now_ns)
{
    const char *why = f->env.last_failure.text;

    err_set(&f->failure, PL_ELIMIT, "set-up: %llu of %llu clients joined within %.3g s%s%s",
            (unsigned long long)f->joined, (unsigned long long)f->clients.n,
            (double)f->env.opt->setup_timeout_ns / (double)NS_PER_S, *why != '\0' ? "; " : "", why);
    begin_leave(f, now_ns);
}

static void on_border(struct deadline *d, int64_t now_ns)
{
    struct fleet *f = (struct fleet *)((char *)d - offsetof(struct fleet, border));

    if (f->phase == FLEET_SETUP)
        setup_timed_out(f, now_ns);
    else if (f->phase == FLEET_WARMUP)
        open_window(f);
    else if (f->phase == FLEET_MEASURE)
        close_window(f, now_ns);
    else if (f->phase == FLEET_DRAIN)
        poll_drain(f, now_ns);
}

/* ---- set-up in four steps ----
 *
 * The server's memory at several numbers of clients tells what one of them takes. So at each
 * quarter the ramp waits: until those that have begun are connected and have sent their requests,
 * then until the server has read these, and for its statistics. */

static bool is_sampled(const struct fleet *f)
{
    return f->use_control && f->env.opt->control_fd < 0 && f->clients.n >= SAMPLED_CLIENTS &&
           f->samples < RAMP_STEPS;
}

/* How many clients may begin before the next sample. */
static uint64_t next_step(const struct fleet *f)
{
    return is_sampled(f) ? f->clients.n * (f->samples + 1) / RAMP_STEPS : f->clients.n;
}

static bool are_connected(struct fleet *f)
{
    while (f->connected < f->begun &&
           !connection_is_opening(&client_at(&f->clients, f->connected)->net))
        f->connected++;
    return f->connected == f->begun;
}

static enum control_ask ask_of_step(const struct fleet *f)
{
    return CONTROL_RAMP_1 + (enum control_ask)f->samples;
}

static void take_sample(struct fleet *f, int64_t now_ns)
{
    f->step_samples++;
    control_request(&f->control, ask_of_step(f), now_ns + f->control.round_trip_ns + settle_ns);
}

static void sample_step(struct fleet *f, int64_t now_ns)
{
    if (f->paused_ns == 0)
        f->paused_ns = now_ns;
    if (are_connected(f))
        take_sample(f, now_ns);
    else
        schedule_set(&f->env.schedule, &f->ramp, now_ns + ramp_step_ns);
}

/* The ramp goes on where it was. */
static void on_sample(struct fleet *f, int64_t now_ns)
{
    const struct control_answer *a = &f->control.answers[ask_of_step(f)];

    if (f->phase == FLEET_SETUP && a->time_ns > a->at_ns + stall_ns &&
        f->step_samples < STEP_SAMPLES) {
        take_sample(f, now_ns);
        return;
    }
    f->samples++;
    f->step_samples = 0;
    f->setup_pauses_ns += now_ns - f->paused_ns;
    f->paused_ns = 0;
    if (f->phase == FLEET_SETUP && f->begun < f->clients.n)
        schedule_set(&f->env.schedule, &f->ramp, now_ns);
}

/* Start the clients that are due; in steps, so that a steep ramp is not a timer per client. */
static void on_ramp(struct deadline *d, int64_t now_ns)
{
    struct fleet *f = (struct fleet *)((char *)d - offsetof(struct fleet, ramp));
    uint64_t step = next_step(f);
    int64_t next_ns;

    while (f->begun < step && begin_due_ns(f, f->begun) <= now_ns)
        client_begin(client_at(&f->clients, f->begun++), now_ns);
    if (f->begun == f->clients.n && f->paused_ns == 0)
        schedule_set(&f->env.schedule, &f->border, now_ns + f->env.opt->setup_timeout_ns);
    if (f->begun == step && is_sampled(f))
        sample_step(f, now_ns);
    if (f->begun == step)
        return;
    next_ns = begin_due_ns(f, f->begun);
    if (next_ns < now_ns + ramp_step_ns)
        next_ns = now_ns + ramp_step_ns;
    schedule_set(&f->env.schedule, &f->ramp, next_ns);
}

static void on_joined(void *arg, struct client *c)
{
    struct fleet *f = arg;

    f->joined++;
    if (f->phase == FLEET_SETUP && f->joined == f->clients.n)
        begin_warmup(f, clock_now_ns());
    (void)c;
}

static void on_gave_up(void *arg, struct client *c)
{
    struct fleet *f = arg;

    (void)c;
    f->gave_up++;
    note_failure(f, f->env.last_failure.text);
    if (f->phase == FLEET_SETUP)
        begin_leave(f, clock_now_ns());
}

static void begin_setup(struct fleet *f, int64_t now_ns)
{
    f->phase = FLEET_SETUP;
    f->setup_start_ns = f->env.begin_ns = now_ns;
    proc_usage_self(&f->usage_start);
    proc_tcp_self(&f->tcp_start);
    schedule_set(&f->env.schedule, &f->ramp, now_ns);
}

static void take_fault(struct fleet *f, const char *line)
{
    struct fault_line fault = {.index = 0};
    struct err_text e;

    if (fault_line_read(&fault, line, &e) < 0 ||
        fleet_faults_add(&f->faults, &f->clients, &fault, &e) < 0)
        note_failure(f, e.text);
    else if (recovery_add(&f->env.recovery, fault.kind, fault.start_ns, fault.end_ns) < 0)
        note_failure(f, pl_strerror(PL_ENOMEM));
}

static void take_line(struct fleet *f)
{
    f->line[f->line_len] = '\0';
    f->line_len = 0;
    if (f->phase == FLEET_GATE)
        begin_setup(f, clock_now_ns());
    else if (f->phase != FLEET_CONTROL)
        take_fault(f, f->line);
}

/* The first line, or the end of input, opens the gate; each later line is a fault. stdin is read
 * without buffering and may be shared: a byte at a time, only when there is one. */
static void on_input(evutil_socket_t fd, short what, void *arg)
{
    struct fleet *f = arg;
    char c;

    (void)what;
    if (read((int)fd, &c, 1) != 1) {
        event_del(&f->input);
        if (f->phase == FLEET_GATE)
            begin_setup(f, clock_now_ns());
    } else if (c == '\n') {
        take_line(f);
    } else if (f->line_len + 1 < sizeof f->line) {
        f->line[f->line_len++] = c;
    }
}

static void wait_at_gate(struct fleet *f)
{
    f->phase = FLEET_GATE;
    if (event_assign(&f->input, f->env.base, STDIN_FILENO, EV_READ | EV_PERSIST, on_input, f) < 0 ||
        event_add(&f->input, NULL) < 0) {
        note_failure(f, "--gate: standard input cannot be waited for");
        stop(f);
        return;
    }
    tell_progress(f, clock_now_ns());
}

static void begin(struct fleet *f)
{
    if (f->env.opt->gate)
        wait_at_gate(f);
    else
        begin_setup(f, clock_now_ns());
}

/* ---- answers and signals ---- */

static void on_first_answer(struct fleet *f)
{
    f->use_control = f->control.answers[CONTROL_START].json.len > 0;
    if (f->use_control || f->control.foreign) {
        begin(f);
        return;
    }
    note_failure(f, f->control.failure.text);
    stop(f);
}

static void on_answer(void *arg, enum control_ask which)
{
    struct fleet *f = arg;

    if (which == CONTROL_START)
        on_first_answer(f);
    else if (f->control.answers[which].json.len == 0)
        note_failure(f, f->control.failure.text);
    if (which >= CONTROL_RAMP_1 && which <= CONTROL_RAMP_4)
        on_sample(f, clock_now_ns());
    if (which == CONTROL_WINDOW_END)
        set_channel_windows(f);
    if (which == CONTROL_END)
        stop(f);
}

/* The first one: end in an orderly way, keeping what was measured. The second: stop now. */
static void on_signal(evutil_socket_t fd, short what, void *arg)
{
    struct fleet *f = arg;
    int64_t now_ns = clock_now_ns();
    bool again = f->interrupted;

    (void)fd;
    (void)what;
    f->interrupted = true;
    if (f->phase == FLEET_MEASURE) {
        recorder_set_window(&f->env.recorder, f->window_start_ns, now_ns);
        control_forget(&f->control, CONTROL_WINDOW_END);
        if (f->use_control)
            control_request(&f->control, CONTROL_WINDOW_END, now_ns);
        close_window(f, now_ns);
    } else if (f->phase == FLEET_CONTROL || f->phase == FLEET_GATE || again) {
        stop(f);
    } else if (f->phase != FLEET_LEAVE) {
        if (f->phase == FLEET_WARMUP)
            control_forget(&f->control, CONTROL_WINDOW_START);
        begin_leave(f, now_ns);
    }
}

/* ---- life ---- */

static int raise_fd_limit(uint64_t nclients, bool twice, struct err_text *e)
{
    int64_t need = (int64_t)nclients * (twice ? 2 : 1) + FDS_BESIDES;
    int64_t limit = proc_raise_fd_limit(need);

    if (limit >= need)
        return PL_OK;
    return err_set(e, PL_ELIMIT,
                   "--clients: %llu need %lld open files, this process may have %lld (ulimit -n)",
                   (unsigned long long)nclients, (long long)need, (long long)limit);
}

int fleet_init(struct fleet *f, const struct client_options *opt, struct err_text *e)
{
    static const struct client_hooks hooks = {
        .joined = on_joined,
        .gave_up = on_gave_up,
        .ended = on_ended,
    };
    static const struct client_hooks hooks_of_senders = {
        .joined = on_joined,
        .gave_up = on_gave_up,
        .ended = on_ended,
        .update = upstream_update,
        .opened = upstream_opened,
        .read_up_to = upstream_read_up_to,
    };
    bool sends = opt->send != SEND_NONE;
    int err;

    *f = (struct fleet){
        .use_control = opt->control == CONTROL_AUTO,
        .border = {.on_due = on_border},
        .ramp = {.on_due = on_ramp},
        .progress = {.on_due = on_progress},
    };
    err = raise_fd_limit((uint64_t)opt->clients, upstream_dials(opt), e);
    if (err < 0)
        return err;
    err = client_env_init(&f->env, opt, sends ? &hooks_of_senders : &hooks, f, e);
    if (err < 0)
        return err;
    control_init(&f->control, &f->env, on_answer, f);
    err = client_array_init(&f->clients, &f->env, e);
    if (err == PL_OK && sends)
        err = upstream_init(&f->upstream, &f->env, &f->clients, e);
    if (err == PL_OK)
        err = client_env_on_signals(&f->env, on_signal, f, e);
    if (err < 0)
        fleet_free(f);
    return err;
}

void fleet_run(struct fleet *f)
{
    start_progress(f);
    if (f->use_control)
        control_request(&f->control, CONTROL_START, -1);
    else
        begin(f);
    event_base_dispatch(f->env.base);
    upstream_finish(&f->upstream);
}

void fleet_free(struct fleet *f)
{
    if (event_initialized(&f->input))
        event_del(&f->input);
    client_env_silence(&f->env);
    upstream_leave(&f->upstream);
    client_array_abort(&f->clients);
    client_env_free(&f->env);
    upstream_free(&f->upstream);
    client_array_free(&f->clients);
    control_free(&f->control);
}
