/* `pushlab probe URL`: does something between here and a server hold updates back, or cut them? */
#include "bench/commands.h"

#include <stdio.h>
#include <string.h>

#include "bench/probe/probe.h"
#include "bench/probe/probe_write.h"
#include "lib/base/terminal.h"

#define OPT_CONFIG struct config
#include "lib/opt/opt_rows.h"

struct config {
    const char *ca_path;
    int64_t idle_ns;
    bool json;
};

static const struct opt opts[] = {
    SECONDS("idle", idle_ns, "45", 1, 3600, "how long silent connections are watched"),
    TEXT("tls-ca", "FILE", ca_path, NULL, "with https: trust these certificates (PEM) only"),
    FLAG("json", json, "print JSON, with the times of each connection"),
    {.name = NULL},
};

static const struct opt_program program = {
    .name = "pushlab probe",
    .usage = "URL [options]",
    .about =
        "Find out what the path between here and a server does to pushed updates: are streams held "
        "back, compressed or cut when they are silent, is the upgrade to WebSocket passed, does "
        "somebody else answer a held request, and which heartbeat is enough. With a pushlab server "
        "(pushlab serve) at the far end, both sides are known; URL is then where it serves. Of any "
        "other server, URL is its stream or WebSocket. Only asks: nothing is published.",
    .footer = "Exit code: 0 when nothing stands in the way, 3 when something does, 1 when the\n"
              "server can't be reached, 2 when an option is wrong.\n"
              "\n"
              "Examples:\n"
              "  pushlab probe http://127.0.0.1:8080\n"
              "  pushlab probe https://live.example/updates --idle 120\n"
              "  pushlab probe wss://ws.example/\n",
    .opts = opts,
};

static int show(const struct config *c, const char *url, const struct probe_facts *f)
{
    struct probe_finding findings[PROBE_FINDINGS_MAX];
    size_t n = probe_judge(findings, f);
    struct buf text = {0};
    cJSON *json;
    int rc;

    if (c->json) {
        json = probe_write_json(url, f, findings, n);
        rc = command_print_json(json);
        cJSON_Delete(json);
    } else {
        rc = probe_write_text(&text, url, f, findings, n, terminal_width(stdout),
                              terminal_wants_colour(stdout));
        rc = command_print(&text, rc);
    }
    if (rc < 0)
        return command_fail(PL_EXIT_FAILURE, pl_strerror(rc));
    return probe_obstacles(findings, n) == 0 ? PL_EXIT_OK : PL_EXIT_WORSE;
}

int command_probe(int argc, char **argv)
{
    struct probe_setting setting = {.idle_ns = 0};
    struct config c = {0};
    struct probe_result result;
    struct err_text e = {""};
    int code, rc;

    if (!command_parse(&program, &c, argc, argv, "URL", "http://, https://, ws:// or wss://",
                       &code))
        return code;
    if (url_parse(&setting.url, argv[1], &e) < 0)
        return command_fail(PL_EXIT_USAGE, e.text);
    if (c.ca_path != NULL && !setting.url.tls)
        return command_fail(PL_EXIT_USAGE, "--tls-ca: only with a URL of https:// or wss://");
    setting.websocket = strncmp(argv[1], "ws", 2) == 0;
    setting.ca_path = c.ca_path;
    setting.idle_ns = c.idle_ns;
    if (!c.json)
        fprintf(stderr, "probing %s, about %.0f s ...\n", argv[1],
                (double)c.idle_ns / 1e9 < 6 ? 8 : (double)c.idle_ns / 1e9 + 2);
    rc = probe_run(&result, &setting, &e);
    code = rc < 0 ? command_fail(PL_EXIT_FAILURE, e.text) : show(&c, argv[1], &result.facts);
    probe_result_free(&result);
    return code;
}
