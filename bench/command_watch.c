/* `pushlab watch`: updates as they arrive, from a given server or one that it starts. */
#include "bench/commands.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "bench/base/child.h"
#include "lib/base/clock.h"
#include "bench/run/server_start.h"
#include "bench/scenario/scenario_args.h"
#include "bench/watch_verbose.h"
#include "lib/proto/transport_info.h"

#define OPT_CONFIG struct config
#include "lib/opt/opt_rows.h"

struct config {
    const char *url, *interval, *hold, *connection;
    double rate_hz;
    int64_t payload_bytes, count;
    bool verbose;
};

/* Texts are handed on as they are: pushlab-client knows what it accepts. */
static const struct opt opts[] = {
    TEXT("url", "URL", url, NULL, "the server to watch; without it one is started on a free port"),
    INT("count", "N", count, "0", 0, 9e15, "stop after N updates; 0: only on Ctrl-C"),
    TEXT("interval", "MS", interval, NULL, "short-poll: time between polls"),
    TEXT("hold", "MS", hold, NULL, "long-poll: how long to ask to be held"),
    TEXT("connection", "keep-alive|close", connection, NULL,
         "close: a new TCP connection for every poll"),
    FLAG("verbose", verbose, "explain every byte as it arrives, as pushlab explain does"),
    HEADING("The server that is started without --url"),
    REAL("rate", "HZ", rate_hz, "1", 0.001, 1e6, "updates a second"),
    INT("payload-bytes", "N", payload_bytes, "128", 2, 1048576, "size of an update's data"),
    {.name = NULL},
};

static const struct opt_program program = {
    .name = "pushlab watch",
    .usage = "TRANSPORT [options]",
    .about = "Print updates as they arrive over one transport, each with its latency.",
    .footer = "Examples:\n"
              "  pushlab watch short-poll --interval 2s\n"
              "  pushlab watch sse --url http://127.0.0.1:8080\n"
              "  pushlab watch websocket --verbose --count 3\n",
    .opts = opts,
    .operand_words = transport_names,
};

static void add_text(struct scenario_args *a, const char *option, const char *text)
{
    if (text != NULL)
        scenario_args_add(a, option, "%s", text);
}

static int start_client(struct supervisor *sup, struct child *client, const struct config *c,
                        const char *transport, const char *url, struct err_text *e)
{
    unsigned reads = c->verbose ? CHILD_READ_OUT | CHILD_READ_PROGRESS : CHILD_SAME_GROUP;
    struct scenario_args args = {0};

    scenario_args_begin(&args, &program_client);
    scenario_args_add(&args, "--watch", NULL);
    scenario_args_add(&args, "--transport", "%s", transport);
    scenario_args_add(&args, "--url", "%s", url);
    add_text(&args, "--interval", c->interval);
    add_text(&args, "--hold", c->hold);
    add_text(&args, "--connection", c->connection);
    if (c->verbose)
        scenario_args_add(&args, "--transcript-fd", "%d", CHILD_PROGRESS_FD);
    if (c->count > 0)
        scenario_args_add(&args, "--count", "%lld", (long long)c->count);
    return program_start(sup, client, &program_client, &args, reads, NULL, e);
}

static int start_server(struct supervisor *sup, struct child *server, const struct config *c,
                        char *address, size_t cap, struct err_text *e)
{
    struct scenario_args args = {0};

    scenario_args_begin(&args, &program_server);
    scenario_args_add(&args, "--listen", "127.0.0.1:0");
    scenario_args_add(&args, "--rate", "%.12g", c->rate_hz);
    scenario_args_add(&args, "--payload-bytes", "%lld", (long long)c->payload_bytes);
    return server_start(sup, server, &args, NULL, address, cap, e);
}

/* Explain what the client's transcript says, and print its output. v NULL: it prints itself. */
static void relay(struct watch_verbose *v, struct child *client)
{
    char *line;

    if (v == NULL)
        return;
    while ((line = child_next_line(client, CHILD_PROGRESS)) != NULL)
        if (watch_verbose_take(v, line) < 0)
            return;
    while ((line = child_next_line(client, CHILD_OUT)) != NULL)
        printf("%s\n", line);
    fflush(stdout);
}

/* On Ctrl-C the client gets the time to print its sums. Returns the exit code. */
static int follow(struct supervisor *sup, struct child *server, struct child *client,
                  struct watch_verbose *v)
{
    struct err_text e;

    while (!client->ended && supervisor_wait(sup, INT64_MAX) > 0) {
        relay(v, client);
        if (sup->interrupts > 0) {
            supervisor_stop(sup, client, 2 * NS_PER_S);
            relay(v, client);
            return PL_EXIT_OK;
        }
        if (server->pid == 0 || !server->ended || client->ended)
            continue;
        child_fail(server, &e);
        return command_fail(PL_EXIT_FAILURE, e.text);
    }
    return WIFEXITED(client->status) ? WEXITSTATUS(client->status) : PL_EXIT_FAILURE;
}

static int watch(struct supervisor *sup, const struct config *c, const char *transport,
                 struct watch_verbose *v)
{
    struct child server = {0}, client = {0};
    struct err_text e = {""};
    char address[128] = "", url[160];
    int rc = PL_OK, code = PL_EXIT_OK;

    if (c->url == NULL) {
        rc = start_server(sup, &server, c, address, sizeof address, &e);
        snprintf(url, sizeof url, "http://%s", address);
    }
    if (rc == PL_OK)
        rc = start_client(sup, &client, c, transport, c->url != NULL ? c->url : url, &e);
    if (rc == PL_OK)
        code = follow(sup, &server, &client, v);
    else if (rc != PL_EINTR)
        code = command_fail(PL_EXIT_FAILURE, e.text);
    supervisor_stop(sup, &client, NS_PER_S);
    supervisor_stop(sup, &server, 2 * NS_PER_S);
    child_free(sup, &client);
    child_free(sup, &server);
    return code;
}

int command_watch(int argc, char **argv)
{
    struct config c = {0};
    struct watch_verbose verbose = {.explain = NULL};
    struct supervisor sup;
    int code;

    if (!command_parse(&program, &c, argc, argv, "transport", NULL, &code))
        return code;
    if (c.verbose && watch_verbose_begin(&verbose, stdout) < 0)
        return command_fail(PL_EXIT_FAILURE, pl_strerror(PL_ENOMEM));
    if (supervisor_open(&sup) < 0)
        return command_fail(PL_EXIT_FAILURE, "signalfd failed");
    code = watch(&sup, &c, argv[1], c.verbose ? &verbose : NULL);
    supervisor_close(&sup);
    watch_verbose_end(&verbose);
    return code;
}
