#include "bench/link/tool/link_session.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/wait.h>
#include <cjson/cJSON.h>

#include "bench/base/file.h"
#include "bench/base/json.h"
#include "lib/base/clock.h"
#include "lib/base/proc.h"

enum { POLL_MS = 10, SERVER_GRACE_MS = 2000, QUIET_POLLS = 2, QUIET_MOST_MS = 5000 };

static void pause_a_little(void)
{
    nanosleep(&(struct timespec){.tv_nsec = POLL_MS * NS_PER_MS}, NULL);
}

/* argv, or else a shell with command, or else an interactive shell. */
static pid_t start(const struct link *l, enum link_side side, const char *command, char **argv)
{
    static char sh[] = "/bin/sh", option[] = "-c";
    char *shell = getenv("SHELL");
    char *with_command[] = {sh, option, (char *)(uintptr_t)command, NULL};
    char *interactive[] = {shell != NULL ? shell : sh, NULL};
    pid_t child = link_fork(l, side);

    if (child != 0)
        return child;
    signal(SIGINT, SIG_DFL);
    signal(SIGQUIT, SIG_DFL);
    if (side == LINK_SERVER) /* stdout is for what the client prints */
        dup2(STDERR_FILENO, STDOUT_FILENO);
    if (argv == NULL)
        argv = command != NULL ? with_command : interactive;
    execvp(argv[0], argv);
    fprintf(stderr, "pushlab-link: %s: %s\n", argv[0], strerror(errno));
    _exit(127);
}

static int await_listener(const struct link *l, pid_t *server, int64_t wait_ns, struct err_text *e)
{
    int64_t deadline_ns = clock_now_ns() + wait_ns;

    /* The forwarder's namespace is the server's, and the forwarder is in it from the start. */
    while (!proc_listens(l->forwarder, 0)) {
        if (waitpid(*server, NULL, WNOHANG) == *server) {
            *server = -1;
            return err_set(e, PL_EOF, "--server: it ended before it listened on TCP");
        }
        if (clock_now_ns() > deadline_ns)
            return err_set(e, PL_ELIMIT,
                           "--server: does not listen on TCP after %g s; --wait 0: do not wait",
                           (double)wait_ns / (double)NS_PER_S);
        pause_a_little();
    }
    return PL_OK;
}

static int await_exit(pid_t child)
{
    int status;

    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR)
            return PL_EXIT_FAILURE;
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Ask it to end; kill it after two seconds. */
static void stop_server(pid_t server)
{
    int64_t deadline_ns = clock_now_ns() + SERVER_GRACE_MS * NS_PER_MS;

    if (server <= 0)
        return;
    kill(server, SIGTERM);
    while (waitpid(server, NULL, WNOHANG) == 0) {
        if (clock_now_ns() > deadline_ns)
            kill(server, SIGKILL);
        pause_a_little();
    }
}

static int run_client(const struct link_session_config *c, const struct link *l, int *status,
                      struct err_text *e)
{
    pid_t client = start(l, LINK_CLIENT, c->client, c->client_argv);

    if (client < 0)
        return err_set(e, PL_ESYS, "start client: %s", strerror(errno));
    *status = await_exit(client);
    return PL_OK;
}

static int run_commands(const struct link_session_config *c, const struct link *l, int *status,
                        struct err_text *e)
{
    pid_t server = -1;
    int rc = PL_OK;

    if (c->server != NULL) {
        server = start(l, LINK_SERVER, c->server, NULL);
        if (server < 0)
            return err_set(e, PL_ESYS, "start server: %s", strerror(errno));
        if (c->wait_ns > 0)
            rc = await_listener(l, &server, c->wait_ns, e);
    }
    if (rc == PL_OK)
        rc = run_client(c, l, status, e);
    stop_server(server);
    return rc;
}

static int write_json(const char *path, struct buf *json, struct err_text *e)
{
    struct err_text why;

    if (buf_printf(json, "\n") < 0)
        return err_set(e, PL_ENOMEM, "--json: %s", pl_strerror(PL_ENOMEM));
    if (strcmp(path, "-") != 0)
        return file_write(path, json->data, json->len, &why) < 0
                   ? err_set(e, PL_ESYS, "--json: %.300s", why.text)
                   : PL_OK;
    if (printf("%.*s", (int)json->len, (const char *)json->data) < 0 || fflush(stdout) != 0)
        return err_set(e, PL_ESYS, "write to stdout failed");
    return PL_OK;
}

static bool is_quiet(const struct link *l)
{
    cJSON *account = link_account(l, NULL); /* NULL: the forwarder is dead, and quiet */
    bool busy = json_number(account, "lanes.up.under_way_packets") > 0 ||
                json_number(account, "lanes.down.under_way_packets") > 0;

    cJSON_Delete(account);
    return !busy;
}

/* Let the last packets arrive, and what the kernels answer to them: counters and a capture
 * that end too early would not agree with what the programs saw. */
static void await_quiet(const struct link *l)
{
    int64_t deadline_ns = clock_now_ns() + QUIET_MOST_MS * NS_PER_MS;
    int quiet = 0;

    while (quiet < QUIET_POLLS && clock_now_ns() < deadline_ns) {
        pause_a_little();
        quiet = is_quiet(l) ? quiet + 1 : 0;
    }
}

static void print_flow(const char *who, const cJSON *f)
{
    fprintf(stderr, "%-10s %9.0f %12.0f %12.0f %6.0f %6.0f %6.0f %9.0f %8.0f %7.0f\n", who,
            json_number(f, "packets"), json_number(f, "bytes"), json_number(f, "payload_bytes"),
            json_number(f, "syns"), json_number(f, "fins"), json_number(f, "rsts"),
            json_number(f, "pure_acks"), json_number(f, "retransmissions"), json_number(f, "lost"));
}

/* The link's counters (docs/link.md) as a few lines for people, on standard error. */
static void print_summary(const struct buf *json)
{
    cJSON *root = cJSON_ParseWithLength((const char *)json->data, json->len);
    const cJSON *tcp = json_at(root, "tcp"), *late = json_at(root, "late_us");

    fprintf(stderr, "link: %s\n", json_text(root, "spec"));
    fprintf(stderr, "%-10s %9s %12s %12s %6s %6s %6s %9s %8s %7s\n", "TCP from", "packets", "bytes",
            "payload", "SYN", "FIN", "RST", "pure ACK", "repeated", "lost");
    print_flow("client", json_at(tcp, "up"));
    print_flow("server", json_at(tcp, "down"));
    fprintf(stderr,
            "connections %.0f, handshakes completed %.0f, dropped by the emulator itself %.0f\n"
            "packets handed over late: p50 %.0f us, p99 %.0f us, most %.0f us\n",
            json_number(tcp, "connections"), json_number(tcp, "handshakes"),
            json_number(root, "own_drops"), json_number(late, "p50"), json_number(late, "p99"),
            json_number(late, "max"));
    cJSON_Delete(root);
}

static int give_account(const struct link_session_config *c, const struct link *l,
                        struct err_text *e)
{
    struct buf json = {.data = NULL};
    int rc = link_counters(l, &json, c->json != NULL ? UINT32_MAX : 0);

    if (rc < 0) {
        err_set(e, rc, "read the link's counters: %s", pl_strerror(rc));
    } else {
        if (c->json != NULL)
            rc = write_json(c->json, &json, e);
        if (!c->quiet)
            print_summary(&json);
    }
    buf_free(&json);
    return rc;
}

static void set_environment(const struct link *l, bool ipv6)
{
    char path[64];

    snprintf(path, sizeof path, "/proc/%d/ns/net", (int)l->forwarder);
    setenv(LINK_SESSION_ENV_SERVER_NAMESPACE, path, 1);
    setenv(LINK_SESSION_ENV_SERVER, ipv6 ? LINK_SERVER_IPV6 : LINK_SERVER_IPV4, 1);
    setenv(LINK_SESSION_ENV_CLIENT, ipv6 ? LINK_CLIENT_IPV6 : LINK_CLIENT_IPV4, 1);
}

static int run_on_link(const struct link_session_config *c, const struct link *l, int *status,
                       struct err_text *e)
{
    static const enum link_capture_at views[] = {LINK_CAPTURE_CLIENT, LINK_CAPTURE_SERVER,
                                                 LINK_CAPTURE_BOTH};
    int rc = PL_OK;

    if (c->pcap != NULL)
        rc = link_capture(l, c->pcap, views[c->pcap_at], c->link, e);
    /* Ctrl-C is for the commands; this process must live to print the counters. */
    signal(SIGINT, SIG_IGN);
    signal(SIGQUIT, SIG_IGN);
    if (rc == PL_OK)
        rc = run_commands(c, l, status, e);
    signal(SIGINT, SIG_DFL);
    signal(SIGQUIT, SIG_DFL);
    if (rc == PL_OK) {
        await_quiet(l);
        rc = give_account(c, l, e);
    }
    if (rc == PL_OK && c->pcap != NULL)
        rc = link_capture_end(l, e);
    return rc;
}

int link_session_run(const struct link_session_config *c, int *status, struct err_text *e)
{
    struct link_spec spec;
    struct link l;
    struct err_text why;
    int rc = link_spec_parse(&spec, c->link, e);

    if (rc < 0)
        return PL_EINVAL;
    if (c->json != NULL && strcmp(c->json, "-") != 0 && file_try(c->json, &why) < 0)
        return err_set(e, PL_ESYS, "--json: %.300s", why.text);
    rc = link_open(&l, &spec, (uint64_t)c->seed, e);
    if (rc < 0)
        return rc;
    set_environment(&l, c->ip == 1);
    rc = c->ip == 1 ? link_need_ipv6(&l, e) : PL_OK;
    rc = rc < 0 ? rc : run_on_link(c, &l, status, e);
    link_close(&l);
    return rc;
}
