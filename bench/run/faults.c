#include "bench/run/faults.h"

#include <inttypes.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <errno.h>
#include <string.h>

#include "bench/base/json.h"
#include "bench/base/machine.h"
#include "lib/base/clock.h"

enum { STOP_S = 3 }; /* for an orderly end; it promises one */

static const int64_t cpu_step_ns = 100 * NS_PER_MS;
static const int64_t cpu_after_ns = 5 * NS_PER_S; /* how long after a fault's end it is watched */

static const struct fault_kind_info *info_of(const struct fault_run *r)
{
    return &fault_kinds[r->fault->kind];
}

static bool never_ends(const struct fault_run *r)
{
    return r->fault->for_s <= SCENARIO_UNSET && info_of(r)->lasts == FAULT_MAY_LAST;
}

/* ---- the plan ---- */

static void tell(struct child *clients, size_t i, const struct fault_run *r)
{
    double percent = info_of(r)->has_percent ? r->fault->percent : 0;
    char line[160];

    snprintf(line, sizeof line, "fault %zu %s %" PRId64 " %" PRId64 " %.10g\n", i, info_of(r)->name,
             r->start_ns, r->end_ns, percent);
    child_say(clients, line); /* clients that have ended are noticed elsewhere */
}

static int64_t to_ns(double s)
{
    return (int64_t)(s * (double)NS_PER_S);
}

void faults_set_window(struct faults *f, struct child *clients, int64_t start_ns, int64_t end_ns)
{
    const struct scenario *s = f->cluster->w->scenario;
    const struct scenario_faults *plan = scenario_faults_of(s, f->cluster->w->row);

    f->window_end_ns = end_ns;
    f->cpu_due_ns = INT64_MAX;
    for (f->n = 0; f->n < plan->n; f->n++) {
        struct fault_run *r = &f->runs[f->n];

        *r = (struct fault_run){.fault = &plan->list[f->n], .cpu_peak = -1};
        r->start_ns = r->due_ns = start_ns + to_ns(r->fault->at_s);
        r->end_ns = r->start_ns + to_ns(scenario_fault_lasts_s(s, r->fault));
        tell(clients, f->n, r);
    }
}

/* ---- what is done ---- */

static int send_signal(pid_t pid, int number, struct err_text *e)
{
    return kill(pid, number) < 0 ? err_set(e, PL_ESYS, "signal: %s", strerror(errno)) : PL_OK;
}

static int end_server(struct faults *f, int number, struct err_text *e)
{
    pid_t pid = cluster_victim(f->cluster)->child.pid;

    if (cluster_server_leaves(f->cluster, e) < 0)
        return PL_ESYS;
    machine_watch_leave(f->watch, pid);
    return send_signal(pid, number, e);
}

static int stop_server(struct faults *f, int number, struct err_text *e)
{
    pid_t pid = cluster_victim(f->cluster)->child.pid;

    machine_watch_mean_stop(f->watch, pid, number == SIGSTOP);
    return send_signal(pid, number, e);
}

static int begin(struct faults *f, const struct fault_run *r, struct err_text *e)
{
    struct cluster *c = f->cluster;

    switch ((enum fault_kind)r->fault->kind) {
    case FAULT_SERVER_KILL:
        return end_server(f, SIGKILL, e);
    case FAULT_SERVER_RESTART:
        return end_server(f, SIGTERM, e);
    case FAULT_SERVER_STALL:
        return stop_server(f, SIGSTOP, e);
    case FAULT_LINK_DOWN:
        return network_disturb(c->network, LINK_GOES_DOWN, r->end_ns, e);
    case FAULT_LINK_STALL:
        return network_disturb(c->network, LINK_STALLS, r->end_ns, e);
    case FAULT_BALANCER_RELOAD:
        return cluster_balancer_reloads(c);
    case FAULT_STORE_AWAY:
        return cluster_store_leaves(c);
    default: /* the clients do it */
        return PL_OK;
    }
}

static int return_server(struct faults *f, struct err_text *e)
{
    struct child *server = &cluster_victim(f->cluster)->child;
    pid_t before = server->pid;
    int rc = cluster_server_returns(f->cluster, e);

    machine_watch_replace(f->watch, before, server->pid);
    return rc;
}

static int end(struct faults *f, const struct fault_run *r, struct err_text *e)
{
    pid_t before = f->cluster->store.child.pid;
    int rc;

    switch ((enum fault_kind)r->fault->kind) {
    case FAULT_SERVER_KILL:
    case FAULT_SERVER_RESTART:
        return return_server(f, e);
    case FAULT_SERVER_STALL:
        return stop_server(f, SIGCONT, e);
    case FAULT_STORE_AWAY:
        rc = cluster_store_returns(f->cluster, e);
        machine_watch_replace(f->watch, before, f->cluster->store.child.pid);
        return rc;
    default: /* a link ends it itself, and so do clients */
        return PL_OK;
    }
}

/* ---- the servers' processor time ---- */

static void take_peak(struct faults *f, int64_t from_ns, int64_t to_ns, double share)
{
    for (size_t i = 0; i < f->n; i++) {
        struct fault_run *r = &f->runs[i];

        if (r->executed_ns[0] != 0 && from_ns >= r->executed_ns[0] &&
            to_ns <= r->end_ns + cpu_after_ns + cpu_step_ns && share > r->cpu_peak)
            r->cpu_peak = share;
    }
}

static void sample_server(struct faults *f, size_t i, int64_t now_ns)
{
    const struct cluster_server *s = &f->cluster->servers[i];
    struct fault_cpu *last = &f->cpu[i];
    struct machine_process now = {.cpu_ms = 0};

    if (s->child.pid > 0 && !s->child.ended)
        machine_read_process(s->child.pid, &now);
    if (isnan(now.cpu_ms))
        now.cpu_ms = 0;
    if (last->pid != s->child.pid)
        last->cpu_ms = 0; /* all that it has used is of this step */
    if (last->at_ns != 0 && now_ns - last->at_ns > cpu_step_ns / 2)
        take_peak(f, last->at_ns, now_ns,
                  (now.cpu_ms - last->cpu_ms) * (double)NS_PER_MS / (double)(now_ns - last->at_ns));
    *last = (struct fault_cpu){s->child.pid, now_ns, now.cpu_ms};
}

static void sample_servers(struct faults *f, int64_t now_ns)
{
    int64_t until_ns = 0;

    for (size_t i = 0; i < f->cluster->nservers; i++)
        sample_server(f, i, now_ns);
    for (size_t i = 0; i < f->n; i++)
        if (f->runs[i].executed_ns[0] != 0 && f->runs[i].end_ns + cpu_after_ns > until_ns)
            until_ns = f->runs[i].end_ns + cpu_after_ns;
    if (until_ns > f->window_end_ns)
        until_ns = f->window_end_ns;
    f->cpu_due_ns = now_ns + cpu_step_ns <= until_ns ? now_ns + cpu_step_ns : INT64_MAX;
}

/* ---- the machine ---- */

static int do_begin(struct faults *f, struct fault_run *r, struct err_text *e)
{
    int rc;

    if (f->cpu_due_ns == INT64_MAX)
        for (size_t i = 0; i < f->cluster->nservers; i++)
            f->cpu[i].at_ns = 0; /* a gap since the last sample */
    rc = begin(f, r, e);
    r->executed_ns[0] = clock_now_ns();
    sample_servers(f, r->executed_ns[0]);
    r->state = FAULT_LASTS_ON;
    r->due_ns = r->end_ns;
    if (info_of(r)->lasts == FAULT_MOMENT || info_of(r)->actor == FAULT_ON_CLIENTS || never_ends(r))
        r->state = FAULT_OVER;
    if (r->fault->kind == FAULT_SERVER_RESTART) {
        r->state = FAULT_ENDING;
        r->due_ns = r->executed_ns[0] + STOP_S * NS_PER_S;
    }
    return rc;
}

/* The server has ended, or does not: then it is killed. It is started again so long after. */
static int wait_for_end(struct faults *f, struct fault_run *r, int64_t now_ns, struct err_text *e)
{
    const struct child *server = &cluster_victim(f->cluster)->child;

    if (!server->ended && now_ns < r->due_ns)
        return PL_OK;
    if (!server->ended)
        return err_set(e, PL_ESYS, "%s did not stop within %d s of SIGTERM", server->name, STOP_S);
    r->state = FAULT_LASTS_ON;
    r->due_ns = now_ns + to_ns(r->fault->for_s);
    return PL_OK;
}

static int do_end(struct faults *f, struct fault_run *r, struct err_text *e)
{
    bool starts = r->fault->kind == FAULT_SERVER_KILL || r->fault->kind == FAULT_SERVER_RESTART;
    int rc = end(f, r, e);

    r->executed_ns[1] = clock_now_ns();
    r->state = starts ? FAULT_STARTING : FAULT_OVER;
    return rc;
}

static int wait_for_listening(struct faults *f, struct fault_run *r, struct err_text *e)
{
    int listens = cluster_server_listens(f->cluster, e);

    if (listens <= 0)
        return listens;
    r->listens_ns = clock_now_ns();
    r->state = FAULT_OVER;
    return PL_OK;
}

static int step(struct faults *f, struct fault_run *r, int64_t now_ns, struct err_text *e)
{
    switch (r->state) {
    case FAULT_WAITS:
        return r->due_ns <= now_ns ? do_begin(f, r, e) : PL_OK;
    case FAULT_ENDING:
        return wait_for_end(f, r, now_ns, e);
    case FAULT_LASTS_ON:
        return r->due_ns <= now_ns ? do_end(f, r, e) : PL_OK;
    case FAULT_STARTING:
        return wait_for_listening(f, r, e);
    case FAULT_OVER:
        break;
    }
    return PL_OK;
}

int64_t faults_due_ns(const struct faults *f)
{
    int64_t due_ns = f->n > 0 ? f->cpu_due_ns : INT64_MAX;

    for (size_t i = 0; i < f->n; i++) {
        const struct fault_run *r = &f->runs[i];

        if (r->state != FAULT_OVER && r->state != FAULT_STARTING && r->due_ns < due_ns)
            due_ns = r->due_ns;
    }
    return due_ns;
}

int faults_poll(struct faults *f, int64_t now_ns, struct err_text *e)
{
    int rc = PL_OK;

    for (size_t i = 0; rc == PL_OK && i < f->n; i++) {
        struct err_text why = {""};

        rc = step(f, &f->runs[i], now_ns, &why);
        if (rc < 0)
            err_set(e, rc, "fault %s: %.400s", info_of(&f->runs[i])->name,
                    why.text[0] != '\0' ? why.text : pl_strerror(rc));
    }
    if (f->n > 0 && f->cpu_due_ns <= now_ns)
        sample_servers(f, now_ns);
    return rc;
}

/* ---- the report ---- */

static cJSON *describe(const struct fault_run *r)
{
    cJSON *o = cJSON_CreateObject(), *executed;

    cJSON_AddStringToObject(o, "kind", info_of(r)->name);
    cJSON_AddNumberToObject(o, "at_s", r->fault->at_s);
    cJSON_AddNumberToObject(o, "start_ns", (double)r->start_ns);
    cJSON_AddNumberToObject(o, "end_ns", (double)r->end_ns);
    if (info_of(r)->has_percent)
        cJSON_AddNumberToObject(o, "percent", r->fault->percent);
    executed = cJSON_AddArrayToObject(o, "executed_ns");
    for (int i = 0; info_of(r)->actor != FAULT_ON_CLIENTS && i < FAULT_STEPS; i++)
        if (r->executed_ns[i] != 0)
            cJSON_AddItemToArray(executed, cJSON_CreateNumber((double)r->executed_ns[i]));
    if (r->listens_ns != 0)
        cJSON_AddNumberToObject(o, "listens_ns", (double)r->listens_ns);
    if (r->cpu_peak >= 0)
        cJSON_AddNumberToObject(o, "server_cpu_peak", r->cpu_peak);
    return o;
}

cJSON *faults_report(const struct faults *f)
{
    cJSON *list = f->n > 0 ? cJSON_CreateArray() : NULL;

    for (size_t i = 0; i < f->n; i++)
        cJSON_AddItemToArray(list, describe(&f->runs[i]));
    return list;
}
