#include "bench/run/machine_watch.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "bench/base/json.h"
#include "lib/base/clock.h"

void machine_watch_add(struct machine_watch *w, const char *key, size_t number, pid_t pid)
{
    struct watched_process *p = &w->processes[w->n];

    if (w->n == MACHINE_WATCH_MAX || pid <= 0)
        return;
    *p = (struct watched_process){.pid = pid};
    if (number == 0)
        snprintf(p->key, sizeof p->key, "%s", key);
    else
        snprintf(p->key, sizeof p->key, "%s%zu", key, number);
    w->n++;
}

static bool is_of(const struct watched_process *p, const char *key)
{
    return strncmp(p->key, key, strlen(key)) == 0;
}

void machine_watch_beside_forwarders(struct machine_watch *w, const char *key)
{
    for (size_t i = 0; i < w->n; i++)
        w->processes[i].on_forwarders_core |= is_of(&w->processes[i], key);
}

static struct watched_process *find(struct machine_watch *w, pid_t pid)
{
    for (size_t i = 0; i < w->n; i++)
        if (w->processes[i].pid == pid)
            return &w->processes[i];
    return NULL;
}

void machine_watch_mean_stop(struct machine_watch *w, pid_t pid, bool stop)
{
    struct watched_process *p = find(w, pid);

    if (p != NULL)
        p->stop_meant = stop;
}

/* What it has used is taken off the first sample, so that the next one's is added to it. */
void machine_watch_leave(struct machine_watch *w, pid_t pid)
{
    struct watched_process *p = find(w, pid);
    struct machine_process last, *first;

    if (p == NULL || w->taken != MACHINE_WINDOW_END)
        return;
    first = &p->at[MACHINE_WINDOW_START];
    machine_read_process(pid, &last);
    first->cpu_ms -= last.cpu_ms;
    first->run_delay_ms -= last.run_delay_ms;
    first->turns -= last.turns;
}

void machine_watch_replace(struct machine_watch *w, pid_t pid, pid_t by)
{
    struct watched_process *p = find(w, pid);

    if (p != NULL)
        p->pid = by;
}

/* The last sample is taken a little early: the clients may end right after the window. */
static const int64_t early_ns = 20 * NS_PER_MS;

void machine_watch_set_window(struct machine_watch *w, int64_t start_ns, int64_t end_ns)
{
    w->window_ns[MACHINE_WINDOW_START] = start_ns;
    w->window_ns[MACHINE_WINDOW_END] = end_ns;
}

int64_t machine_watch_due_ns(const struct machine_watch *w)
{
    if (w->taken == MACHINE_BORDERS || w->window_ns[MACHINE_WINDOW_START] == 0)
        return INT64_MAX;
    return w->taken == MACHINE_WINDOW_START ? w->window_ns[MACHINE_WINDOW_START]
                                            : w->window_ns[MACHINE_WINDOW_END] - early_ns;
}

/* How much of [from_ns, to_ns) lies in the window. */
static int64_t in_window_ns(const struct machine_watch *w, int64_t from_ns, int64_t to_ns)
{
    int64_t start_ns = w->window_ns[MACHINE_WINDOW_START],
            end_ns = w->window_ns[MACHINE_WINDOW_END];

    if (from_ns < start_ns)
        from_ns = start_ns;
    if (to_ns > end_ns)
        to_ns = end_ns;
    return to_ns > from_ns ? to_ns - from_ns : 0;
}

/* Stopped by a signal, or continued, since the last call? */
static void follow_stops(struct machine_watch *w, struct watched_process *p, int64_t now_ns)
{
    siginfo_t info = {0};

    if (waitid(P_PID, (id_t)p->pid, &info, WSTOPPED | WCONTINUED | WNOHANG) < 0 || info.si_pid == 0)
        return;
    if (p->stopped_since_ns != 0)
        p->stopped_ns += in_window_ns(w, p->stopped_since_ns, now_ns);
    p->stopped_since_ns = info.si_code == CLD_STOPPED && !p->stop_meant ? now_ns : 0;
}

static void take_sample(struct machine_watch *w)
{
    for (size_t i = 0; i < w->n; i++)
        machine_read_process(w->processes[i].pid, &w->processes[i].at[w->taken]);
    machine_read(&w->at[w->taken]);
    proc_usage_self(&w->own[w->taken]);
    w->taken++;
}

void machine_watch_poll(struct machine_watch *w, int64_t now_ns)
{
    for (size_t i = 0; i < w->n; i++)
        follow_stops(w, &w->processes[i], now_ns);
    if (now_ns >= machine_watch_due_ns(w))
        take_sample(w);
}

/* ---- what was seen ---- */

static double used_ms(const struct watched_process *p)
{
    return p->at[MACHINE_WINDOW_END].cpu_ms - p->at[MACHINE_WINDOW_START].cpu_ms;
}

/* How long it waited for others than the forwarders, at least. */
static double waited_for_others_ms(const struct machine_watch *w, const struct watched_process *p,
                                   double delay_ms)
{
    double forwarders_ms = 0;

    for (size_t i = 0; p->on_forwarders_core && i < w->n; i++)
        forwarders_ms += is_of(&w->processes[i], "forwarder") ? used_ms(&w->processes[i]) : 0;
    return delay_ms > forwarders_ms ? delay_ms - forwarders_ms : 0;
}

static void add_process(cJSON *to, const struct machine_watch *w, const struct watched_process *p)
{
    const struct machine_process *start = &p->at[MACHINE_WINDOW_START];
    const struct machine_process *end = &p->at[MACHINE_WINDOW_END];
    double delay_ms = end->run_delay_ms - start->run_delay_ms, turns = end->turns - start->turns;
    double others_ms = isnan(delay_ms) ? NAN : waited_for_others_ms(w, p, delay_ms);
    int64_t stopped_ns = p->stopped_ns;
    cJSON *o = cJSON_AddObjectToObject(to, p->key);

    if (p->stopped_since_ns != 0) /* still */
        stopped_ns += in_window_ns(w, p->stopped_since_ns, INT64_MAX);
    json_add_number(o, "cpu_ms", used_ms(p));
    json_add_number(o, "run_delay_ms", delay_ms);
    json_add_number(o, "run_delay_by_others_ms", others_ms);
    json_add_number(o, "turns", turns);
    json_add_number(o, "run_delay_us_per_turn", turns > 0 ? others_ms * 1e3 / turns : NAN);
    json_add_number(o, "stopped_ms", (double)stopped_ns / (double)NS_PER_MS);
}

static double cpu_ms(const struct proc_usage *u)
{
    return (double)(u->user_us + u->system_us) / 1e3;
}

cJSON *machine_watch_report(const struct machine_watch *w)
{
    const struct machine_sample *start = &w->at[MACHINE_WINDOW_START];
    const struct machine_sample *end = &w->at[MACHINE_WINDOW_END];
    cJSON *o, *processes;

    if (w->taken < MACHINE_BORDERS)
        return cJSON_CreateNull();
    o = cJSON_CreateObject();
    json_add_number(o, "watched_ms", (double)(end->at_ns - start->at_ns) / (double)NS_PER_MS);
    json_add_number(o, "pressure_ms", end->pressure_ms - start->pressure_ms);
    json_add_number(o, "cgroup_pressure_ms", end->cgroup_pressure_ms - start->cgroup_pressure_ms);
    json_add_number(o, "steal_ms", end->steal_ms - start->steal_ms);
    json_add_number(o, "quota_cores", machine_quota_cores()); /* null: none */
    json_add_number(o, "throttled_ms", end->throttled_ms - start->throttled_ms);
    json_add_number(o, "suspended_ms", end->suspended_ms - start->suspended_ms);
    json_add_number(o, "wall_clock_step_ms", end->wall_ms - start->wall_ms);
    json_add_number(o, "runner_cpu_ms",
                    cpu_ms(&w->own[MACHINE_WINDOW_END]) - cpu_ms(&w->own[MACHINE_WINDOW_START]));
    processes = cJSON_AddObjectToObject(o, "processes");
    for (size_t i = 0; i < w->n; i++)
        add_process(processes, w, &w->processes[i]);
    return o;
}
