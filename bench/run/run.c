#include "bench/run/run.h"

#include <ctype.h>
#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench/base/child.h"
#include "bench/base/machine.h"
#include "bench/run/environment.h"
#include "bench/base/json.h"
#include "bench/model/predicted.h"
#include "bench/run/ladder_capture.h"
#include "bench/run/measure.h"
#include "bench/run/progress.h"
#include "bench/result/repeats.h"
#include "bench/result/result.h"

/* The first three cores that this process may use: core 0, 1 and 2 unless it is restricted. What
 * forwards packets goes before all others, so it must not be on the server's core: on two cores it
 * shares that of the clients. With one core nothing is pinned. */
static void choose_cores(struct row_setting *w)
{
    cpu_set_t allowed;
    int found[3] = {-1, -1, -1}, n = 0;

    CPU_ZERO(&allowed);
    if (sched_getaffinity(0, sizeof allowed, &allowed) < 0)
        n = 3;
    for (int core = 0; core < CPU_SETSIZE && n < 3; core++)
        if (CPU_ISSET(core, &allowed))
            found[n++] = core;
    w->server_core = found[1] >= 0 ? found[0] : -1;
    w->client_core = found[1];
    w->forwarder_core = found[2] >= 0 ? found[2] : found[1];
}

static void add_cores(cJSON *environment, const struct row_setting *w)
{
    cJSON *o = cJSON_AddObjectToObject(environment, "pinned_cores");

    json_add_number(o, "server", w->server_core >= 0 ? w->server_core : NAN);
    json_add_number(o, "client", w->client_core >= 0 ? w->client_core : NAN);
    json_add_number(o, "forwarder",
                    w->network->emulated && w->forwarder_core >= 0 ? w->forwarder_core : NAN);
}

/* A failure here is only a note: the measurements are worth keeping. */
static void capture_ladders(const struct run_outcome *out, const struct row_setting *w)
{
    struct err_text why = {""};
    char note[sizeof why.text + 32];

    if (!w->ladders || scenario_has_balancers(w->scenario) || ladder_capture(w, &why) == PL_OK)
        return;
    snprintf(note, sizeof note, "no ladder diagrams: %s", why.text);
    result_add_note(out->run, note);
}

static int measure(struct run_outcome *out, struct row_setting *w, int retries, struct err_text *e)
{
    struct supervisor supervisor;
    int rc;

    w->supervisor = &supervisor;
    if (supervisor_open(&supervisor) < 0)
        return err_set(e, PL_ESYS, "signalfd: %s", pl_strerror(PL_ESYS));
    supervisor.on_start = progress_started;
    supervisor.on_start_arg = w->progress;
    rc = measure_rows(out->run, w, retries, &out->interrupted, e);
    if (rc == PL_OK && !out->interrupted)
        capture_ladders(out, w);
    progress_clear(w->progress);
    supervisor_close(&supervisor);
    out->stop = supervisor.interrupts > 0;
    return rc;
}

static bool has_rows(const struct run_outcome *out)
{
    return cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(out->run, "rows")) > 0;
}

/* The environment was read in the runner's namespace; the server's sockets were in another one. */
static void correct_environment(cJSON *run)
{
    const cJSON *row = repeats_measured(run, cJSON_GetArrayItem(json_at(run, "rows"), 0));
    const char *used = json_text(row, "raw.server_stats.end.socket.congestion_control");
    cJSON *tcp = cJSON_GetObjectItemCaseSensitive(
        cJSON_GetObjectItemCaseSensitive(run, "environment"), "tcp");

    if (used[0] != '\0')
        cJSON_ReplaceItemInObjectCaseSensitive(tcp, "tcp_congestion_control",
                                               cJSON_CreateString(used));
}

/* Logs have what the summaries are made of. */
static int settle_logs(const struct run_outcome *out, struct err_text *e)
{
    const cJSON *row;
    int rc = PL_OK;

    cJSON_ArrayForEach(row, json_at(out->run, "rows"))
    {
        bool left_out[REPEATS_MAX];
        const char *id = json_text(row, "id");
        size_t n = repeats_left_out(out->run, id, left_out);

        if (rc == PL_OK && n > (size_t)json_number(row, "repeats"))
            rc = folder_leave_out(&out->folder, id, left_out, n, e);
    }
    return rc;
}

/* Complete run.json, then give the folder its final name. When the disk is full the rows saved
 * before are still there, and renaming takes no room; a folder without any run.json stays hidden.
 */
static int finish(struct run_outcome *out, int rc, struct err_text *e)
{
    char path[PATH_MAX];
    int published;

    correct_environment(out->run);
    predicted_add(out->run);
    result_finish(out->run, out->interrupted);
    if (rc == PL_OK)
        rc = settle_logs(out, e);
    if (rc == PL_OK)
        rc = folder_save(&out->folder, out->run, e);
    folder_row_file(&out->folder, path, "run", "", ".json");
    if (rc < 0 && access(path, F_OK) < 0)
        return rc;
    out->good = rc == PL_OK && json_true(out->run, "complete");
    published = folder_publish(&out->folder, out->good, rc == PL_OK ? e : NULL);
    out->saved = published == PL_OK;
    out->good &= out->saved;
    return rc < 0 ? rc : published;
}

static cJSON *describe(const struct row_setting *w, const struct run_options *o)
{
    const struct network *network = w->network;
    double quota = machine_quota_cores();
    char note[80];
    cJSON *run = result_new(w->scenario, environment_describe(&network->netns, o->argc, o->argv));

    cJSON_ReplaceItemInObjectCaseSensitive(cJSON_GetObjectItemCaseSensitive(run, "order"), "seed",
                                           cJSON_CreateNumber((double)w->order_seed));
    cJSON_ReplaceItemInObjectCaseSensitive(run, "link", cJSON_CreateString(network_name(network)));
    cJSON_AddItemToObject(run, "link_details", network_describe(network));
    add_cores(cJSON_GetObjectItemCaseSensitive(run, "environment"), w);
    if (network->note[0] != '\0')
        result_add_note(run, network->note);
    if (network->netns.note[0] != '\0')
        result_add_note(run, network->netns.note);
    if (o->pcap && !network->emulated)
        result_add_note(run, "--pcap: no packets written; only an emulated link captures packets");
    if (w->server_core < 0)
        result_add_note(run, "one core: server and clients share it and disturb each other");
    if (quota < 2) {
        snprintf(note, sizeof note, "a CPU quota leaves the run %.3g cores; it needs two", quota);
        result_add_note(run, note);
    }
    return run;
}

/* "standard"; with several links each run says which: "standard-4g". */
static const char *folder_stem(char *out, size_t cap, const struct scenario *s,
                               const struct network *network)
{
    const char *link = network->emulated ? s->links.text[s->link] : network_name(network);

    snprintf(out, cap, "%s%s%s", s->name, s->links.n > 1 ? "-" : "", s->links.n > 1 ? link : "");
    for (char *c = out; *c != '\0'; c++)
        if (!isalnum((unsigned char)*c) && strchr("@._+-", *c) == NULL)
            *c = '-';
    for (size_t len = strlen(out); len > 1 && out[len - 1] == '-'; len--) /* "loss=2%" */
        out[len - 1] = '\0';
    return out;
}

double run_expected_s(const struct scenario *s, const struct run_options *o)
{
    return scenario_expected_s(s) + (o->ladders ? ladder_capture_expected_s(s) : 0);
}

/* Before anything is measured, and once for all runs of a command. */
static void warn_of_network(struct progress *p, const struct network *network)
{
    char line[sizeof network->note + 16];

    if (network->note[0] == '\0' || p->warned)
        return;
    snprintf(line, sizeof line, "warning: %s", network->note);
    progress_warn(p, line);
    p->warned = true;
}

int run_scenario(struct run_outcome *out, const struct scenario *s, const struct run_options *o,
                 struct err_text *e)
{
    struct network network;
    struct row_setting w = {.scenario = s,
                            .folder = &out->folder,
                            .network = &network,
                            .progress = o->progress,
                            .order_seed = o->order_seed != 0 ? o->order_seed : (uint64_t)s->seed,
                            .pcap = o->pcap,
                            .ladders = o->ladders};
    char name[2 * SCENARIO_NAME_BYTES], link[SCENARIO_TEXT_BYTES + 32];
    int rc;

    *out = (struct run_outcome){0};
    rc = network_open(&network,
                      &(struct network_wish){.link = scenario_link(link, sizeof link, s),
                                             .seed = (uint64_t)s->seed,
                                             .ipv6 = s->ip == 6,
                                             .host_network = o->host_network},
                      e);
    if (rc < 0)
        return rc;
    if (scenario_has_balancers(s) && !network.emulated) {
        snprintf(out->skipped, sizeof out->skipped, "%s", network.why);
        network_close(&network);
        return PL_OK;
    }
    rc = folder_open(&out->folder, o->results, folder_stem(name, sizeof name, s, &network), e);
    if (rc < 0) {
        network_close(&network);
        return rc;
    }
    warn_of_network(o->progress, &network);
    choose_cores(&w);
    out->run = describe(&w, o);
    rc = network_pin(&network, w.forwarder_core, e);
    rc = rc < 0 ? rc : measure(out, &w, o->retries, e);
    network_close(&network);
    if (!has_rows(out)) {
        folder_discard(&out->folder);
        return rc;
    }
    return finish(out, rc, e);
}
