#include "bench/run/row.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench/base/json.h"
#include "bench/result/disturbed.h"
#include "bench/result/result.h"
#include "bench/result/result_balancer.h"
#include "bench/run/cluster_report.h"
#include "bench/run/faults.h"
#include "bench/run/machine_watch.h"
#include "bench/run/server_start.h"
#include "lib/base/clock.h"
#include "lib/base/rng.h"

enum {
    CLIENT_STOP_S = 2,
    CLIENT_NOTES = 10,   /* lines of what it says that become notes */
    BROKEN_SETUP_S = 6,  /* where clients may never get to join */
    CLIENT_SLACK_S = 45, /* for set-up (its own limit is 30 s) and the final report */
};

/* A row being measured. */
struct work {
    const struct row_setting *w;
    const struct scenario_row *row;
    struct child client;
    struct cluster cluster;
    struct machine_watch watch;
    struct faults faults;
    char cert[PATH_MAX]; /* the server's certificate, when it speaks TLS; gone after the row */
    bool begun;          /* the gate was opened: the wire's counters are this row's */
    bool window_told;    /* the network and the watch were told when the window is */
    cJSON *commands;     /* how servers and clients were started, for the record */
};

/* ---- clients ---- */

static int client_args(struct work *k, struct scenario_args *args, struct err_text *e)
{
    const struct row_setting *w = k->w;
    char hlog[PATH_MAX], timeline[PATH_MAX], recovery[PATH_MAX];

    folder_row_file(w->folder, hlog, "latency-", w->files, ".hlog");
    folder_row_file(w->folder, timeline, "timeline-", w->files, ".csv");
    scenario_args_begin(args, &program_client);
    scenario_args_client(args, w->scenario, k->row);
    if (cluster_client_args(&k->cluster, args, e) < 0)
        return PL_ESYS;
    scenario_args_client_tls(args, w->scenario, k->row, k->cert);
    scenario_args_add(args, "--control", "auto");
    scenario_args_add(args, "--json", NULL);
    scenario_args_add(args, "--hlog", "%s", hlog);
    scenario_args_add(args, "--hlog-tag", w->repeat > 0 ? "%s:%u" : "%s", k->row->id, w->repeat);
    scenario_args_add(args, "--timeline", "%s", timeline);
    if (scenario_faults_of(w->scenario, k->row)->n > 0) {
        folder_row_file(w->folder, recovery, "recovery-", w->files, ".csv");
        scenario_args_add(args, "--recovery", "%s", recovery);
    }
    scenario_args_add(args, "--progress-fd", "%d", CHILD_PROGRESS_FD);
    if (k->cluster.network->emulated || scenario_faults_of(w->scenario, k->row)->n > 0)
        scenario_args_add(args, "--gate", NULL); /* faults are told as lines on stdin */
    if (k->row->expect == EXPECT_BROKEN)
        scenario_args_add(args, "--setup-timeout", "%d", BROKEN_SETUP_S);
    if (w->client_core >= 0)
        scenario_args_add(args, "--core", "%d", w->client_core);
    return PL_OK;
}

static int start_client(struct work *k, struct err_text *e)
{
    struct scenario_args args = {0};
    int rc = client_args(k, &args, e);

    if (rc < 0)
        return rc;
    json_add_words(k->commands, "client", args.argv, args.argc);
    rc = program_start(k->w->supervisor, &k->client, &program_client, &args,
                       CHILD_READ_OUT | CHILD_READ_ERR | CHILD_READ_PROGRESS | CHILD_WRITE_IN,
                       cluster_client_place(&k->cluster), e);
    cluster_client_started(&k->cluster);
    return rc;
}

/* When the clients must be done, however slow the machine. */
static int64_t client_deadline_ns(const struct scenario *s, const struct scenario_row *row)
{
    double ramp_s = s->ramp_per_s > 0 ? (double)s->clients / (double)s->ramp_per_s : 0;
    double all_s = scenario_warmup_s(s, row) + s->duration_s + s->drain_s + ramp_s + CLIENT_SLACK_S;

    return clock_now_ns() + (int64_t)(all_s * 1e9);
}

/* The seed of the row's links: another for each row and each attempt at one, the same for the same
 * scenario. 52 bits of it, for JSON's numbers hold no more than 53. */
static uint64_t link_seed(const struct row_setting *w, const struct scenario_row *row)
{
    uint64_t hash = (uint64_t)w->scenario->seed;
    struct rng rng;

    for (const char *c = row->id; *c != '\0'; c++)
        hash = (hash ^ (uint8_t)*c) * UINT64_C(0x100000001b3); /* FNV-1a */
    rng_seed(&rng, hash + w->attempt);
    return rng_next(&rng) >> 12;
}

/* Only the control connection is open yet: from here on the wire's counters are the row's. */
static int open_gate(struct work *k, struct err_text *e)
{
    char path[PATH_MAX];
    int rc = network_row_begin(k->cluster.network, link_seed(k->w, k->row), e);

    if (rc == PL_OK)
        rc = cluster_begin(&k->cluster, e);
    if (rc == PL_OK && k->w->pcap) {
        folder_row_file(k->w->folder, path, "wire-", k->w->files, ".pcapng");
        rc = network_capture(k->cluster.network, path, k->row->id, e);
    }
    k->begun = true;
    if (rc == PL_OK)
        child_say(&k->client, "\n"); /* a client that has ended is noticed by follow() */
    return rc;
}

static int tell_window(struct work *k, int64_t start_ns, int64_t end_ns, struct err_text *e)
{
    k->window_told = true;
    machine_watch_set_window(&k->watch, start_ns, end_ns);
    cluster_set_window(&k->cluster, start_ns, end_ns);
    faults_set_window(&k->faults, &k->client, start_ns, end_ns);
    return network_window(k->cluster.network, start_ns, end_ns, e);
}

/* A line of the clients' progress: the gate and the window are passed on. */
static int handle_progress(struct work *k, const char *line, struct err_text *e)
{
    cJSON *o = !k->window_told ? cJSON_Parse(line) : NULL;
    const cJSON *window = cJSON_GetObjectItemCaseSensitive(o, "window_ns");
    int rc = PL_OK;

    if (!k->begun && strcmp(json_text(o, "phase"), "gate") == 0)
        rc = open_gate(k, e);
    if (rc == PL_OK && cJSON_GetArraySize(window) == 2)
        rc = tell_window(k, (int64_t)cJSON_GetArrayItem(window, 0)->valuedouble,
                         (int64_t)cJSON_GetArrayItem(window, 1)->valuedouble, e);
    cJSON_Delete(o);
    return rc;
}

static int show_progress(struct work *k, struct err_text *e)
{
    char *line, *last = NULL;
    int rc = PL_OK;

    while (rc == PL_OK && (line = child_next_line(&k->client, CHILD_PROGRESS)) != NULL) {
        rc = handle_progress(k, line, e);
        last = line;
    }
    if (last != NULL)
        progress_line(k->w->progress, last);
    return rc;
}

static void watch_all(struct work *k)
{
    const struct hosts *h = &k->cluster.network->hosts;
    bool several = k->cluster.nservers > 1;

    for (size_t i = 0; i < k->cluster.nservers; i++)
        machine_watch_add(&k->watch, "server", several ? i + 1 : 0,
                          k->cluster.servers[i].child.pid);
    machine_watch_add(&k->watch, "driver", 0, k->client.pid);
    machine_watch_add(&k->watch, "balancer", 0, k->cluster.balancer.child.pid);
    machine_watch_add(&k->watch, "store", 0, k->cluster.store.child.pid);
    for (size_t i = 0; k->cluster.network->emulated && i < h->nlinks; i++)
        machine_watch_add(&k->watch, "forwarder", h->nlinks > 1 ? i + 1 : 0,
                          h->links[i].link.forwarder);
    if (k->w->client_core >= 0 && k->w->forwarder_core == k->w->client_core)
        machine_watch_beside_forwarders(&k->watch, "driver");
}

static int64_t sooner_ns(int64_t a_ns, int64_t b_ns)
{
    return a_ns < b_ns ? a_ns : b_ns;
}

static int64_t next_due_ns(const struct work *k)
{
    return sooner_ns(faults_due_ns(&k->faults),
                     sooner_ns(cluster_due_ns(&k->cluster), machine_watch_due_ns(&k->watch)));
}

/* Wait for the clients' end, watching the servers and the machine. */
static int follow(struct work *k, struct err_text *e)
{
    int64_t deadline_ns = client_deadline_ns(k->w->scenario, k->row);

    watch_all(k);
    while (!k->client.ended) {
        int64_t due_ns = next_due_ns(k);
        int rc = supervisor_wait(k->w->supervisor, due_ns < deadline_ns ? due_ns : deadline_ns);

        if (k->w->supervisor->interrupts > 0)
            return PL_EINTR;
        machine_watch_poll(&k->watch, clock_now_ns());
        if (show_progress(k, e) < 0 || cluster_poll(&k->cluster, clock_now_ns(), e) < 0 ||
            faults_poll(&k->faults, clock_now_ns(), e) < 0)
            return PL_ESYS;
        if (rc < 0 && !k->client.ended)
            return err_set(e, rc, "%s: %s", k->client.name, pl_strerror(rc));
        if (!k->client.ended && clock_now_ns() >= deadline_ns)
            return err_set(e, PL_ESYS, "%s: did not finish in time", k->client.name);
    }
    return PL_OK;
}

/* ---- the row ---- */

/* A non-zero exit that the numbers don't explain is a problem of its own. */
static void judge_exit(cJSON *row, struct child *c)
{
    cJSON *problems = cJSON_GetObjectItemCaseSensitive(row, "problems");
    char end[300];

    if (child_succeeded(c) || cJSON_GetArraySize(problems) > 0)
        return;
    child_describe(c, end, sizeof end);
    json_append_printf(problems, "%s %s", c->name, end);
}

/* Make the row of the clients' report and the wire's counters. */
static int make_row(struct work *k, cJSON *report, cJSON **out, struct err_text *e)
{
    const struct network *network = k->cluster.network;
    cJSON *wire, *faults;

    if (cluster_end(&k->cluster, e) < 0)
        return PL_ESYS;
    cluster_report(&k->cluster, report);
    faults = faults_report(&k->faults);
    if (faults != NULL)
        cJSON_AddItemToObject(report, "faults", faults);
    wire = network_row_end(network, e);
    if (wire == NULL)
        return PL_ESYS;
    if (result_row(out, k->row, report, wire, network->kernel_is_ours, e) == PL_OK)
        return PL_OK;
    if (k->row->expect == EXPECT_BROKEN) {
        result_row_unmeasured(out, k->row, report, wire);
        return PL_OK;
    }
    cJSON_Delete(wire);
    return PL_EPROTO;
}

static int read_report(struct work *k, cJSON **out, struct err_text *e)
{
    struct child *client = &k->client;
    cJSON *report = cJSON_Parse(child_text(client, CHILD_OUT));
    int rc = report == NULL ? err_set(e, PL_EPROTO, "%s: its report is not JSON", client->name)
                            : make_row(k, report, out, e);

    if (rc == PL_OK)
        return PL_OK;
    cJSON_Delete(report);
    return child_succeeded(client) ? rc : child_fail(client, e);
}

static int measure(struct work *k, const struct cluster_setting *servers, cJSON **out,
                   struct err_text *e)
{
    int rc = cluster_open(&k->cluster, servers, e);

    if (rc == PL_OK)
        rc = start_client(k, e);
    if (rc == PL_OK)
        rc = follow(k, e);
    if (rc == PL_OK)
        rc = read_report(k, out, e);
    if (rc < 0)
        return rc;
    judge_exit(*out, &k->client);
    cJSON_AddItemToObject(*out, "machine", machine_watch_report(&k->watch));
    disturbed_judge(*out);
    cluster_stop(&k->cluster, *out);
    program_add_notes(*out, &k->client, CLIENT_NOTES);
    if (k->row->expect == EXPECT_BROKEN)
        result_expect_broken(*out, k->w->scenario);
    cJSON_AddItemToObject(*out, "commands", cJSON_Duplicate(k->commands, true));
    return PL_OK;
}

int row_measure(const struct row_setting *w, const struct scenario_row *row, cJSON **out,
                struct err_text *e)
{
    struct work k = {.w = w, .row = row, .commands = cJSON_CreateObject()};
    const struct cluster_setting servers = {.scenario = w->scenario,
                                            .row = row,
                                            .supervisor = w->supervisor,
                                            .network = w->network,
                                            .cert = k.cert,
                                            .core = w->server_core,
                                            .forwarder_core = w->forwarder_core,
                                            .commands = k.commands};
    struct err_text why = {""};
    int rc;

    k.faults = (struct faults){.cluster = &k.cluster, .watch = &k.watch};
    *out = NULL;
    folder_row_file(w->folder, k.cert, "cert-", w->files, ".pem");
    rc = measure(&k, &servers, out, &why);
    unlink(k.cert);
    supervisor_stop(w->supervisor, &k.client, CLIENT_STOP_S * NS_PER_S);
    child_free(w->supervisor, &k.client);
    cluster_stop(&k.cluster, NULL);
    cluster_close(&k.cluster);
    cJSON_Delete(k.commands);
    if (rc < 0)
        folder_drop_row(w->folder, w->files);
    return rc == PL_OK || rc == PL_EINTR ? rc : err_set(e, rc, "%s: %.260s", row->id, why.text);
}
