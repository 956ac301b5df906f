#include "bench/explain/session/explain_stage.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/base/child.h"
#include "lib/base/clock.h"
#include "bench/base/file.h"
#include "bench/base/programs.h"
#include "bench/network/network.h"
#include "bench/run/server_start.h"
#include "bench/scenario/scenario_args.h"

/* Soon enough to wait for it, late enough not to disturb the steps before. */
#define HEARTBEAT_MS 800

enum { CAPTURE_MAX_BYTES = 64 << 20, OWN_PORT = 8080, STOP_S = 2 };

struct scene {
    const struct explain_setting *setting;
    struct network network;
    struct supervisor supervisor;
    struct child server, client;
    char folder[64]; /* for the capture and the certificate; "" */
    char url[300];
};

static void file_name(const struct scene *g, char out[PATH_MAX], const char *name)
{
    snprintf(out, PATH_MAX, "%s/%s", g->folder, name);
}

/* ---- server ---- */

static void server_args(const struct scene *g, struct scenario_args *a)
{
    bool emulated = g->network.emulated;
    char cert[PATH_MAX];
    int port = emulated || g->network.netns.own ? OWN_PORT : 0; /* nobody else uses it */

    file_name(g, cert, "cert.pem");
    scenario_args_begin(a, &program_server);
    scenario_args_add(a, "--listen", "%s:%d", emulated ? LINK_SERVER_IPV4 : "127.0.0.1", port);
    scenario_args_add(a, "--source", "none");
    scenario_args_add(a, "--heartbeat", "%d", HEARTBEAT_MS);
    if (g->setting->known_keys)
        scenario_args_add(a, "--epoch", "k3x9qa");
    scenario_args_add(a, "--ws-ping", "%d", HEARTBEAT_MS);
    if (emulated)
        scenario_args_add(a, "--publish-open", NULL); /* nobody else is on the network */
    if (g->setting->topic->tls) {
        scenario_args_add(a, "--tls", NULL);
        scenario_args_add(a, "--tls-write-cert", "%s", cert);
    }
}

static int start_server(struct scene *g, struct err_text *e)
{
    struct scenario_args args = {0};
    char address[128] = "";
    int rc;

    server_args(g, &args);
    rc = server_start(&g->supervisor, &g->server, &args, network_place(&g->network, LINK_SERVER),
                      address, sizeof address, e);
    snprintf(g->url, sizeof g->url, "%s://%s", g->setting->topic->tls ? "https" : "http", address);
    return rc;
}

/* ---- client: this program, on the client's side of the link ---- */

static void add_text(struct scenario_args *a, const char *option, const char *text)
{
    if (text != NULL)
        scenario_args_add(a, option, "%s", text);
}

static void client_args(const struct scene *g, struct scenario_args *a)
{
    const struct explain_setting *s = g->setting;
    bool own = s->url == NULL;
    char cert[PATH_MAX];

    file_name(g, cert, "cert.pem");
    scenario_args_add(a, "/proc/self/exe", NULL);
    scenario_args_add(a, "explain", NULL);
    scenario_args_add(a, "--perform", NULL);
    scenario_args_add(a, s->topic->name, NULL);
    scenario_args_add(a, "--wait", "%lldns", (long long)s->wait_ns);
    add_text(a, "--url", own ? g->url : s->url);
    add_text(a, "--path", s->path);
    add_text(a, "--tls-ca", own && s->topic->tls ? cert : s->ca_path);
    add_text(a, "--message", s->message);
    if (own)
        scenario_args_add(a, "--own", NULL);
    if (s->known_keys)
        scenario_args_add(a, "--mask", NULL);
}

/* The client's last packets still have to arrive at the server. */
static void let_packets_arrive(struct scene *g)
{
    int64_t until_ns = clock_now_ns() + link_spec_rtt_ns(&g->network.spec) + 20 * NS_PER_MS;

    while (g->supervisor.interrupts == 0 && supervisor_wait(&g->supervisor, until_ns) > 0)
        ;
}

static int run_client(struct scene *g, struct explain_recording *out, struct err_text *e)
{
    struct scenario_args args = {0};
    const char *output;

    client_args(g, &args);
    if (program_start(&g->supervisor, &g->client, &(const struct program){.name = "pushlab"}, &args,
                      CHILD_READ_OUT | CHILD_READ_ERR, network_place(&g->network, LINK_CLIENT),
                      e) < 0)
        return PL_ESYS;
    while (!g->client.ended && supervisor_wait(&g->supervisor, INT64_MAX) >= 0)
        if (g->supervisor.interrupts > 0)
            return PL_EINTR;
    if (!child_succeeded(&g->client)) {
        const char *line = child_next_line(&g->client, CHILD_ERR);

        snprintf(out->problem, sizeof out->problem, "%s",
                 line != NULL ? child_said(&g->client, line)
                              : "the client ended without a message");
    }
    if (g->network.emulated)
        let_packets_arrive(g);
    output = child_text(&g->client, CHILD_OUT);
    return buf_add(&out->text, output, strlen(output) + 1) < 0
               ? err_set(e, PL_ENOMEM, "%s", pl_strerror(PL_ENOMEM))
               : PL_OK;
}

/* ---- what was captured ---- */

static int read_capture(struct scene *g, struct explain_recording *t, struct err_text *e)
{
    char path[PATH_MAX];
    cJSON *wire = network_row_end(&g->network, e);

    if (wire == NULL)
        return PL_ESYS;
    cJSON_Delete(wire);
    file_name(g, path, "wire.pcapng");
    return file_read(&t->pcapng, path, CAPTURE_MAX_BYTES, e) < 0 ? PL_ESYS : PL_OK;
}

/* ---- all of it ---- */

static int play(struct scene *g, struct explain_recording *out, struct err_text *e)
{
    char path[PATH_MAX];
    int rc = PL_OK;

    file_name(g, path, "wire.pcapng");
    if (g->setting->url == NULL)
        rc = start_server(g, e);
    if (rc == PL_OK && g->network.emulated)
        rc = network_capture(&g->network, path, g->setting->topic->name, e);
    if (rc == PL_OK)
        rc = run_client(g, out, e);
    if (rc == PL_OK && g->network.emulated)
        rc = read_capture(g, out, e);
    if (rc == PL_OK)
        rc = explain_recording_read(out, e);
    if (rc == PL_OK && out->problem[0] != '\0' && out->event_count < 3)
        return err_set(e, PL_ESYS, "%s", out->problem);
    return rc;
}

static int play_with_children(struct scene *g, struct explain_recording *out, struct err_text *e)
{
    int rc;

    if (supervisor_open(&g->supervisor) < 0)
        return err_set(e, PL_ESYS, "signalfd: %s", strerror(errno));
    rc = play(g, out, e);
    supervisor_stop(&g->supervisor, &g->client, STOP_S * NS_PER_S);
    supervisor_stop(&g->supervisor, &g->server, STOP_S * NS_PER_S);
    child_free(&g->supervisor, &g->client);
    child_free(&g->supervisor, &g->server);
    supervisor_close(&g->supervisor);
    return rc;
}

static void name_network(const struct scene *g, struct explain_recording *out)
{
    snprintf(out->link, sizeof out->link, "%.64s%s",
             g->setting->url != NULL ? "to a given server" : network_name(&g->network),
             g->network.emulated ? "" : " (times at the server: estimated)");
    if (g->setting->url != NULL)
        snprintf(out->network, sizeof out->network, "with %s", g->setting->url);
    else if (g->network.emulated)
        snprintf(out->network, sizeof out->network, "over the link %s", network_name(&g->network));
    else if (g->network.note[0] != '\0')
        snprintf(out->network, sizeof out->network, "over %.360s", g->network.note);
    else
        snprintf(out->network, sizeof out->network, "over loopback");
}

int explain_stage_run(struct explain_recording *out, const struct explain_setting *s,
                      struct err_text *e)
{
    struct scene g = {.setting = s};
    int lock_fd = file_make_temporary(g.folder, sizeof g.folder, "explain", e);
    int rc = lock_fd < 0 ? PL_ESYS : PL_OK;

    if (rc < 0)
        return rc;
    if (s->url == NULL)
        rc = network_open(&g.network, &(struct network_wish){.link = s->link, .seed = 1}, e);
    if (rc == PL_OK && s->wire_needed && !g.network.emulated) {
        network_close(&g.network);
        rc = err_set(e, PL_ESYS, "no emulated link to capture packets on: %.300s", g.network.why);
    }
    if (rc == PL_OK) {
        name_network(&g, out);
        rc = play_with_children(&g, out, e);
        network_close(&g.network);
    }
    file_remove_folder(g.folder);
    file_close(&lock_fd);
    return rc;
}
