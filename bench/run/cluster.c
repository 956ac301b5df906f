#include "bench/run/cluster.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "bench/base/file.h"
#include "bench/base/json.h"
#include "bench/run/server_start.h"
#include "bench/run/stats_snapshot.h"
#include "lib/base/clock.h"

/* The path of a server's --source redis://HOST:PORT/KEY. */
#define STORE_KEY "updates"

enum {
    PORT = 8080, /* every port is free on hosts of their own */
    STORE_PORT = 6379,
    SERVER_STOP_S = 3, /* it promises one */
    INHERITED_FD_LEAST = 16,
    SERVER_NOTES = 10,  /* lines of its log that become notes */
    BALANCER_NOTES = 2, /* it says the same of each client */
};

/* How far a second source, independent of the first, is behind it. */
static const int64_t source_lag_ns = 500 * NS_PER_MS;

static enum hosts_name server_host(size_t i)
{
    return (enum hosts_name)(HOST_SERVER_1 + i);
}

static const struct child_place *place_of(const struct cluster *c, enum hosts_name host)
{
    return hosts_place(&c->hosts.hosts, host);
}

static bool has_fault(const struct cluster *c, enum fault_kind kind)
{
    const struct scenario_faults *f = scenario_faults_of(c->w->scenario, c->w->row);

    for (size_t i = 0; i < f->n; i++)
        if (f->list[i].kind == (int)kind)
            return true;
    return false;
}

/* Will a server be started again? */
static bool returns(const struct cluster *c)
{
    const struct scenario_faults *f = scenario_faults_of(c->w->scenario, c->w->row);

    for (size_t i = 0; i < f->n; i++)
        if ((f->list[i].kind == FAULT_SERVER_KILL || f->list[i].kind == FAULT_SERVER_RESTART) &&
            f->list[i].for_s > SCENARIO_UNSET)
            return true;
    return false;
}

/* ---- servers ---- */

/* One stream for all servers; the first one fills it from the source that it has otherwise. */
static void add_shared_source(const struct cluster *c, struct scenario_args *args, size_t i)
{
    char store[LINK_ADDRESS_CHARS] = "";

    hosts_address(&c->hosts.hosts, server_host(i), HOST_STORE, store);
    scenario_args_add(args, "--source", "redis://%s:%d/" STORE_KEY, store, STORE_PORT);
    if (i == 0)
        scenario_args_add(args, "--feed", "generator");
}

static void add_own_source(const struct cluster *c, struct scenario_args *args, size_t i)
{
    bool lags = c->plan.source == SERVERS_DIFFERING && i > 0;

    scenario_args_add(args, "--source-start", "%lld",
                      (long long)(c->source_start_ns + (lags ? source_lag_ns : 0)));
    if (lags)
        scenario_args_add(args, "--seed", "%lld", (long long)(c->w->scenario->seed + 1));
}

/* What balanced server number i is told besides what the scenario says; of an option given twice,
 * the last one counts. */
static void add_balanced(const struct cluster *c, struct scenario_args *args, size_t i)
{
    enum hosts_name in_front = c->kind->shape == HOSTS_BALANCED ? HOST_BALANCER : HOST_CLIENT;
    long long beat_ms = c->w->row->heartbeat_ms;
    char address[LINK_ADDRESS_CHARS] = "";

    hosts_address(&c->hosts.hosts, in_front, server_host(i), address);
    scenario_args_add(args, "--listen", "%s:%d", address, PORT);
    if (c->plan.source == SERVERS_REDIS)
        add_shared_source(c, args, i);
    else
        add_own_source(c, args, i);
    if (beat_ms != SCENARIO_UNSET) {
        scenario_args_add(args, "--heartbeat", "%lld", beat_ms);
        scenario_args_add(args, "--ws-ping", "%lld", beat_ms);
    }
}

static void add_single(const struct cluster *c, struct scenario_args *args)
{
    const struct scenario *s = c->w->scenario;

    scenario_args_server_tls(args, s, c->w->cert);
    if (c->network->emulated || c->network->ipv6)
        scenario_args_add(args, "--listen", "%s", network_listen(c->network));
    if (c->network->emulated && s->send.workload != WORKLOAD_NONE)
        scenario_args_add(args, "--publish-open", NULL); /* nobody else is on the network */
}

/* Of a server that will be started again, what it keeps, and where its source began. */
static void add_mortal(const struct cluster *c, struct scenario_args *args, size_t i)
{
    if (c->history_folder[0] == '\0')
        return;
    if (!c->balanced && c->w->scenario->source.kind == SOURCE_GENERATOR)
        add_own_source(c, args, i);
    scenario_args_add(args, "--history-file", "%s/history%zu", c->history_folder, i + 1);
}

/* again: at the address that it had before. */
static void server_args(const struct cluster *c, struct scenario_args *args, size_t i, bool again)
{
    char name[24];

    scenario_args_begin(args, &program_server);
    scenario_args_server(args, c->w->scenario);
    if (c->balanced)
        add_balanced(c, args, i);
    else
        add_single(c, args);
    if (c->mortal)
        add_mortal(c, args, i);
    if (again)
        scenario_args_add(args, "--listen", "%s", c->servers[i].address);
    if (c->w->core >= 0)
        scenario_args_add(args, "--core", "%d", c->w->core);
    snprintf(name, sizeof name, c->balanced ? "server%zu" : "server", i + 1);
    if (!again)
        json_add_words(c->w->commands, name, args->argv, args->argc);
}

/* A connection from the server's host to itself, or PL_ESYS. */
static int connect_to(const struct cluster *c, size_t i)
{
    const char *address = c->servers[i].address;
    struct sockaddr_in to = {.sin_family = AF_INET};
    size_t len = strcspn(address, ":");
    char host[LINK_ADDRESS_CHARS];
    int fd = c->network->emulated ? hosts_socket(&c->network->hosts, server_host(i))
                                  : socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    snprintf(host, sizeof host, "%.*s", (int)len, address);
    inet_pton(AF_INET, host, &to.sin_addr);
    to.sin_port = htons((uint16_t)strtoul(address[len] != '\0' ? address + len + 1 : "", NULL, 10));
    if (fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof to) < 0)
        file_close(&fd);
    return fd < 0 ? PL_ESYS : fd;
}

/* The clients ask the one server of a row themselves, unless it will be ended. */
static int connect_stats(struct cluster *c, size_t i, struct err_text *e)
{
    struct cluster_server *s = &c->servers[i];

    file_close(&s->stats_fd);
    if (!c->balanced && !c->mortal)
        return PL_OK;
    s->stats_fd = connect_to(c, i);
    return s->stats_fd < 0 ? err_set(e, PL_ESYS, "%s: %s", s->address, strerror(errno)) : PL_OK;
}

static const struct child_place *server_place(const struct cluster *c, size_t i)
{
    return c->balanced ? place_of(c, server_host(i)) : network_place(c->network, LINK_SERVER);
}

static int start_server(struct cluster *c, size_t i, struct err_text *e)
{
    struct cluster_server *s = &c->servers[i];
    struct scenario_args args = {0};
    int rc;

    s->stats_fd = -1;
    server_args(c, &args, i, false);
    c->nservers++;
    rc = server_start(c->w->supervisor, &s->child, &args, server_place(c, i), s->address,
                      sizeof s->address, e);
    return rc < 0 ? rc : connect_stats(c, i, e);
}

/* The stream that servers share: redis-server on a host of its own, in memory only, because a
 * stream on a disk would measure the disk; unless a fault will end it: then it writes a log,
 * without waiting for the disk. The host is reached by its servers alone. */
static int start_store(struct cluster *c, struct err_text *e)
{
    struct service *s = &c->store;
    char port[8];
    char *argv[] = {s->program,
                    "--port",
                    port,
                    "--bind",
                    "0.0.0.0",
                    "--protected-mode",
                    "no",
                    "--save",
                    "",
                    "--appendonly",
                    has_fault(c, FAULT_STORE_AWAY) ? "yes" : "no",
                    "--appendfsync",
                    "no",
                    "--dir",
                    s->folder,
                    "--daemonize",
                    "no",
                    "--loglevel",
                    "warning",
                    NULL};

    snprintf(port, sizeof port, "%d", STORE_PORT);
    return service_start(s, c->w->supervisor, argv, place_of(c, HOST_STORE), STORE_PORT, e);
}

static int start_balancer(struct cluster *c, struct err_text *e)
{
    struct balancer_words words = {.nservers = c->nservers,
                                   .reloads = has_fault(c, FAULT_BALANCER_RELOAD)};
    char listen[LINK_ADDRESS_CHARS + 8], host[LINK_ADDRESS_CHARS] = "", path[SCENARIO_PATH_BYTES];

    hosts_address(&c->hosts.hosts, HOST_CLIENT, HOST_BALANCER, host);
    snprintf(listen, sizeof listen, "%s:%d", host, PORT);
    words.listen = listen;
    for (size_t i = 0; i < c->nservers; i++)
        words.servers[i] = c->servers[i].address;
    scenario_path_beside(path, c->w->scenario,
                         c->plan.config[0] != '\0' ? c->plan.config : c->kind->config);
    return balancer_start(&c->balancer, c->w->supervisor, c->kind, path, &words,
                          place_of(c, HOST_BALANCER), PORT, e);
}

static int prepare_store(struct cluster *c, struct err_text *e)
{
    int rc = service_prepare(&c->store, "redis-server", "--version", e);

    return rc < 0 ? rc : start_store(c, e);
}

static int prepare_mortal(struct cluster *c, struct err_text *e)
{
    c->mortal = has_fault(c, FAULT_SERVER_KILL) || has_fault(c, FAULT_SERVER_RESTART);
    if (!returns(c) || !c->w->row->history_file || !c->w->scenario->server.history_file)
        return PL_OK;
    c->history_lock_fd =
        file_make_temporary(c->history_folder, sizeof c->history_folder, "history", e);
    return c->history_lock_fd < 0 ? c->history_lock_fd : PL_OK;
}

static int open_hosts(struct cluster *c, struct err_text *e)
{
    const struct scenario *s = c->w->scenario;
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
    c->network = &c->hosts;
    rc = rc < 0 ? rc : network_open_hosts(&c->hosts, &plan, e);
    return rc < 0 ? rc : network_pin(&c->hosts, c->w->forwarder_core, e);
}

int cluster_open(struct cluster *c, const struct cluster_setting *w, struct err_text *e)
{
    size_t servers = 1;
    int rc = PL_OK;

    /* A server that comes up later catches up. */
    *c = (struct cluster){
        .w = w, .network = w->network, .client_fd = -1, .source_start_ns = clock_now_ns()};
    scenario_balancer_of(&c->plan, w->scenario, w->row);
    c->kind = balancer_kind(c->plan.kind);
    c->balanced = c->plan.kind != BALANCER_NONE;
    if (c->balanced) {
        servers = (size_t)c->plan.servers;
        rc = open_hosts(c, e);
    }
    if (rc == PL_OK && c->balanced && c->plan.source == SERVERS_REDIS)
        rc = prepare_store(c, e);
    if (rc == PL_OK)
        rc = prepare_mortal(c, e);
    for (size_t i = 0; rc == PL_OK && i < servers; i++)
        rc = start_server(c, i, e);
    if (rc == PL_OK && c->kind->program != NULL)
        rc = start_balancer(c, e);
    return w->supervisor->interrupts > 0 ? PL_EINTR : rc;
}

/* ---- clients ---- */

static int enter_client(const void *arg)
{
    const struct cluster *c = arg;
    const struct child_place *place = place_of(c, HOST_CLIENT);

    if (fcntl(c->client_fd, F_SETFD, 0) < 0)
        return PL_ESYS;
    return place->enter(place->arg);
}

const struct child_place *cluster_client_place(const struct cluster *c)
{
    return c->balanced ? &c->client_place : network_place(c->network, LINK_CLIENT);
}

static int prepare_control(struct cluster *c)
{
    int fd = connect_to(c, 0);

    c->client_fd = fd < 0 ? fd : fcntl(fd, F_DUPFD_CLOEXEC, INHERITED_FD_LEAST);
    file_close(&fd);
    c->client_place = (struct child_place){enter_client, c};
    return c->client_fd < 0 ? PL_ESYS : PL_OK;
}

static void add_resolve(const struct cluster *c, struct scenario_args *args)
{
    char list[HOSTS_SERVERS_MAX * LINK_ADDRESS_CHARS] = "";
    size_t len = 0;

    for (size_t i = 0; i < c->nservers; i++) {
        const char *address = c->servers[i].address;

        len += (size_t)snprintf(list + len, sizeof list - len, "%s%.*s", i > 0 ? "," : "",
                                (int)strcspn(address, ":"), address);
    }
    scenario_args_add(args, "--resolve", "%s", list);
}

int cluster_client_args(struct cluster *c, struct scenario_args *args, struct err_text *e)
{
    char host[LINK_ADDRESS_CHARS];

    if (c->balanced && prepare_control(c) < 0)
        return err_set(e, PL_ESYS, "the clients' control connection: %s", strerror(errno));
    if (c->balanced)
        scenario_args_add(args, "--control-fd", "%d", c->client_fd);
    if (c->kind->shape == HOSTS_PAIR) {
        scenario_args_add(args, "--url", "%s://%s", c->w->scenario->tls ? "https" : "http",
                          c->servers[0].address);
    } else if (c->kind->shape == HOSTS_FANNED) {
        scenario_args_add(args, "--url", "http://servers.test:%d", PORT);
        add_resolve(c, args);
    } else {
        hosts_address(&c->hosts.hosts, HOST_CLIENT, HOST_BALANCER, host);
        scenario_args_add(args, "--url", "http://%s:%d", host, PORT);
    }
    return PL_OK;
}

void cluster_client_started(struct cluster *c)
{
    file_close(&c->client_fd);
}

/* ---- while it runs ---- */

/* The server's counters, those of the servers that had its place before included: all but these are
 * there when it is down. NULL with the line in e. */
static cJSON *read_counters(struct cluster_server *s, int64_t at_ns, struct err_text *e)
{
    cJSON *stats;

    if (s->down)
        return cJSON_Duplicate(cJSON_GetArrayItem(s->lives, cJSON_GetArraySize(s->lives) - 1),
                               true);
    stats = stats_snapshot_read(s->stats_fd, at_ns, e);
    stats_add_lives(stats, s->lives);
    return stats;
}

static int take_snapshots(struct cluster *c, enum cluster_moment which, struct err_text *e)
{
    int64_t at_ns = c->due_ns[which] != 0 ? c->due_ns[which] : clock_now_ns();

    if (!c->balanced) /* the clients ask the one server themselves */
        return PL_OK;
    c->due_ns[which] = 0;
    c->taken_ns[which] = clock_now_ns();
    c->balancer_cpu_ns[which] = service_cpu_ns(&c->balancer);
    c->store_cpu_ns[which] = service_cpu_ns(&c->store);
    for (size_t i = 0; i < c->nservers; i++) {
        struct cluster_server *s = &c->servers[i];

        cJSON_Delete(s->snapshot[which]);
        s->snapshot[which] = read_counters(s, at_ns, e);
        if (s->snapshot[which] == NULL)
            return PL_ESYS;
    }
    return PL_OK;
}

int cluster_begin(struct cluster *c, struct err_text *e)
{
    return take_snapshots(c, CLUSTER_START, e);
}

void cluster_set_window(struct cluster *c, int64_t start_ns, int64_t end_ns)
{
    if (!c->balanced)
        return;
    c->window_start_ns = c->due_ns[CLUSTER_WINDOW_START] = start_ns;
    c->due_ns[CLUSTER_WINDOW_END] = end_ns;
}

int cluster_end(struct cluster *c, struct err_text *e)
{
    return take_snapshots(c, CLUSTER_END, e);
}

static int64_t sooner_ns(int64_t a_ns, int64_t b_ns)
{
    return b_ns != 0 && b_ns < a_ns ? b_ns : a_ns;
}

int64_t cluster_due_ns(const struct cluster *c)
{
    int64_t due_ns = INT64_MAX;

    for (int i = 0; i < CLUSTER_MOMENTS; i++)
        due_ns = sooner_ns(due_ns, c->due_ns[i]);
    return due_ns;
}

/* A child that has ended on its own; NULL: none. */
static struct child *find_ended(struct cluster *c)
{
    for (size_t i = 0; i < c->nservers; i++)
        if (c->servers[i].child.ended && !c->servers[i].down)
            return &c->servers[i].child;
    if (c->store.child.ended && !c->store_down)
        return &c->store.child;
    return c->balancer.child.ended ? &c->balancer.child : NULL;
}

int cluster_poll(struct cluster *c, int64_t now_ns, struct err_text *e)
{
    struct child *ended = find_ended(c);
    int rc = ended != NULL ? child_fail(ended, e) : PL_OK;

    for (int i = 0; rc == PL_OK && i < CLUSTER_MOMENTS; i++)
        if (c->due_ns[i] != 0 && c->due_ns[i] <= now_ns)
            rc = take_snapshots(c, (enum cluster_moment)i, e);
    return rc;
}

/* ---- faults ---- */

/* The connection may have been idle for longer than the server allows. */
static cJSON *read_last(struct cluster *c, size_t i, struct err_text *e)
{
    int64_t now_ns = clock_now_ns();
    cJSON *last = stats_snapshot_read(c->servers[i].stats_fd, now_ns, NULL);

    if (last != NULL || connect_stats(c, i, e) < 0)
        return last;
    return stats_snapshot_read(c->servers[i].stats_fd, now_ns, e);
}

int cluster_server_leaves(struct cluster *c, struct err_text *e)
{
    struct cluster_server *s = cluster_victim(c);
    cJSON *last = read_last(c, c->nservers - 1, e);

    if (last == NULL)
        return PL_ESYS;
    stats_add_lives(last, s->lives);
    if (s->lives == NULL)
        s->lives = cJSON_CreateArray();
    cJSON_AddItemToArray(s->lives, last);
    s->down = true;
    s->down_ns = clock_now_ns();
    return PL_OK;
}

/* What it said is kept for the row's notes. */
static void forget_process(struct cluster *c, struct child *child)
{
    if (c->earlier == NULL) {
        c->earlier = cJSON_CreateObject();
        cJSON_AddArrayToObject(c->earlier, "notes");
    }
    program_add_notes(c->earlier, child, SERVER_NOTES);
    child_free(c->w->supervisor, child);
}

int cluster_server_returns(struct cluster *c, struct err_text *e)
{
    struct cluster_server *s = cluster_victim(c);
    struct scenario_args args = {0};

    supervisor_stop(c->w->supervisor, &s->child, 0);
    forget_process(c, &s->child);
    server_args(c, &args, c->nservers - 1, true);
    return server_spawn(c->w->supervisor, &s->child, &args, server_place(c, c->nservers - 1), e);
}

int cluster_server_listens(struct cluster *c, struct err_text *e)
{
    struct cluster_server *s = cluster_victim(c);
    int listens = server_listens(&s->child, s->address, sizeof s->address, e);

    if (listens <= 0)
        return listens;
    if (connect_stats(c, c->nservers - 1, e) < 0)
        return PL_ESYS;
    s->down = false;
    return 1;
}

int cluster_store_leaves(struct cluster *c)
{
    c->store_down = true;
    return kill(c->store.child.pid, SIGKILL) < 0 ? PL_ESYS : PL_OK;
}

int cluster_store_returns(struct cluster *c, struct err_text *e)
{
    int rc;

    supervisor_stop(c->w->supervisor, &c->store.child, 0);
    child_free(c->w->supervisor, &c->store.child);
    rc = start_store(c, e);
    c->store_down = rc < 0;
    return rc;
}

int cluster_balancer_reloads(struct cluster *c)
{
    return kill(c->balancer.child.pid, balancer_reload_signal(c->kind)) < 0 ? PL_ESYS : PL_OK;
}

/* ---- afterwards ---- */

/* It must still run, and end with exit code 0 when asked to. */
static void stop_server(struct cluster *c, struct cluster_server *s, cJSON *problems)
{
    bool stopped = supervisor_stop(c->w->supervisor, &s->child, SERVER_STOP_S * NS_PER_S);
    char end[300];

    if (problems == NULL || s->down || (stopped && child_succeeded(&s->child)))
        return;
    child_describe(&s->child, end, sizeof end);
    if (stopped)
        json_append_printf(problems, "%s %s", s->child.name, end);
    else
        json_append_printf(problems, "%s did not stop within %d s of SIGTERM", s->child.name,
                           SERVER_STOP_S);
}

static void add_earlier_notes(const struct cluster *c, cJSON *row)
{
    cJSON *notes = cJSON_GetObjectItemCaseSensitive(row, "notes");
    const cJSON *line;

    cJSON_ArrayForEach(line, json_at(c->earlier, "notes"))
    {
        if (notes != NULL)
            json_append_text(notes, line->valuestring);
    }
}

void cluster_stop(struct cluster *c, cJSON *row)
{
    if (c->w == NULL)
        return;
    for (size_t i = 0; i < c->nservers; i++) {
        stop_server(c, &c->servers[i], cJSON_GetObjectItemCaseSensitive(row, "problems"));
        program_add_notes(row, &c->servers[i].child, SERVER_NOTES);
    }
    add_earlier_notes(c, row);
    program_add_notes(row, &c->balancer.child, BALANCER_NOTES);
    service_stop(&c->balancer, c->w->supervisor);
    service_stop(&c->store,
                 c->w->supervisor); /* a store that ended too early is in the servers' notes */
}

void cluster_close(struct cluster *c)
{
    if (c->w == NULL)
        return;
    cluster_client_started(c);
    for (size_t i = 0; i < c->nservers; i++) {
        struct cluster_server *s = &c->servers[i];

        child_free(c->w->supervisor, &s->child);
        file_close(&s->stats_fd);
        for (int l = 0; l < CLUSTER_MOMENTS; l++)
            cJSON_Delete(s->snapshot[l]);
        cJSON_Delete(s->lives);
    }
    cJSON_Delete(c->earlier);
    if (c->history_folder[0] != '\0') {
        file_remove_folder(c->history_folder);
        file_close(&c->history_lock_fd);
    }
    network_close(&c->hosts);
    *c = (struct cluster){.client_fd = -1};
}
