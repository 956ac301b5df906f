#include "bench/link/forwarder.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>

#include "bench/base/file.h"
#include "bench/link/netlink.h"
#include "bench/link/rpc.h"
#include "lib/base/clock.h"

enum {
    BATCH_PACKETS = 64, /* read from one side before the clock is read again */
    MAX_PACKET_BYTES = 65536,
    REPLY_TIMEOUT_MS = 1000,
    PREFERRED_NICE = -15,
};

/* What the link may hold under way in one direction before it drops: far above the
 * bandwidth-delay product of anything that runs through it. */
#define LIMIT_BYTES (UINT64_C(256) << 20)

#define LEAD_FIRST_NS (60 * NS_PER_US)
#define LEAD_LEAST_NS (20 * NS_PER_US)
#define LEAD_MOST_NS  (200 * NS_PER_US)
#define LATE_MOST_US  INT64_C(10000000)

#define SPIN_SHARE          5 /* of the time: one fifth */
#define SPIN_CREDIT_MOST_NS (20 * NS_PER_MS)

enum source {
    SOURCE_CLIENT = LINK_CLIENT,
    SOURCE_SERVER = LINK_SERVER,
    SOURCE_TIMER,
    SOURCE_PARENT,
    SOURCE_CONTROL,
};

static int watch(struct forwarder *fwd, int fd, enum source source)
{
    struct epoll_event e = {.events = EPOLLIN, .data.u32 = source};

    return epoll_ctl(fwd->epoll_fd, EPOLL_CTL_ADD, fd, &e) < 0 ? PL_ESYS : PL_OK;
}

static int open_loop(struct forwarder *fwd)
{
    sigset_t died;

    fwd->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    fwd->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    sigemptyset(&died);
    sigaddset(&died, FORWARDER_PARENT_DIED);
    fwd->signal_fd = signalfd(-1, &died, SFD_NONBLOCK | SFD_CLOEXEC);
    if (fwd->epoll_fd < 0 || fwd->timer_fd < 0 || fwd->signal_fd < 0)
        return PL_ESYS;
    if (watch(fwd, fwd->net.side[LINK_CLIENT].tun_fd, SOURCE_CLIENT) < 0 ||
        watch(fwd, fwd->net.side[LINK_SERVER].tun_fd, SOURCE_SERVER) < 0 ||
        watch(fwd, fwd->timer_fd, SOURCE_TIMER) < 0 ||
        watch(fwd, fwd->signal_fd, SOURCE_PARENT) < 0 ||
        watch(fwd, fwd->control_fd, SOURCE_CONTROL) < 0)
        return PL_ESYS;
    return PL_OK;
}

/* Neighbouring seeds must not give the two paths shifted copies of one sequence. */
static uint64_t path_seed(uint64_t seed, int direction)
{
    return seed * LINK_DIRECTIONS + (uint64_t)direction;
}

int forwarder_init(struct forwarder *fwd, const struct link_spec *spec, uint64_t seed,
                   const struct link_net *net, int control_fd)
{
    int rc;

    *fwd = (struct forwarder){.spec = *spec, .seed = seed, .net = *net, .control_fd = control_fd};
    fwd->epoll_fd = fwd->timer_fd = fwd->signal_fd = -1;
    fwd->armed_ns = STAGE_NEVER;
    fwd->lead_ns = LEAD_FIRST_NS;
    fwd->spin_counted_ns = clock_now_ns();
    fwd->next_id = 1;
    queue_age_init(&fwd->queue_age, fwd->spin_counted_ns);
    cpu_meter_reset(&fwd->cpu);
    capture_init(&fwd->capture);
    for (int i = 0; i < LINK_DIRECTIONS; i++)
        link_path_init(&fwd->path[i], &spec->path[i], LIMIT_BYTES, path_seed(seed, i));
    rc = wire_counter_init(&fwd->wire_counter, WIRE_COUNTER_MAX_CONNECTIONS, clock_now_ns());
    if (rc == PL_OK)
        rc = hdr_init(&fwd->queued_us, 1, LATE_MOST_US, 3);
    if (rc == PL_OK)
        rc = hdr_init(&fwd->late_us, 1, LATE_MOST_US, 3);
    if (rc == PL_OK)
        rc = open_loop(fwd);
    if (rc < 0)
        forwarder_free(fwd);
    return rc;
}

void forwarder_free(struct forwarder *fwd)
{
    capture_end(&fwd->capture);
    for (int i = 0; i < LINK_DIRECTIONS; i++)
        link_path_free(&fwd->path[i]);
    wire_counter_free(&fwd->wire_counter);
    queue_age_free(&fwd->queue_age);
    hdr_free(&fwd->queued_us);
    hdr_free(&fwd->late_us);
    file_close(&fwd->epoll_fd);
    file_close(&fwd->timer_fd);
    file_close(&fwd->signal_fd);
    link_net_free(&fwd->net);
}

/* One packet from the kernel enters the path; it was sent at since_ns, or later. */
static void accept_packet(struct forwarder *fwd, enum link_direction direction, const uint8_t *data,
                          size_t len, int64_t since_ns, int64_t now_ns)
{
    struct frame *f = frame_new(data, len);
    struct wire_counter_sighting seen;
    const struct stage *lost_by;
    struct packet p;
    bool valid;

    if (f == NULL) {
        fwd->memory_failures[direction]++;
        return;
    }
    f->id = fwd->next_id++;
    f->sent_ns = now_ns;
    f->queued_ns = now_ns - since_ns;
    hdr_record(&fwd->queued_us, f->queued_ns / NS_PER_US, 1);
    valid = packet_parse(&p, data, len) == PL_OK;
    lost_by = link_path_put(&fwd->path[direction], f, now_ns);
    seen = wire_counter_see(&fwd->wire_counter, valid ? &p : NULL, len, direction, lost_by != NULL,
                            now_ns);
    f->connection = seen.connection;
    f->opens = seen.first_kept;
    capture_sent(&fwd->capture, f, direction, seen.first,
                 lost_by == NULL ? NULL : lost_by->ops->name);
    if (lost_by != NULL)
        frame_free(f);
}

static void read_side(struct forwarder *fwd, enum link_side side)
{
    enum link_direction direction = side == LINK_CLIENT ? LINK_UP : LINK_DOWN;
    uint8_t packet[MAX_PACKET_BYTES];
    int64_t now_ns = clock_now_ns();

    for (int i = 0; i < BATCH_PACKETS; i++) {
        ssize_t n = read(fwd->net.side[side].tun_fd, packet, sizeof packet);

        if (n <= 0) {
            queue_age_empty(&fwd->queue_age, side, now_ns);
            return;
        }
        now_ns = clock_now_ns();
        accept_packet(fwd, direction, packet, (size_t)n, fwd->queue_age.since_ns[side], now_ns);
    }
}

/* Hand over all that is due in one direction. */
static void deliver(struct forwarder *fwd, enum link_direction direction)
{
    enum link_side to = direction == LINK_UP ? LINK_SERVER : LINK_CLIENT;
    int64_t now_ns = clock_now_ns();
    struct frame *f;

    while ((f = link_path_take(&fwd->path[direction], now_ns)) != NULL) {
        int64_t handed_ns = clock_now_ns();

        cpu_meter_spin(&fwd->cpu, false);
        if (write(fwd->net.side[to].tun_fd, f->data, f->len) < 0)
            fwd->write_failures[direction]++;
        if (f->due_ns >= fwd->stalled_ns) /* else it was meant to be late */
            hdr_record(&fwd->late_us, (handed_ns - f->due_ns + f->queued_ns) / NS_PER_US, 1);
        capture_arrived(&fwd->capture, f, direction, handed_ns);
        frame_free(f);
    }
}

/* Set the timer, unless it is set so already. */
static void arm(struct forwarder *fwd, int64_t at_ns)
{
    struct itimerspec t = {.it_value = {0}};

    if (at_ns == fwd->armed_ns)
        return;
    fwd->armed_ns = at_ns;
    if (at_ns != STAGE_NEVER) {
        t.it_value.tv_sec = at_ns / NS_PER_S;
        t.it_value.tv_nsec = at_ns % NS_PER_S;
    }
    timerfd_settime(fwd->timer_fd, TFD_TIMER_ABSTIME, &t, NULL);
}

/* Follow how late wake-ups are: up fast, down slowly, so that the lead covers most of them. */
static void learn_lead(struct forwarder *fwd)
{
    int64_t late_ns = clock_now_ns() - fwd->armed_ns;

    if (late_ns > fwd->lead_ns)
        fwd->lead_ns += (late_ns - fwd->lead_ns) / 4;
    else
        fwd->lead_ns -= (fwd->lead_ns - late_ns) / 64;
    if (fwd->lead_ns < LEAD_LEAST_NS)
        fwd->lead_ns = LEAD_LEAST_NS;
    if (fwd->lead_ns > LEAD_MOST_NS)
        fwd->lead_ns = LEAD_MOST_NS;
}

static void timer_fired(struct forwarder *fwd)
{
    uint64_t expirations;

    if (read(fwd->timer_fd, &expirations, sizeof expirations) < 0)
        return; /* it was set again since */
    learn_lead(fwd);
    fwd->armed_ns = STAGE_NEVER;
}

/* Spinning takes processor time from the programs that are measured, so it has a budget: a share of
 * the time, saved up for a while. A load that uses it up costs a little precision, but then there
 * are so many packets that the next wake-up is never far. */
static bool may_spin(struct forwarder *fwd, int64_t now_ns)
{
    int64_t passed_ns = now_ns - fwd->spin_counted_ns;

    fwd->spin_credit_ns += fwd->spinning ? -passed_ns : passed_ns / SPIN_SHARE;
    if (fwd->spin_credit_ns > SPIN_CREDIT_MOST_NS)
        fwd->spin_credit_ns = SPIN_CREDIT_MOST_NS;
    fwd->spin_counted_ns = now_ns;
    return fwd->spin_credit_ns > 0;
}

/* How long epoll may wait: not at all when something is due, or so soon that we spin. */
static int prepare_wait(struct forwarder *fwd)
{
    int64_t up_ns = link_path_due_ns(&fwd->path[LINK_UP]);
    int64_t down_ns = link_path_due_ns(&fwd->path[LINK_DOWN]);
    int64_t due_ns = up_ns < down_ns ? up_ns : down_ns, now_ns = clock_now_ns();
    bool soon = due_ns != STAGE_NEVER && due_ns - fwd->lead_ns <= now_ns;
    bool spin = may_spin(fwd, now_ns) && soon && due_ns > now_ns;

    cpu_meter_spin(&fwd->cpu, spin);
    queue_age_enter(&fwd->queue_age, now_ns);
    fwd->spinning = spin;
    if (spin || due_ns <= now_ns)
        return 0;
    arm(fwd, soon || due_ns == STAGE_NEVER ? due_ns : due_ns - fwd->lead_ns);
    return -1;
}

static int64_t tun_drops_ever(const struct forwarder *fwd, enum link_direction direction)
{
    const struct link_net_side *from =
        &fwd->net.side[direction == LINK_UP ? LINK_CLIENT : LINK_SERVER];
    int64_t n = netlink_tx_dropped(from->netlink_fd, from->interface);

    return n < 0 ? 0 : n;
}

/* ---- the account, as JSON (docs/link.md) ---- */

/* text as a JSON string: specs and paths, so only what those can hold needs escaping. */
static void write_string(struct writer *out, const char *text)
{
    writer_puts(out, "\"");
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;

        if (c < ' ')
            writer_printf(out, "\\u%04x", c);
        else
            writer_printf(out, c == '"' || c == '\\' ? "\\%c" : "%c", c);
    }
    writer_puts(out, "\"");
}

static unsigned long long ull(uint64_t n)
{
    return n;
}

static void write_path(struct writer *out, const struct link_path *l, const char *name)
{
    writer_printf(
        out,
        "\"%s\":{\"packets_in\":%llu,\"bytes_in\":%llu,\"packets_out\":%llu,\"bytes_out\":%llu,"
        "\"lost_packets\":%llu,\"lost_bytes\":%llu,\"queue_dropped_packets\":%llu,"
        "\"queue_dropped_bytes\":%llu,\"under_way_packets\":%llu,\"under_way_bytes\":%llu}",
        name, ull(l->packets_in), ull(l->bytes_in), ull(l->packets_out), ull(l->bytes_out),
        ull(l->loss.stage.dropped_packets + l->down.dropped_packets),
        ull(l->loss.stage.dropped_bytes + l->down.dropped_bytes),
        ull(l->rate.stage.dropped_packets), ull(l->rate.stage.dropped_bytes),
        ull(link_path_held_packets(l)), ull(link_path_held_bytes(l)));
}

/* Losses that are the emulator's own fault, by their cause. */
static void write_own(struct writer *out, const struct forwarder *fwd)
{
    uint64_t tun = 0, memory = 0, write = 0;

    for (int i = 0; i < LINK_DIRECTIONS; i++) {
        tun += (uint64_t)(tun_drops_ever(fwd, (enum link_direction)i) - fwd->tun_drops_before[i]);
        memory += fwd->memory_failures[i] + fwd->path[i].delay.stage.dropped_packets;
        write += fwd->write_failures[i];
    }
    writer_printf(out,
                  "\"own_drops\":%llu,\"own_drops_by_cause\":{\"tun_queue\":%llu,"
                  "\"memory\":%llu,\"write\":%llu}",
                  ull(tun + memory + write), ull(tun), ull(memory), ull(write));
}

static void write_capture(struct writer *out, const struct capture *c)
{
    if (c->fd < 0)
        writer_puts(out, "null");
    else
        writer_printf(out, "{\"packets\":%llu,\"bytes\":%llu,\"errno\":%d}", ull(c->packets),
                      ull(c->bytes), c->error);
}

static void write_delays(struct writer *out, const char *name, const struct hdr *us)
{
    writer_printf(out,
                  ",\"%s\":{\"count\":%lld,\"mean\":%.1f,\"p50\":%lld,\"p99\":%lld,"
                  "\"max\":%lld}",
                  name, (long long)us->total_count, hdr_mean(us),
                  (long long)hdr_value_at_percentile(us, 50),
                  (long long)hdr_value_at_percentile(us, 99), (long long)hdr_max(us));
}

static int write_account(const struct forwarder *fwd, struct buf *to, uint32_t max_connections)
{
    struct writer w = {.out = to}, *out = &w;
    char spec[LINK_TEXT_CHARS];

    link_spec_format(&fwd->spec, spec);
    writer_puts(out, "{\"schema\":1,\"link\":");
    write_string(out, fwd->spec.name);
    writer_puts(out, ",\"spec\":");
    write_string(out, spec);
    writer_printf(out,
                  ",\"seed\":%llu,\"ipv6\":%s,\"time_ns\":%lld,\"since_ns\":%lld,"
                  "\"lead_us\":%lld,\"tcp\":{",
                  ull(fwd->seed), fwd->net.ipv6 ? "true" : "false", (long long)clock_now_ns(),
                  (long long)fwd->wire_counter.since_ns, (long long)(fwd->lead_ns / NS_PER_US));
    wire_counter_json(&fwd->wire_counter, out, max_connections);
    writer_puts(out, "},\"lanes\":{");
    write_path(out, &fwd->path[LINK_UP], "up");
    writer_puts(out, ",");
    write_path(out, &fwd->path[LINK_DOWN], "down");
    writer_puts(out, "},");
    write_own(out, fwd);
    write_delays(out, "queued_us", &fwd->queued_us);
    write_delays(out, "late_us", &fwd->late_us);
    writer_puts(out, ",\"forwarder\":");
    cpu_meter_json(&fwd->cpu, out);
    writer_puts(out, ",\"capture\":");
    write_capture(out, &fwd->capture);
    writer_puts(out, "}");
    return w.rc;
}

static int reset(struct forwarder *fwd, const struct rpc_message *request)
{
    if (request->data.len != sizeof fwd->seed)
        return PL_EINVAL;
    memcpy(&fwd->seed, request->data.data, sizeof fwd->seed);
    wire_counter_reset(&fwd->wire_counter, clock_now_ns());
    hdr_reset(&fwd->queued_us);
    hdr_reset(&fwd->late_us);
    cpu_meter_reset(&fwd->cpu);
    for (int i = 0; i < LINK_DIRECTIONS; i++) {
        link_path_reset_counters(&fwd->path[i]);
        link_path_seed(&fwd->path[i], path_seed(fwd->seed, i));
        fwd->write_failures[i] = fwd->memory_failures[i] = 0;
        fwd->tun_drops_before[i] = tun_drops_ever(fwd, (enum link_direction)i);
    }
    return PL_OK;
}

/* ---- requests ---- */

static int begin_capture(struct forwarder *fwd, const struct rpc_message *request)
{
    char label[LINK_LABEL_CHARS] = "";

    if (request->head.fd_count != 1)
        return PL_EINVAL;
    if (request->data.len > 0)
        strncpy(label, (const char *)request->data.data,
                request->data.len < sizeof label ? request->data.len : sizeof label - 1);
    return capture_begin(&fwd->capture, request->fds[0],
                         (enum link_capture_at)request->head.argument, label);
}

static int set_window(struct forwarder *fwd, const struct rpc_message *request)
{
    int64_t window_ns[2];

    if (request->data.len != sizeof window_ns)
        return PL_EINVAL;
    memcpy(window_ns, request->data.data, sizeof window_ns);
    wire_counter_set_window(&fwd->wire_counter, window_ns[0], window_ns[1]);
    cpu_meter_set_window(&fwd->cpu, window_ns[0], window_ns[1]);
    return PL_OK;
}

static int disturb(struct forwarder *fwd, const struct rpc_message *request)
{
    int64_t until_ns;

    if (request->data.len != sizeof until_ns)
        return PL_EINVAL;
    memcpy(&until_ns, request->data.data, sizeof until_ns);
    if (request->head.argument == LINK_STALLS)
        fwd->stall_until_ns = until_ns;
    else
        fwd->path[LINK_UP].down_until_ns = fwd->path[LINK_DOWN].down_until_ns = until_ns;
    return PL_OK;
}

static int carry_out(struct forwarder *fwd, const struct rpc_message *request,
                     struct rpc_message *answer)
{
    switch (request->head.request) {
    case RPC_COUNTERS:
        return write_account(fwd, &answer->data, request->head.argument);
    case RPC_RESET:
        return reset(fwd, request);
    case RPC_WINDOW:
        return set_window(fwd, request);
    case RPC_CAPTURE:
        return begin_capture(fwd, request);
    case RPC_CAPTURE_END:
        return capture_end(&fwd->capture);
    case RPC_DISTURB:
        return disturb(fwd, request);
    default:
        return PL_EINVAL;
    }
}

static void answer_request(struct forwarder *fwd)
{
    struct rpc_message request = {.head = {0}}, answer = {.head = {0}};

    if (rpc_receive(fwd->control_fd, &request, REPLY_TIMEOUT_MS) < 0) {
        fwd->stop = true;
    } else {
        answer.head.request = request.head.request;
        errno = 0;
        answer.head.status = carry_out(fwd, &request, &answer);
        answer.head.error = errno;
        if (rpc_send(fwd->control_fd, &answer) < 0)
            fwd->stop = true;
    }
    buf_free(&request.data);
    buf_free(&answer.data);
}

static void dispatch(struct forwarder *fwd, enum source source)
{
    switch (source) {
    case SOURCE_CLIENT:
    case SOURCE_SERVER:
        read_side(fwd, (enum link_side)source);
        break;
    case SOURCE_TIMER:
        timer_fired(fwd);
        break;
    case SOURCE_PARENT:
        fwd->stop = true;
        break;
    case SOURCE_CONTROL:
        answer_request(fwd);
        break;
    }
}

/* A network does not wait for the programs that use it: run before them, where that is permitted.
 * The kernel keeps a share of time for others (sched_rt_runtime_us). */
static void ask_for_precision(void)
{
    struct sched_param lowest = {.sched_priority = sched_get_priority_min(SCHED_RR)};

    prctl(PR_SET_TIMERSLACK, 1UL);
    if (sched_setscheduler(0, SCHED_RR, &lowest) < 0)
        (void)setpriority(PRIO_PROCESS, 0, PREFERRED_NICE);
}

/* Wait for events until timeout_ms, 0 or -1. Returns how many there are, negative after a signal.
 */
static int await_events(struct forwarder *fwd, struct epoll_event *events, int most, int timeout_ms)
{
    int n = epoll_wait(fwd->epoll_fd, events, most, timeout_ms);
    int64_t now_ns = clock_now_ns();
    bool ready[LINK_SIDES] = {false};

    cpu_meter_wake(&fwd->cpu, now_ns);
    if (n > 0)
        cpu_meter_spin(&fwd->cpu, false);
    for (int i = 0; i < n; i++)
        if (events[i].data.u32 < LINK_SIDES)
            ready[events[i].data.u32] = true;
    if (n >= 0)
        queue_age_return(&fwd->queue_age, now_ns, timeout_ms != 0, ready,
                         timeout_ms != 0 ? queue_age_delayed_ns(&fwd->queue_age)
                                         : fwd->queue_age.delayed_ns);
    return n;
}

/* Do nothing until the stall is over, or the parent is gone or wants something. What comes
 * meanwhile waits in the kernel; that is not this program's lateness, and what finds no more room
 * is not its loss. */
static void sit_out_stall(struct forwarder *fwd)
{
    struct pollfd ends[] = {{.fd = fwd->signal_fd, .events = POLLIN},
                            {.fd = fwd->control_fd, .events = POLLIN}};
    int64_t before[LINK_DIRECTIONS], now_ns = clock_now_ns();

    for (int i = 0; i < LINK_DIRECTIONS; i++)
        before[i] = tun_drops_ever(fwd, (enum link_direction)i);
    while (now_ns < fwd->stall_until_ns &&
           poll(ends, 2, (int)((fwd->stall_until_ns - now_ns) / NS_PER_MS) + 1) == 0)
        now_ns = clock_now_ns();
    fwd->stall_until_ns = 0;
    fwd->stalled_ns = clock_now_ns();
    for (int side = 0; side < LINK_SIDES; side++)
        queue_age_empty(&fwd->queue_age, (enum link_side)side, fwd->stalled_ns);
    for (int i = 0; i < LINK_DIRECTIONS; i++)
        fwd->tun_drops_before[i] += tun_drops_ever(fwd, (enum link_direction)i) - before[i];
}

void forwarder_run(struct forwarder *fwd)
{
    ask_for_precision();
    while (!fwd->stop) {
        struct epoll_event events[8];

        if (fwd->stall_until_ns != 0)
            sit_out_stall(fwd);
        int n = await_events(fwd, events, 8, prepare_wait(fwd));

        for (int i = 0; i < n; i++)
            dispatch(fwd, (enum source)events[i].data.u32);
        for (int i = 0; i < LINK_DIRECTIONS; i++)
            deliver(fwd, (enum link_direction)i);
    }
}
