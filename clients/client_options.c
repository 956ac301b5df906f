#include "client_options.h"

#include <string.h>

#include "driver.h"
#include "opt.h"
#include "tls.h"

#define FIELD(name) offsetof(struct client_options, name)

enum { DRIVERS_MAX = 15 };

static const char *const connection_words[] = {"keep-alive", "close", NULL};
static const char *const control_words[] = {"auto", "none", NULL};
static const char *const resume_words[] = {"yes", "no", NULL};

/* The words of --transport are filled in from drivers[]: the only list of transports. */
static const struct opt table[] = {
    {.name = "What to receive", .kind = OPT_HEADING},
    {"transport", OPT_CHOICE, "NAME", FIELD(transport), "websocket", 0, 0, NULL,
     "the transport to drive"},
    {"url", OPT_TEXT, "URL", FIELD(url_text), "http://127.0.0.1:8080", 0, 0, NULL,
     "the server, http or https; a path is put before the transport's own"},
    {"connection", OPT_CHOICE, "MODE", FIELD(connection), "keep-alive", 0, 0, connection_words,
     "close: a new TCP connection for every poll"},
    {"interval", OPT_MS, "MS", FIELD(interval_ns), "1000", 1, 3600000, NULL,
     "short-poll: time between a client's polls"},
    {"hold", OPT_MS, "MS", FIELD(hold_ns), "25000", 1, 3600000, NULL,
     "long-poll: ask the server to hold a request so long"},

    {.name = "How many, how fast", .kind = OPT_HEADING},
    {"clients", OPT_INT, "N", FIELD(clients), "1", 1, 1000000, NULL, "clients in this process"},
    {"ramp", OPT_REAL, "PER_S", FIELD(ramp_per_s), "2000", 0.1, 1000000, NULL,
     "start at most so many clients per second"},
    {"source-addresses", OPT_INT, "N", FIELD(source_addresses), "0", 0, 16777214, NULL,
     "spread over N addresses from 127.0.0.1 on; 0: as many as the clients need"},
    {"seed", OPT_INT, "N", FIELD(seed), "1", 0, 9e15, NULL,
     "seed of phases, back-off, masking keys"},
    {"core", OPT_INT, "N", FIELD(core), "-1", -1, 1023, NULL, "pin to a CPU core; -1: do not"},

    {.name = "Phases", .kind = OPT_HEADING},
    {"setup-timeout", OPT_SECONDS, "S", FIELD(setup_timeout_ns), "30", 0.001, 3600, NULL,
     "wait so long for the last client to join"},
    {"warmup", OPT_SECONDS, "S", FIELD(warmup_ns), "1", 0, 86400, NULL,
     "run before the window opens"},
    {"duration", OPT_SECONDS, "S", FIELD(duration_ns), "10", 0.001, 86400, NULL,
     "length of the measurement window"},
    {"drain", OPT_SECONDS, "S", FIELD(drain_ns), "5", 0, 3600, NULL,
     "wait at most so long for the window's last updates"},

    {.name = "Connections", .kind = OPT_HEADING},
    {"connect-timeout", OPT_SECONDS, "S", FIELD(connect_timeout_ns), "10", 0.001, 3600, NULL,
     "give up connecting after"},
    {"reconnect-min", OPT_MS, "MS", FIELD(reconnect_min_ns), "100", 0, 3600000, NULL,
     "back-off after a loss: first ceiling of the random wait"},
    {"reconnect-max", OPT_MS, "MS", FIELD(reconnect_max_ns), "10000", 0, 3600000, NULL,
     "back-off after a loss: last ceiling, reached by doubling"},
    {"sndbuf-bytes", OPT_INT, "N", FIELD(sndbuf_bytes), "0", 0, 1 << 30, NULL,
     "SO_SNDBUF; 0: the kernel's choice"},
    {"rcvbuf-bytes", OPT_INT, "N", FIELD(rcvbuf_bytes), "0", 0, 1 << 30, NULL,
     "SO_RCVBUF; 0: the kernel's choice"},

    {.name = "TLS, with https:// and wss://", .kind = OPT_HEADING},
    {"tls-ca", OPT_TEXT, "FILE", FIELD(tls_ca), NULL, 0, 0, NULL,
     "trust these certificates (PEM) only; default: the system's"},
    {"tls-version", OPT_CHOICE, NULL, FIELD(tls_version), "any", 0, 0, tls_version_words,
     "speak this version only"},
    {"tls-resume", OPT_CHOICE, NULL, FIELD(tls_resume), "yes", 0, 0, resume_words,
     "resume a client's TLS session when it connects again"},

    {.name = "Results", .kind = OPT_HEADING},
    {"json", OPT_FLAG, NULL, FIELD(json), NULL, 0, 0, NULL, "print one JSON object"},
    {"hlog", OPT_TEXT, "FILE", FIELD(hlog_path), NULL, 0, 0, NULL,
     "write the latencies as an HdrHistogram log"},
    {"timeline", OPT_TEXT, "FILE", FIELD(timeline_path), NULL, 0, 0, NULL,
     "write the latency of each update as CSV"},
    {"timeline-clients", OPT_INT, "N", FIELD(timeline_clients), "1", 1, 1000, NULL,
     "so many clients in the timeline"},
    {"progress-fd", OPT_INT, "FD", FIELD(progress_fd), "-1", -1, 1048576, NULL,
     "write a JSON line about four times a second to this descriptor"},
    {"gate", OPT_FLAG, NULL, FIELD(gate), NULL, 0, 0, NULL,
     "wait for a line on stdin when only the control connection is up"},
    {"control", OPT_CHOICE, "MODE", FIELD(control), "auto", 0, 0, control_words,
     "auto: ask the server's /stats what was published; none: any server will do"},

    {.name = "Watching", .kind = OPT_HEADING},
    {"watch", OPT_FLAG, NULL, FIELD(watch), NULL, 0, 0, NULL,
     "print each update as it arrives, until Ctrl-C"},
    {"count", OPT_INT, "N", FIELD(count), "0", 0, 9e15, NULL, "stop watching after N updates"},
    {0},
};

enum { TABLE_ROWS = sizeof table / sizeof table[0] };

static const char footer[] =
    "Examples:\n"
    "  pushlab-client --watch --transport sse\n"
    "  pushlab-client --transport long-poll --clients 500 --warmup 1 --duration 10 --json\n"
    "  pushlab-client --transport short-poll --interval 250ms --connection close\n";

static void name_transports(struct opt *opts, const char **names)
{
    size_t n = 0;

    while (drivers[n] != NULL && n < DRIVERS_MAX) {
        names[n] = drivers[n]->name;
        n++;
    }
    names[n] = NULL;
    for (struct opt *o = opts; o < opts + TABLE_ROWS; o++) {
        if (o->name != NULL && strcmp(o->name, "transport") == 0)
            o->choices = names;
    }
}

static int check_tls(const struct client_options *o, struct err_text *e)
{
    const char *option = o->tls_ca != NULL                ? "--tls-ca"
                         : o->tls_version != TLS_ANY      ? "--tls-version"
                         : o->tls_resume == TLS_RESUME_NO ? "--tls-resume"
                                                          : NULL;

    if (o->url.tls || option == NULL)
        return LAB_OK;
    return err_set(e, LAB_EINVAL, "%s: has no meaning for '%s'; accepted: with https://, wss://",
                   option, o->url_text);
}

static int check(struct client_options *o, struct err_text *e)
{
    struct err_text why;

    if (url_parse(&o->url, o->url_text, &why) < 0)
        return err_set(e, LAB_EINVAL, "--url: %.300s", why.text);
    if (check_tls(o, e) < 0)
        return LAB_EINVAL;
    if (o->reconnect_max_ns < o->reconnect_min_ns)
        return err_set(e, LAB_EINVAL, "--reconnect-max: smaller than --reconnect-min");
    if (o->connection == CONNECTION_CLOSE && !o->driver->polls)
        return err_set(e, LAB_EINVAL,
                       "--connection: close has no meaning for %s, which is one long response",
                       o->driver->name);
    if (o->watch && o->clients != 1)
        return err_set(e, LAB_EINVAL, "--watch: shows one client; accepted: --clients 1");
    return OPT_RUN;
}

int client_options_parse(struct client_options *o, int argc, char **argv, struct err_text *e)
{
    struct opt opts[TABLE_ROWS];
    const char *names[DRIVERS_MAX + 1];
    struct opt_program program = {
        .name = "pushlab-client",
        .usage = "[options]",
        .about = "N clients of one transport on one event loop: the load and the measurement.",
        .footer = footer,
        .opts = opts,
    };
    int result;

    *o = (struct client_options){0};
    memcpy(opts, table, sizeof opts);
    name_transports(opts, names);
    result = opt_parse(&program, o, argc, argv, NULL, e);
    if (result != OPT_RUN)
        return result;
    o->driver = drivers[o->transport];
    return check(o, e);
}
