#include "bench/run/cluster.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "lib/base/clock.h"
#include "bench/run/stats_snapshot.h"
#include "bench/base/json.h"
#include "bench/base/programs.h"
#include "bench/run/row.h"
#include "bench/run/store.h"

enum {
    PORT = 8080, /* on hosts of our own every port is free */
    SERVER_STOP_S = 3,
    INHERITED_FD_LEAST = 16,
    SERVER_WORDS = 10,  /* lines of its log that become notes */
    BALANCER_WORDS = 2, /* it says the same of each client */
};

/* How far a second source that knows nothing of the first is behind it. */
static const int64_t source_lag_ns = 500 * NS_PER_MS;

static enum hosts_name server_host(size_t i)
{
    return (enum hosts_name)(HOST_SERVER_1 + i);
}

/* ---- servers ---- */

/* One stream for all of them; the first feeds it with what would be its source otherwise. */
static int add_shared_source(const struct cluster *c, struct scenario_args *args, size_t i)
{
    char store[LINK_ADDRESS_CHARS] = "";
    int rc;

    hosts_address(&c->network.hosts, server_host(i), HOST_STORE, store);
    rc = scenario_args_add(args, "--source", "redis://%s:%d/" STORE_KEY, store, STORE_PORT);
    return rc < 0 || i > 0 ? rc : scenario_args_add(args, "--feed", "generator");
}

static int add_own_source(const struct cluster *c, struct scenario_args *args, size_t i,
                          int64_t start_ns)
{
    bool lags = c->plan.source == SERVERS_DIFFERING && i > 0;
    int rc = scenario_args_add(args, "--source-start", "%lld",
                               (long long)(start_ns + (lags ? source_lag_ns : 0)));

    if (rc < 0 || !lags)
        return rc;
    return scenario_args_add(args, "--seed", "%lld", (long long)(c->scenario->seed + 1));
}

/* What server number i is told besides what the scenario says; of an option given twice, the last
 * one counts. */
static int own_args(const struct cluster *c, struct scenario_args *args, size_t i, int64_t start_ns)
{
    int64_t beat_ms = c->row->heartbeat_ms;
    int rc = scenario_args_add(args, "--listen", "%s", c->servers[i].address);

    if (rc == PL_OK)
        rc = c->plan.source == SERVERS_REDIS ? add_shared_source(c, args, i)
                                             : add_own_source(c, args, i, start_ns);
    if (rc == PL_OK && beat_ms != SCENARIO_UNSET)
        rc = scenario_args_add(args, "--heartbeat", "%lld", (long long)beat_ms);
    if (rc == PL_OK && beat_ms != SCENARIO_UNSET)
        rc = scenario_args_add(args, "--ws-ping", "%lld", (long long)beat_ms);
    return rc;
}

static int server_args(const struct cluster *c, struct scenario_args *args, size_t i,
                       int64_t start_ns, int core)
{
    char program[PATH_MAX];
    int rc;

    program_find(&program_server, program);
    rc = scenario_args_add(args, program, NULL);
    if (rc == PL_OK)
        rc = scenario_args_server(args, c->scenario);
    if (rc == PL_OK)
        rc = own_args(c, args, i, start_ns);
    if (rc == PL_OK && core >= 0)
        rc = scenario_args_add(args, "--core", "%d", core);
    return rc;
}

static void record(cJSON *commands, const char *name, const struct scenario_args *args)
{
    cJSON *words = cJSON_AddArrayToObject(commands, name);

    for (size_t i = 0; i < args->argc; i++)
        json_append_text(words, args->argv[i]);
}

static struct sockaddr_in socket_address(const char *text)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(PORT)};
    char host[LINK_ADDRESS_CHARS];

    snprintf(host, sizeof host, "%.*s", (int)strcspn(text, ":"), text);
    inet_pton(AF_INET, host, &a.sin_addr);
    return a;
}

/* A connection from the server's host to itself, or PL_ESYS. */
static int connect_to(const struct cluster *c, size_t i)
{
    struct sockaddr_in to = socket_address(c->servers[i].address);
    int fd = hosts_socket(&c->network.hosts, server_host(i));

    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) == 0)
        return fd;
    close(fd);
    return PL_ESYS;
}

static int start_server(struct cluster *c, size_t i, int64_t start_ns, int core, cJSON *commands,
                        struct err_text *e)
{
    struct cluster_server *s = &c->servers[i];
    enum hosts_name in_front = c->kind->shape == HOSTS_BALANCED ? HOST_BALANCER : HOST_CLIENT;
    struct scenario_args args = {0};
    char address[LINK_ADDRESS_CHARS] = "", said[128], name[16];

    s->stats_fd = -1;
    hosts_address(&c->network.hosts, in_front, server_host(i), address);
    snprintf(s->address, sizeof s->address, "%s:%d", address, PORT);
    if (server_args(c, &args, i, start_ns, core) < 0)
        return err_set(e, PL_ELIMIT, "%s: the command line is too long", program_server.name);
    snprintf(name, sizeof name, "server%zu", i + 1);
    record(commands, name, &args);
    c->nservers++;
    if (row_start_server(c->supervisor, &s->child, args.argv,
                         hosts_place(&c->network.hosts, server_host(i)), said, sizeof said,
                         e) != ROW_DONE)
        return PL_ESYS;
    s->stats_fd = connect_to(c, i);
    return s->stats_fd < 0 ? err_set(e, PL_ESYS, "%s: %s", s->address, strerror(errno)) : PL_OK;
}

/* ---- the balancer ---- */

static int start_balancer(struct cluster *c, struct err_text *e)
{
    struct balancer_words words = {.nservers = c->nservers};
    char listen[LINK_ADDRESS_CHARS + 8], host[LINK_ADDRESS_CHARS] = "", path[SCENARIO_PATH_BYTES];

    if (c->kind->program == NULL)
        return PL_OK;
    hosts_address(&c->network.hosts, HOST_CLIENT, HOST_BALANCER, host);
    snprintf(listen, sizeof listen, "%s:%d", host, PORT);
    words.listen = listen;
    for (size_t i = 0; i < c->nservers; i++)
        words.servers[i] = c->servers[i].address;
    scenario_path_beside(path, c->scenario,
                         c->plan.config[0] != '\0' ? c->plan.config : c->kind->config);
    return balancer_start(&c->balancer, c->supervisor, c->kind, path, &words,
                          hosts_place(&c->network.hosts, HOST_BALANCER), PORT, e);
}

/* ---- open ---- */

static int open_hosts(struct cluster *c, struct err_text *e)
{
    const struct scenario *s = c->scenario;
    struct hosts_plan plan = {
        .shape = c->kind->shape,
        .servers = (size_t)c->plan.servers,
        .store = c->plan.source == SERVERS_REDIS,
        .seed = (uint64_t)s->seed,
    };
    char front[SCENARIO_TEXT_BYTES + 32];
    int rc = link_spec_parse(&plan.front, scenario_link(front, sizeof front, s), e);

    if (rc == PL_OK)
        rc = link_spec_parse(&plan.behind, c->plan.link, e);
    return rc < 0 ? rc : network_open_hosts(&c->network, &plan, e);
}

int cluster_open(struct cluster *c, const struct scenario *s, const struct scenario_row *row,
                 struct supervisor *n, int core, cJSON *commands, struct err_text *e)
{
    int64_t start_ns = clock_now_ns(); /* who comes up later catches up */
    int rc;

    *c = (struct cluster){.scenario = s, .row = row, .supervisor = n, .client_fd = -1};
    scenario_balancer_of(&c->plan, s, row);
    c->kind = balancer_kind(c->plan.kind);
    rc = open_hosts(c, e);
    if (rc == PL_OK && c->plan.source == SERVERS_REDIS)
        rc = store_start(&c->store, n, hosts_place(&c->network.hosts, HOST_STORE), e);
    for (size_t i = 0; rc == PL_OK && i < (size_t)c->plan.servers; i++)
        rc = start_server(c, i, start_ns, core, commands, e);
    return rc < 0 ? rc : start_balancer(c, e);
}

/* ---- clients ---- */

static int enter_client(const void *arg)
{
    const struct cluster *c = arg;
    const struct child_place *place = hosts_place(&c->network.hosts, HOST_CLIENT);

    if (fcntl(c->client_fd, F_SETFD, 0) < 0)
        return PL_ESYS;
    return place->enter(place->arg);
}

const struct child_place *cluster_client_place(const struct cluster *c)
{
    return &c->client_place;
}

static int prepare_control(struct cluster *c)
{
    int fd = connect_to(c, 0);

    c->client_fd = fd < 0 ? fd : fcntl(fd, F_DUPFD_CLOEXEC, INHERITED_FD_LEAST);
    if (fd >= 0)
        close(fd);
    c->client_place = (struct child_place){enter_client, c};
    return c->client_fd < 0 ? PL_ESYS : PL_OK;
}

static int add_resolve(const struct cluster *c, struct scenario_args *args)
{
    char list[HOSTS_SERVERS_MAX * LINK_ADDRESS_CHARS] = "";
    size_t len = 0;

    for (size_t i = 0; i < c->nservers; i++) {
        const char *address = c->servers[i].address;

        len += (size_t)snprintf(list + len, sizeof list - len, "%s%.*s", i > 0 ? "," : "",
                                (int)strcspn(address, ":"), address);
    }
    return scenario_args_add(args, "--resolve", "%s", list);
}

int cluster_client_args(struct cluster *c, struct scenario_args *args)
{
    char host[LINK_ADDRESS_CHARS];

    if (prepare_control(c) < 0 || scenario_args_add(args, "--control-fd", "%d", c->client_fd) < 0)
        return PL_ELIMIT;
    if (c->kind->shape == HOSTS_FANNED)
        return scenario_args_add(args, "--url", "http://servers.test:%d", PORT) < 0
                   ? PL_ELIMIT
                   : add_resolve(c, args);
    if (c->kind->shape == HOSTS_PAIR)
        return scenario_args_add(args, "--url", "http://%s", c->servers[0].address);
    hosts_address(&c->network.hosts, HOST_CLIENT, HOST_BALANCER, host);
    return scenario_args_add(args, "--url", "http://%s:%d", host, PORT);
}

void cluster_client_started(struct cluster *c)
{
    if (c->client_fd >= 0)
        close(c->client_fd);
    c->client_fd = -1;
}

/* ---- while it runs ---- */

static int look(struct cluster *c, enum stats_snapshot which, struct err_text *e)
{
    c->due_ns[which] = 0;
    c->balancer_cpu_ns[which] = service_cpu_ns(&c->balancer);
    c->store_cpu_ns[which] = service_cpu_ns(&c->store);
    for (size_t i = 0; i < c->nservers; i++) {
        struct cluster_server *s = &c->servers[i];

        if (s->killed_ns != 0)
            continue;
        cJSON_Delete(s->looks[which]);
        s->looks[which] = stats_snapshot_read(s->stats_fd, e);
        if (s->looks[which] == NULL)
            return PL_ESYS;
    }
    return PL_OK;
}

int cluster_begin(struct cluster *c, struct err_text *e)
{
    return look(c, SNAPSHOT_START, e);
}

void cluster_set_window(struct cluster *c, int64_t start_ns, int64_t end_ns)
{
    c->window_start_ns = c->due_ns[SNAPSHOT_WINDOW_START] = start_ns;
    c->due_ns[SNAPSHOT_WINDOW_END] = end_ns;
    if (c->plan.kill_s > SCENARIO_UNSET)
        c->kill_due_ns = start_ns + (int64_t)(c->plan.kill_s * (double)NS_PER_S);
}

int cluster_end(struct cluster *c, struct err_text *e)
{
    return look(c, SNAPSHOT_END, e);
}

/* What it had counted until then is all that it will ever have counted. */
static int kill_last(struct cluster *c, struct err_text *e)
{
    struct cluster_server *s = &c->servers[c->nservers - 1];
    cJSON *last = stats_snapshot_read(s->stats_fd, e);

    c->kill_due_ns = 0;
    if (last == NULL)
        return PL_ESYS;
    for (int i = 0; i < CLUSTER_LOOKS; i++)
        if (s->looks[i] == NULL)
            s->looks[i] = cJSON_Duplicate(last, true);
    cJSON_Delete(last);
    s->killed_ns = clock_now_ns();
    kill(s->child.pid, SIGKILL);
    supervisor_stop(c->supervisor, &s->child, SERVER_STOP_S * NS_PER_S);
    return PL_OK;
}

static int64_t sooner_ns(int64_t a_ns, int64_t b_ns)
{
    return b_ns != 0 && b_ns < a_ns ? b_ns : a_ns;
}

int64_t cluster_due_ns(const struct cluster *c)
{
    int64_t due_ns = sooner_ns(INT64_MAX, c->kill_due_ns);

    for (int i = 0; i < CLUSTER_LOOKS; i++)
        due_ns = sooner_ns(due_ns, c->due_ns[i]);
    return due_ns;
}

static int see_who_runs(struct cluster *c, struct err_text *e)
{
    struct child *ended = c->balancer.child.ended ? &c->balancer.child : NULL;
    char end[300];

    if (c->store.child.ended)
        ended = &c->store.child;
    for (size_t i = 0; i < c->nservers; i++)
        if (c->servers[i].child.ended && c->servers[i].killed_ns == 0)
            ended = &c->servers[i].child;
    if (ended == NULL)
        return PL_OK;
    child_describe(ended, end, sizeof end);
    return err_set(e, PL_ESYS, "%s %.280s", ended->name, end);
}

int cluster_poll(struct cluster *c, int64_t now_ns, struct err_text *e)
{
    int rc = see_who_runs(c, e);

    for (int i = 0; rc == PL_OK && i < CLUSTER_LOOKS; i++)
        if (c->due_ns[i] != 0 && c->due_ns[i] <= now_ns)
            rc = look(c, (enum stats_snapshot)i, e);
    if (rc == PL_OK && c->kill_due_ns != 0 && c->kill_due_ns <= now_ns)
        rc = kill_last(c, e);
    return rc;
}

/* ---- afterwards ---- */

static void take_words(cJSON *notes, struct child *c, int most)
{
    const char *line;

    for (int i = 0; i < most && (line = child_next_line(c, CHILD_ERR)) != NULL; i++)
        if (line[0] != '\0')
            json_append_printf(notes, "%s: %s", c->name, child_said(c, line));
}

static void stop_server(struct cluster *c, struct cluster_server *s, cJSON *problems)
{
    char end[300];

    if (supervisor_stop(c->supervisor, &s->child, SERVER_STOP_S * NS_PER_S) &&
        child_succeeded(&s->child))
        return;
    child_describe(&s->child, end, sizeof end);
    if (problems != NULL && s->killed_ns == 0)
        json_append_printf(problems, "%s %s", s->child.name, end);
}

void cluster_stop(struct cluster *c, cJSON *problems, cJSON *notes)
{
    if (c->scenario == NULL)
        return;
    for (size_t i = 0; i < c->nservers; i++) {
        struct cluster_server *s = &c->servers[i];

        stop_server(c, s, problems);
        if (notes != NULL)
            take_words(notes, &s->child, SERVER_WORDS);
    }
    if (notes != NULL && c->balancer.child.name != NULL)
        take_words(notes, &c->balancer.child, BALANCER_WORDS);
    service_stop(&c->balancer, c->supervisor);
    service_stop(&c->store, c->supervisor); /* the servers said so if it went before them */
}

void cluster_close(struct cluster *c)
{
    if (c->scenario == NULL)
        return;
    cluster_client_started(c);
    for (size_t i = 0; i < c->nservers; i++) {
        struct cluster_server *s = &c->servers[i];

        child_free(c->supervisor, &s->child);
        if (s->stats_fd >= 0)
            close(s->stats_fd);
        for (int l = 0; l < CLUSTER_LOOKS; l++)
            cJSON_Delete(s->looks[l]);
    }
    network_close(&c->network);
    *c = (struct cluster){.client_fd = -1};
}
