#include "bench/link/link.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "bench/base/file.h"
#include "bench/link/rpc.h"
#include "bench/link/forwarder.h"

enum {
    START_TIMEOUT_MS = 10000,
    ANSWER_TIMEOUT_MS = 10000,
    STOP_TIMEOUT_MS = 3000,
    CONTROL_FD = 3
};

/* What the forwarder's process is started with. */
struct order {
    const struct link_spec *spec;
    uint64_t seed;
    struct link_between between;
    pid_t parent;
};

/* Keep these descriptors, as numbers from CONTROL_FD on, and none above; -1 stays -1. All are first
 * moved out of each other's way. */
static int keep_only(int *const fds[], int n)
{
    for (int i = 0; i < n; i++)
        if (*fds[i] >= 0 && (*fds[i] = fcntl(*fds[i], F_DUPFD_CLOEXEC, CONTROL_FD + n)) < 0)
            return PL_ESYS;
    for (int i = 0; i < n; i++)
        if (*fds[i] >= 0 && (*fds[i] = dup3(*fds[i], CONTROL_FD + i, O_CLOEXEC)) < 0)
            return PL_ESYS;
    close_range((unsigned)(CONTROL_FD + n), ~0U, 0);
    return PL_OK;
}

/* Drop what was inherited: the parent's signal handlers, and its descriptors, which would keep its
 * pipes open. The terminal's signals are for the parent: this process ends when it does. */
static int become_own_process(int control_fd, struct link_between *between)
{
    int *const kept[] = {&control_fd, &between->user_fd, &between->namespace_fd[LINK_CLIENT],
                         &between->namespace_fd[LINK_SERVER]};
    static const int left_to_parent[] = {SIGINT, SIGQUIT, SIGHUP, SIGTERM};
    sigset_t blocked;
    int null_fd;

    for (int s = 1; s < NSIG; s++)
        signal(s, SIG_DFL);
    for (size_t i = 0; i < sizeof left_to_parent / sizeof left_to_parent[0]; i++)
        signal(left_to_parent[i], SIG_IGN);
    sigemptyset(&blocked);
    sigaddset(&blocked, FORWARDER_PARENT_DIED);
    sigprocmask(SIG_SETMASK, &blocked, NULL);
    if (keep_only(kept, sizeof kept / sizeof *kept) < 0)
        return PL_ESYS;
    null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null_fd < 0)
        return PL_ESYS;
    dup2(null_fd, STDIN_FILENO);
    dup2(null_fd, STDOUT_FILENO);
    close(null_fd);
    return PL_OK;
}

/* Be sent signal_number when parent dies. Every change of credentials clears this, a new user
 * namespace too (prctl(2)), so it is called after that. */
static int die_with(pid_t parent, int signal_number)
{
    if (prctl(PR_SET_PDEATHSIG, signal_number) < 0)
        return PL_ESYS;
    if (getppid() != parent)
        _exit(127); /* it died before prctl() */
    return PL_OK;
}

/* Tell the parent how it went: the namespaces' descriptors, or why there are none. */
static int report_ready(const struct link_net *n, int status, const struct err_text *e)
{
    struct rpc_message m = {.head = {.request = RPC_READY, .status = status}};
    int rc;

    m.head.error = errno;
    if (status < 0) {
        if (buf_add(&m.data, e->text, strlen(e->text)) < 0)
            return PL_ENOMEM;
    } else {
        m.head.argument = n->ipv6;
        m.fds[m.head.fd_count++] = n->side[LINK_CLIENT].namespace_fd;
        m.fds[m.head.fd_count++] = n->side[LINK_SERVER].namespace_fd;
        if (n->user_fd >= 0)
            m.fds[m.head.fd_count++] = n->user_fd;
    }
    rc = rpc_send(CONTROL_FD, &m);
    buf_free(&m.data);
    return rc;
}

static int forwarder_start(struct forwarder *fwd, const struct order *o, struct err_text *e)
{
    struct link_net n;
    int rc = link_net_create(&n, &o->between, e);

    if (rc < 0)
        return rc;
    rc = die_with(o->parent, FORWARDER_PARENT_DIED);
    if (rc == PL_OK)
        rc = forwarder_init(fwd, o->spec, o->seed, &n, CONTROL_FD);
    if (rc < 0)
        return err_set(e, rc, "emulated link: start: %s", pl_strerror(rc));
    /* So that `pushlab-link on-server` may open our /proc/PID/ns. */
    prctl(PR_SET_DUMPABLE, 1);
    return PL_OK;
}

static _Noreturn void forwarder_process(int control_fd, struct order *o)
{
    struct err_text e = {""};
    struct forwarder fwd = {.stop = true};
    int rc = become_own_process(control_fd, &o->between);

    if (rc < 0)
        _exit(127);
    rc = forwarder_start(&fwd, o, &e);
    if (report_ready(&fwd.net, rc, &e) < 0 || rc < 0)
        _exit(1);
    forwarder_run(&fwd);
    (void)link_net_kill_inside(&fwd.net);
    forwarder_free(&fwd);
    _exit(0);
}

/* Wait for the forwarder's first message. */
static int await_ready(struct link *l, struct err_text *e)
{
    struct rpc_message m = {.head = {0}};
    int rc = rpc_receive(l->control_fd, &m, START_TIMEOUT_MS);

    if (rc < 0) {
        err_set(e, rc, "emulated link: start: %s", pl_strerror(rc));
    } else if (m.head.status < 0) {
        rc = err_set(e, m.head.status, "%.*s", (int)m.data.len, (const char *)m.data.data);
        errno = m.head.error;
    } else {
        l->namespace_fd[LINK_CLIENT] = m.fds[0];
        l->namespace_fd[LINK_SERVER] = m.fds[1];
        l->user_fd = m.head.fd_count > 2 ? m.fds[2] : -1;
        l->ipv6 = m.head.argument != 0;
    }
    buf_free(&m.data);
    return rc;
}

int link_open(struct link *l, const struct link_spec *spec, uint64_t seed, struct err_text *e)
{
    return link_open_between(l, &LINK_BETWEEN_NEW_HOSTS, spec, seed, e);
}

int link_open_between(struct link *l, const struct link_between *between,
                      const struct link_spec *spec, uint64_t seed, struct err_text *e)
{
    struct order order = {spec, seed, *between, getpid()};
    int pair[2], rc;

    *l = (struct link){.forwarder = -1, .control_fd = -1, .user_fd = -1, .namespace_fd = {-1, -1}};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
        return err_set(e, PL_ESYS, "emulated link: socketpair: %s", strerror(errno));
    l->control_fd = pair[0];
    l->forwarder = fork();
    if (l->forwarder == 0)
        forwarder_process(pair[1], &order);
    close(pair[1]);
    if (l->forwarder < 0)
        rc = err_set(e, PL_ESYS, "emulated link: fork: %s", strerror(errno));
    else
        rc = await_ready(l, e);
    if (rc < 0)
        link_close(l);
    return rc;
}

/* Let it see the end of file and end what is inside; kill it if it does not. */
static void stop_forwarder(const struct link *l)
{
    struct pollfd gone = {.fd = l->control_fd, .events = POLLIN};

    shutdown(l->control_fd, SHUT_WR);
    (void)poll(&gone, 1, STOP_TIMEOUT_MS); /* readable when the other end is closed */
    kill(l->forwarder, SIGKILL);
}

static void reap(pid_t child)
{
    while (child > 0 && waitpid(child, NULL, 0) < 0 && errno == EINTR)
        ;
}

void link_close(struct link *l)
{
    int error = errno;

    if (l->forwarder > 0) {
        (void)link_capture_end(l, NULL);
        stop_forwarder(l);
        reap(l->forwarder);
    }
    l->forwarder = -1;
    file_close(&l->control_fd);
    file_close(&l->user_fd);
    for (int i = 0; i < LINK_SIDES; i++)
        file_close(&l->namespace_fd[i]);
    errno = error;
}

int link_enter(const struct link *l, enum link_side side)
{
    if (l->user_fd >= 0 && setns(l->user_fd, CLONE_NEWUSER) < 0)
        return PL_ESYS;
    return setns(l->namespace_fd[side], CLONE_NEWNET) < 0 ? PL_ESYS : PL_OK;
}

pid_t link_fork(const struct link *l, enum link_side side)
{
    pid_t parent = getpid(), child = fork();

    if (child != 0)
        return child < 0 ? PL_ESYS : child;
    if (link_enter(l, side) < 0 || die_with(parent, SIGKILL) < 0)
        _exit(127);
    return 0;
}

/* In a child, because a process that has moved to a side cannot go back. */
static _Noreturn void send_socket(const struct link *l, enum link_side side, int to)
{
    struct rpc_message m = {.head = {.fd_count = 1}};

    if (link_enter(l, side) < 0)
        _exit(1);
    m.fds[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    _exit(m.fds[0] >= 0 && rpc_send(to, &m) == PL_OK ? 0 : 1);
}

int link_socket(const struct link *l, enum link_side side)
{
    struct rpc_message m = {.head = {0}};
    int pair[2], rc;
    pid_t child;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
        return PL_ESYS;
    child = fork();
    if (child == 0)
        send_socket(l, side, pair[1]);
    close(pair[1]);
    rc = child < 0 ? PL_ESYS : rpc_receive(pair[0], &m, ANSWER_TIMEOUT_MS);
    close(pair[0]);
    reap(child);
    buf_free(&m.data);
    return rc == PL_OK && m.head.fd_count == 1 ? m.fds[0] : PL_ESYS;
}

/* One request with len bytes and, unless it is -1, a descriptor; the bytes of its answer are
 * appended to out, which may be NULL. */
static int ask(const struct link *l, struct rpc_head head, const void *data, size_t len, int fd,
               struct buf *out)
{
    struct rpc_message request = {.head = head, .fds = {fd}}, answer = {.head = {0}};
    int rc = buf_add(&request.data, data, len);

    request.head.fd_count = fd >= 0;
    if (rc == PL_OK && rpc_send(l->control_fd, &request) < 0)
        rc = errno == EPIPE ? PL_EOF : PL_ESYS;
    if (rc == PL_OK)
        rc = rpc_receive(l->control_fd, &answer, ANSWER_TIMEOUT_MS);
    if (rc == PL_OK) {
        errno = answer.head.error;
        rc = answer.head.status;
    }
    if (rc == PL_OK && out != NULL)
        rc = buf_add(out, answer.data.data, answer.data.len);
    buf_free(&request.data);
    buf_free(&answer.data);
    return rc;
}

int link_counters(const struct link *l, struct buf *json, uint32_t max_connections)
{
    struct rpc_head head = {.request = RPC_COUNTERS, .argument = max_connections};

    return ask(l, head, "", 0, -1, json);
}

cJSON *link_account(const struct link *l, struct err_text *e)
{
    struct buf text = {0};
    cJSON *account = NULL;
    int rc = link_counters(l, &text, 0);

    if (rc == PL_OK)
        account = cJSON_ParseWithLength((const char *)text.data, text.len);
    if (account == NULL)
        err_set(e, PL_EPROTO, "emulated link: %s",
                rc < 0 ? pl_strerror(rc) : "its account is not JSON");
    buf_free(&text);
    return account;
}

int link_need_ipv6(const struct link *l, struct err_text *e)
{
    return l->ipv6 ? PL_OK
                   : err_set(e, PL_ESYS,
                             "emulated link: no IPv6 on this machine; allow it: sysctl "
                             "net.ipv6.conf.default.disable_ipv6=0, or use --ip 4");
}

int link_pin(const struct link *l, int core)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET(core, &set);
    return sched_setaffinity(l->forwarder, sizeof set, &set) < 0 ? PL_ESYS : PL_OK;
}

int link_reset(const struct link *l, uint64_t seed)
{
    return ask(l, (struct rpc_head){.request = RPC_RESET}, &seed, sizeof seed, -1, NULL);
}

int link_window(const struct link *l, int64_t start_ns, int64_t end_ns)
{
    int64_t window_ns[2] = {start_ns, end_ns};

    return ask(l, (struct rpc_head){.request = RPC_WINDOW}, window_ns, sizeof window_ns, -1, NULL);
}

int link_disturb(const struct link *l, enum link_disturbance what, int64_t until_ns)
{
    struct rpc_head head = {.request = RPC_DISTURB, .argument = what};

    return ask(l, head, &until_ns, sizeof until_ns, -1, NULL);
}

int link_capture(const struct link *l, const char *path, enum link_capture_at at, const char *label,
                 struct err_text *e)
{
    struct rpc_head head = {.request = RPC_CAPTURE, .argument = at};
    int rc, fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

    if (fd < 0)
        return err_set(e, PL_ESYS, "%s: %s", path, strerror(errno));
    rc = ask(l, head, label, strlen(label), fd, NULL);
    if (rc < 0)
        err_set(e, rc, "capture to %s: %s", path, pl_strerror(rc));
    close(fd);
    return rc;
}

int link_capture_end(const struct link *l, struct err_text *e)
{
    int rc = ask(l, (struct rpc_head){.request = RPC_CAPTURE_END}, "", 0, -1, NULL);

    return rc < 0 ? err_set(e, rc, "write capture: %s", pl_strerror(rc)) : PL_OK;
}
