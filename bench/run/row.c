#include "bench/run/row.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "bench/run/cluster.h"
#include "bench/base/json.h"
#include "bench/base/programs.h"
#include "bench/result/result.h"
#include "bench/result/result_balancer.h"
#include "bench/scenario/scenario_args.h"

enum {
    SERVER_READY_S = 10,
    SERVER_STOP_S = 3, /* it promises one */
    CLIENT_STOP_S = 2,
    BROKEN_SETUP_S = 6,  /* where nobody may ever join */
    CLIENT_SLACK_S = 45, /* for set-up (its own limit is 30 s) and the final report */
};

/* A row being measured. */
struct work {
    const struct row_setting *w;
    const struct scenario_row *row;
    const struct network *network;
    struct child server, client;
    struct cluster cluster; /* instead of server, where something stands in between */
    bool clustered;
    char address[128];   /* the server's */
    char cert[PATH_MAX]; /* the server's certificate, when it speaks TLS; gone after the row */
    bool begun;          /* the gate was opened: the wire's counters are this row's */
    bool window_told;    /* the wire knows when the window is */
    cJSON *commands;     /* how both were started, for the record */
};

/* ---- server ---- */

static void record_command(struct work *k, const char *name, const struct scenario_args *args)
{
    cJSON *words = cJSON_AddArrayToObject(k->commands, name);

    for (size_t i = 0; i < args->argc; i++)
        json_append_text(words, args->argv[i]);
}

static const char *child_line_after(struct child *c, const char *prefix)
{
    char *line;

    while ((line = child_next_line(c, CHILD_OUT)) != NULL)
        if (strncmp(line, prefix, strlen(prefix)) == 0)
            return line + strlen(prefix);
    return NULL;
}

static enum row_end fail_with_child(struct child *c, struct err_text *e)
{
    char end[300];

    child_describe(c, end, sizeof end);
    err_set(e, PL_ESYS, "%s %.280s", c->name, end);
    return ROW_FAILED;
}

enum row_end row_start_server(struct supervisor *n, struct child *server, char *const argv[],
                              const struct child_place *place, char *address, size_t cap,
                              struct err_text *e)
{
    int64_t deadline_ns = clock_now_ns() + SERVER_READY_S * NS_PER_S;
    const char *said = NULL;
    int rc = supervisor_spawn_in(n, server, program_server.name, argv,
                                 CHILD_READ_OUT | CHILD_READ_ERR, place, e);

    if (rc < 0)
        return ROW_FAILED;
    for (;;) {
        rc = supervisor_wait(n, deadline_ns);
        if (n->interrupts > 0)
            return ROW_INTERRUPTED;
        said = child_line_after(server, "listening on ");
        if (said != NULL)
            break;
        if (server->ended)
            return fail_with_child(server, e);
        if (rc > 0)
            continue;
        err_set(e, PL_ESYS, "%s: %s", server->name,
                rc < 0 ? pl_strerror(rc) : "did not say within 10 s that it listens");
        return ROW_FAILED;
    }
    snprintf(address, cap, "%s", said);
    return ROW_DONE;
}

static enum row_end start_cluster(struct work *k, struct err_text *e)
{
    int rc = cluster_open(&k->cluster, k->w->scenario, k->row, k->w->supervisor, k->w->server_core,
                          k->commands, e);

    k->network = &k->cluster.network;
    if (rc == PL_OK)
        return ROW_DONE;
    return k->w->supervisor->interrupts > 0 ? ROW_INTERRUPTED : ROW_FAILED;
}

static enum row_end start_server(struct work *k, struct err_text *e)
{
    struct scenario_args args = {0};
    char program[PATH_MAX];
    int rc;

    if (k->clustered)
        return start_cluster(k, e);
    program_find(&program_server, program);
    rc = scenario_args_add(&args, program, NULL);
    if (rc == PL_OK)
        rc = scenario_args_server(&args, k->w->scenario);
    if (rc == PL_OK)
        rc = scenario_args_server_tls(&args, k->w->scenario, k->cert);
    if (rc == PL_OK && k->network->emulated) /* the last one counts */
        rc = scenario_args_add(&args, "--listen", "%s", network_listen(k->network));
    if (rc == PL_OK && k->network->emulated && k->w->scenario->send.workload != WORKLOAD_NONE)
        rc = scenario_args_add(&args, "--publish-open", NULL); /* the network is ours alone */
    if (rc == PL_OK && k->w->server_core >= 0)
        rc = scenario_args_add(&args, "--core", "%d", k->w->server_core);
    if (rc < 0) {
        err_set(e, rc, "%s: the command line is too long", program_server.name);
        return ROW_FAILED;
    }
    record_command(k, "server", &args);
    return row_start_server(k->w->supervisor, &k->server, args.argv,
                            network_place(k->network, LINK_SERVER), k->address, sizeof k->address,
                            e);
}

/* ---- clients ---- */

/* Where to, and how to ask what was published. */
static int add_target(struct work *k, struct scenario_args *args)
{
    if (k->clustered)
        return cluster_client_args(&k->cluster, args);
    return scenario_args_add(args, "--url", "%s://%s", k->w->scenario->tls ? "https" : "http",
                             k->address);
}

static int client_args(struct work *k, struct scenario_args *args)
{
    const struct row_setting *w = k->w;
    char program[PATH_MAX], hlog[PATH_MAX], timeline[PATH_MAX];

    program_find(&program_client, program);
    folder_row_file(w->folder, hlog, "latency-", k->row->id, ".hlog");
    folder_row_file(w->folder, timeline, "timeline-", k->row->id, ".csv");
    if (scenario_args_add(args, program, NULL) < 0 ||
        scenario_args_client(args, w->scenario, k->row) < 0 || add_target(k, args) < 0 ||
        scenario_args_client_tls(args, w->scenario, k->row, k->cert) < 0 ||
        scenario_args_add(args, "--control", "auto") < 0 ||
        scenario_args_add(args, "--json", NULL) < 0 ||
        scenario_args_add(args, "--hlog", "%s", hlog) < 0 ||
        scenario_args_add(args, "--timeline", "%s", timeline) < 0 ||
        scenario_args_add(args, "--progress-fd", "%d", CHILD_PROGRESS_FD) < 0)
        return PL_ELIMIT;
    if (k->network->emulated && scenario_args_add(args, "--gate", NULL) < 0)
        return PL_ELIMIT;
    if (k->row->expect == EXPECT_BROKEN &&
        scenario_args_add(args, "--setup-timeout", "%d", BROKEN_SETUP_S) < 0)
        return PL_ELIMIT;
    if (w->client_core >= 0)
        return scenario_args_add(args, "--core", "%d", w->client_core);
    return PL_OK;
}

static enum row_end start_client(struct work *k, struct err_text *e)
{
    struct scenario_args args = {0};

    if (client_args(k, &args) < 0) {
        err_set(e, PL_ELIMIT, "%s: the command line is too long", program_client.name);
        return ROW_FAILED;
    }
    record_command(k, "client", &args);
    if (supervisor_spawn_in(k->w->supervisor, &k->client, program_client.name, args.argv,
                            CHILD_READ_OUT | CHILD_READ_ERR | CHILD_READ_PROGRESS | CHILD_WRITE_IN,
                            k->clustered ? cluster_client_place(&k->cluster)
                                         : network_place(k->network, LINK_CLIENT),
                            e) < 0)
        return ROW_FAILED;
    if (k->clustered)
        cluster_client_started(&k->cluster);
    return ROW_DONE;
}

/* When the clients must be done, however slow the machine. */
static int64_t client_deadline_ns(const struct scenario *s)
{
    double ramp_s = s->ramp_per_s > 0 ? (double)s->clients / (double)s->ramp_per_s : 0;
    double all_s = s->warmup_s + s->duration_s + s->drain_s + ramp_s + CLIENT_SLACK_S;

    return clock_now_ns() + (int64_t)(all_s * 1e9);
}

/* Only the control connection is up: from here on the wire's counters are the row's. */
static int open_gate(struct work *k, struct err_text *e)
{
    char path[PATH_MAX];
    int rc = network_row_begin(k->network, e);

    if (rc == PL_OK && k->clustered)
        rc = cluster_begin(&k->cluster, e);
    if (rc == PL_OK && k->w->pcap) {
        folder_row_file(k->w->folder, path, "wire-", k->row->id, ".pcapng");
        rc = network_capture(k->network, path, k->row->id, e);
    }
    k->begun = true;
    if (rc == PL_OK)
        child_say(&k->client, "\n"); /* a client that is gone is found out below */
    return rc;
}

static int tell_window(struct work *k, int64_t start_ns, int64_t end_ns, struct err_text *e)
{
    k->window_told = true;
    if (k->clustered)
        cluster_set_window(&k->cluster, start_ns, end_ns);
    return network_window(k->network, start_ns, end_ns, e);
}

/* The clients say where they stand: pass on what the wire must know. */
static int handle_progress(struct work *k, const char *line, struct err_text *e)
{
    cJSON *o = k->network->emulated && !k->window_told ? cJSON_Parse(line) : NULL;
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

/* Until when to sleep: the clients' deadline, or sooner if the cluster has something to do. */
static int64_t wake_ns(const struct work *k, int64_t deadline_ns)
{
    int64_t due_ns = k->clustered ? cluster_due_ns(&k->cluster) : INT64_MAX;

    return due_ns < deadline_ns ? due_ns : deadline_ns;
}

/* Wait for the clients' end, watching the server. */
static enum row_end follow(struct work *k, struct err_text *e)
{
    int64_t deadline_ns = client_deadline_ns(k->w->scenario);

    while (!k->client.ended) {
        int rc = supervisor_wait(k->w->supervisor, wake_ns(k, deadline_ns));

        if (k->w->supervisor->interrupts > 0)
            return ROW_INTERRUPTED;
        if (show_progress(k, e) < 0)
            return ROW_FAILED;
        if (k->server.ended)
            return fail_with_child(&k->server, e);
        if (k->clustered && cluster_poll(&k->cluster, clock_now_ns(), e) < 0)
            return ROW_FAILED;
        if (rc > 0 || k->client.ended || (rc == 0 && clock_now_ns() < deadline_ns))
            continue;
        err_set(e, PL_ESYS, "%s: %s", k->client.name,
                rc < 0 ? pl_strerror(rc) : "did not finish in time");
        return ROW_FAILED;
    }
    return ROW_DONE;
}

/* ---- the row ---- */

/* What a problem quotes already is not said again. */
static void add_stderr_notes(cJSON *row, struct child *c)
{
    cJSON *notes = cJSON_GetObjectItemCaseSensitive(row, "notes");
    const cJSON *problems = cJSON_GetObjectItemCaseSensitive(row, "problems");
    char *line;

    for (int i = 0; i < 10 && (line = child_next_line(c, CHILD_ERR)) != NULL; i++)
        if (line[0] != '\0' && !json_any_quotes(problems, child_said(c, line)))
            json_append_printf(notes, "%s: %s", c->name, child_said(c, line));
}

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

static enum row_end read_report(struct work *k, cJSON **out, struct err_text *e)
{
    struct child *client = &k->client;
    cJSON *report = cJSON_Parse(child_text(client, CHILD_OUT));
    cJSON *wire;

    if (report == NULL && !child_succeeded(client))
        return fail_with_child(client, e);
    if (report == NULL) {
        err_set(e, PL_EPROTO, "%s: its report is not JSON", client->name);
        return ROW_FAILED;
    }
    if (k->clustered && cluster_end(&k->cluster, e) < 0) {
        cJSON_Delete(report);
        return ROW_FAILED;
    }
    if (k->clustered)
        cluster_report(&k->cluster, report);
    wire = network_row_end(k->network, e);
    if (wire != NULL &&
        result_row(out, k->row, report, wire, k->network->kernel_is_ours, e) == PL_OK)
        return ROW_DONE;
    if (wire != NULL && k->row->expect == EXPECT_BROKEN) {
        result_row_unmeasured(out, k->row, report, wire);
        return ROW_DONE;
    }
    cJSON_Delete(wire);
    cJSON_Delete(report);
    return child_succeeded(client) ? ROW_FAILED : fail_with_child(client, e);
}

/* The server must still be there, and leave when asked, with exit code 0. */
static void stop_server(struct work *k, cJSON *row)
{
    cJSON *problems = cJSON_GetObjectItemCaseSensitive(row, "problems");

    if (k->clustered)
        cluster_stop(&k->cluster, problems, cJSON_GetObjectItemCaseSensitive(row, "notes"));
    else if (supervisor_stop(k->w->supervisor, &k->server, SERVER_STOP_S * NS_PER_S))
        judge_exit(row, &k->server);
    else
        json_append_printf(problems, "%s did not stop within %d s of SIGTERM", k->server.name,
                           SERVER_STOP_S);
}

static enum row_end measure(struct work *k, cJSON **out, struct err_text *e)
{
    enum row_end end = start_server(k, e);

    if (end == ROW_DONE)
        end = start_client(k, e);
    if (end == ROW_DONE)
        end = follow(k, e);
    if (end == ROW_DONE)
        end = read_report(k, out, e);
    if (end != ROW_DONE)
        return end;
    judge_exit(*out, &k->client);
    stop_server(k, *out);
    add_stderr_notes(*out, &k->server);
    add_stderr_notes(*out, &k->client);
    if (k->row->expect == EXPECT_BROKEN)
        result_expect_broken(*out, k->w->scenario);
    cJSON_AddItemToObject(*out, "commands", cJSON_Duplicate(k->commands, true));
    return ROW_DONE;
}

enum row_end row_measure(const struct row_setting *w, const struct scenario_row *row, cJSON **out,
                         struct err_text *e)
{
    struct work k = {.w = w, .row = row, .network = w->network, .commands = cJSON_CreateObject()};
    struct err_text why = {""};
    enum row_end end;

    k.clustered = scenario_has_balancers(w->scenario);

    *out = NULL;
    folder_row_file(w->folder, k.cert, "cert-", row->id, ".pem");
    end = measure(&k, out, &why);
    unlink(k.cert);
    supervisor_stop(w->supervisor, &k.client, CLIENT_STOP_S * NS_PER_S);
    supervisor_stop(w->supervisor, &k.server, SERVER_STOP_S * NS_PER_S);
    child_free(w->supervisor, &k.client);
    child_free(w->supervisor, &k.server);
    cluster_stop(&k.cluster, NULL, NULL);
    cluster_close(&k.cluster);
    cJSON_Delete(k.commands);
    if (end != ROW_DONE)
        folder_drop_row(w->folder, row->id);
    if (end == ROW_FAILED)
        err_set(e, PL_ESYS, "%s: %.260s", row->id, why.text);
    return end;
}
