#include "bench/base/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/base/file.h"
#include "lib/base/clock.h"

/* ---- the supervisor ---- */

/* nohup's SIGHUP stays ignored: signalfd would bring it back. SIGINT, which shells ignore for
 * their background jobs, is taken all the same: it was sent on purpose. */
static bool is_under_nohup(void)
{
    struct sigaction now;

    return sigaction(SIGHUP, NULL, &now) == 0 && now.sa_handler == SIG_IGN;
}

int supervisor_open(struct supervisor *sup)
{
    struct sigaction fallback = {.sa_handler = SIG_DFL}, ignore = {.sa_handler = SIG_IGN};
    sigset_t set;

    *sup = (struct supervisor){0};
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    if (!is_under_nohup())
        sigaddset(&set, SIGHUP);
    /* With an inherited SIG_IGN the kernel would reap the children itself. */
    sigaction(SIGCHLD, &fallback, NULL);
    sup->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (sup->signal_fd < 0)
        return PL_ESYS;
    sigaction(SIGPIPE, &ignore, &sup->sigpipe_before);
    sigprocmask(SIG_BLOCK, &set, &sup->before);
    return PL_OK;
}

static void kill_child(const struct child *c, int signo)
{
    if (c->pid > 0 && !c->ended)
        kill(c->own_group ? -c->pid : c->pid, signo);
}

void supervisor_close(struct supervisor *sup)
{
    while (sup->count > 0) {
        struct child *c = sup->children[sup->count - 1];

        supervisor_stop(sup, c, 0);
        child_free(sup, c);
    }
    /* Take the signals that came in meanwhile, lest they are delivered once the mask is restored.
     */
    for (struct signalfd_siginfo info; read(sup->signal_fd, &info, sizeof info) > 0;)
        sup->interrupts += info.ssi_signo != SIGCHLD;
    close(sup->signal_fd);
    sigaction(SIGPIPE, &sup->sigpipe_before, NULL);
    sigprocmask(SIG_SETMASK, &sup->before, NULL);
}

/* ---- starting ---- */

struct spawn {
    char *const *argv;
    int ends[CHILD_STREAMS]; /* writing ends for the child; -1: not read */
    int in_fd;               /* reading end of the child's stdin; -1: /dev/null */
    const struct child_place *place;
    bool own_group;
    pid_t parent;
};

/* The mask that was there before the supervisor, but a child can always be asked to end: the runner
 * may hold signals back while it has no supervisor. */
static void restore_mask(const struct supervisor *sup)
{
    static const int ends[] = {SIGINT, SIGTERM, SIGHUP};
    sigset_t mask = sup->before;

    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        sigdelset(&mask, ends[i]);
    sigprocmask(SIG_SETMASK, &mask, NULL);
}

/* Between fork and exec: only async-signal-safe calls. Returns only on failure. */
static void exec_child(const struct spawn *b, const struct supervisor *sup)
{
    static const int numbers[CHILD_STREAMS] = {STDOUT_FILENO, STDERR_FILENO, CHILD_PROGRESS_FD};
    int in_fd = b->in_fd >= 0 ? b->in_fd : open("/dev/null", O_RDONLY);

    if (b->own_group)
        setpgid(0, 0);
    if (b->place != NULL && b->place->enter(b->place->arg) < 0)
        return;
    /* After entering: a change of credentials clears it. */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != b->parent) /* the runner died before the line above */
        _exit(127);
    if (in_fd < 0 || dup2(in_fd, STDIN_FILENO) < 0)
        return;
    if (in_fd > CHILD_PROGRESS_FD)
        close(in_fd);
    for (int s = 0; s < CHILD_STREAMS; s++)
        if (b->ends[s] >= 0 && dup2(b->ends[s], numbers[s]) < 0)
            return;
    sigaction(SIGPIPE, &(struct sigaction){.sa_handler = SIG_DFL}, NULL);
    restore_mask(sup);
    execvp(b->argv[0], b->argv);
}

/* A pipe whose ends lie above the numbers that the child will dup2() onto. */
static int high_pipe(int *read_end, int *write_end)
{
    int low[2];

    if (pipe2(low, O_CLOEXEC) < 0)
        return PL_ESYS;
    *read_end = fcntl(low[0], F_DUPFD_CLOEXEC, CHILD_PROGRESS_FD + 1);
    *write_end = fcntl(low[1], F_DUPFD_CLOEXEC, CHILD_PROGRESS_FD + 1);
    close(low[0]);
    close(low[1]);
    return *read_end < 0 || *write_end < 0 ? PL_ESYS : PL_OK;
}

static int open_pipes(struct child *c, struct spawn *b, unsigned reads)
{
    for (int s = 0; s < CHILD_STREAMS; s++) {
        if ((reads & (1u << s)) == 0)
            continue;
        if (high_pipe(&c->pipes[s].fd, &b->ends[s]) < 0)
            return PL_ESYS;
        fcntl(c->pipes[s].fd, F_SETFL, O_NONBLOCK);
    }
    return (reads & CHILD_WRITE_IN) != 0 ? high_pipe(&b->in_fd, &c->in_fd) : PL_OK;
}

/* Fork and wait for exec. 0, or PL_ESYS with errno from wherever it failed. */
static int fork_child(struct child *c, const struct spawn *b, const struct supervisor *sup)
{
    int read_end = -1, write_end = -1; /* errno of a failed exec; closed by a good one */
    int failure = 0;
    pid_t pid;

    if (high_pipe(&read_end, &write_end) < 0)
        return PL_ESYS;
    pid = fork();
    if (pid == 0) {
        exec_child(b, sup);
        failure = errno;
        _exit(write(write_end, &failure, sizeof failure) < 0 ? 126 : 127);
    }
    if (pid < 0)
        failure = errno;
    file_close(&write_end);
    if (pid > 0 && read(read_end, &failure, sizeof failure) == (ssize_t)sizeof failure)
        waitpid(pid, NULL, 0);
    file_close(&read_end);
    errno = failure;
    c->pid = failure == 0 ? pid : 0;
    return failure == 0 ? PL_OK : PL_ESYS;
}

int supervisor_spawn(struct supervisor *sup, struct child *c, const char *name, char *const argv[],
                     unsigned reads, const struct child_place *place, struct err_text *e)
{
    struct spawn b = {.argv = argv,
                      .ends = {-1, -1, -1},
                      .in_fd = -1,
                      .place = place,
                      .own_group = (reads & CHILD_SAME_GROUP) == 0,
                      .parent = getpid()};
    int rc;

    *c = (struct child){.name = name, .own_group = b.own_group, .in_fd = -1};
    for (int s = 0; s < CHILD_STREAMS; s++)
        c->pipes[s].fd = -1;
    if (sup->count == SUPERVISOR_MAX)
        return err_set(e, PL_ELIMIT, "start %s: too many children", name);
    rc = open_pipes(c, &b, reads);
    if (rc == PL_OK)
        rc = fork_child(c, &b, sup);
    for (int s = 0; s < CHILD_STREAMS; s++)
        file_close(&b.ends[s]);
    file_close(&b.in_fd);
    if (rc < 0) {
        err_set(e, rc, "start %s (%s): %s", name, argv[0], strerror(errno));
        child_free(sup, c);
        return rc;
    }
    sup->children[sup->count++] = c;
    if (sup->on_start != NULL)
        sup->on_start(sup->on_start_arg, argv);
    return PL_OK;
}

int supervisor_run(struct supervisor *sup, struct child *c, char *const argv[], int limit_s,
                   struct err_text *e)
{
    int64_t deadline_ns = clock_now_ns() + limit_s * NS_PER_S;
    int interrupts = sup->interrupts;
    int rc = supervisor_spawn(sup, c, argv[0], argv, CHILD_READ_OUT | CHILD_READ_ERR, NULL, e);

    if (rc < 0)
        return rc;
    rc = 1;
    while (rc > 0 && !c->ended && sup->interrupts == interrupts)
        rc = supervisor_wait(sup, deadline_ns);
    if (c->ended)
        return PL_OK;
    supervisor_stop(sup, c, rc < 0 ? 0 : NS_PER_S);
    if (rc < 0)
        return err_set(e, rc, "%s: %s", c->name, pl_strerror(rc));
    if (rc == 0)
        return err_set(e, PL_ESYS, "%s: not done after %d s", c->name, limit_s);
    return err_set(e, PL_EINTR, "%s: interrupted", c->name);
}

/* ---- listening ---- */

/* Read what is there. PL_ENOMEM, or 0. */
static int drain_pipe(struct child *c, struct child_pipe *p)
{
    const size_t piece = 65536;

    while (p->fd >= 0) {
        ssize_t got;

        if (p->text.len - p->taken > CHILD_STREAM_MAX_BYTES) {
            c->flooded = true;
            kill_child(c, SIGKILL);
            file_close(&p->fd);
            return PL_OK;
        }
        if (buf_reserve(&p->text, piece + 1) < 0)
            return PL_ENOMEM;
        got = read(p->fd, p->text.data + p->text.len, piece);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 && errno == EAGAIN)
            return PL_OK;
        if (got <= 0)
            file_close(&p->fd);
        else
            p->text.len += (size_t)got;
    }
    return PL_OK;
}

/* Lines already handed out are dropped only now, so they stay valid until the next wait. */
static void forget_taken(struct supervisor *sup)
{
    for (size_t i = 0; i < sup->count; i++) {
        for (int s = 0; s < CHILD_STREAMS; s++) {
            struct child_pipe *p = &sup->children[i]->pipes[s];

            if (p->taken > 0)
                buf_drain(&p->text, p->taken);
            p->taken = 0;
        }
    }
}

/* It was reaped: read the rest of what it said. 0 or PL_ENOMEM. */
static int end_child(struct child *c)
{
    int rc = PL_OK;

    for (int s = 0; s < CHILD_STREAMS; s++) {
        if (drain_pipe(c, &c->pipes[s]) < 0)
            rc = PL_ENOMEM;
        file_close(&c->pipes[s].fd);
    }
    c->ended = true;
    return rc;
}

/* Reap who has ended. What a child said before its end is all in its pipes by now; a
 * grandchild that still holds them open is not waited for. */
static int reap(struct supervisor *sup)
{
    for (size_t i = 0; i < sup->count; i++) {
        struct child *c = sup->children[i];

        if (c->ended || waitpid(c->pid, &c->status, WNOHANG) != c->pid)
            continue;
        if (end_child(c) < 0)
            return PL_ENOMEM;
    }
    return PL_OK;
}

static void take_signals(struct supervisor *sup)
{
    struct signalfd_siginfo info;

    while (read(sup->signal_fd, &info, sizeof info) == (ssize_t)sizeof info)
        sup->interrupts += info.ssi_signo != SIGCHLD;
}

static int wait_ms(int64_t deadline_ns)
{
    int64_t left_ns = deadline_ns - clock_now_ns();

    if (left_ns <= 0)
        return 0;
    return left_ns > 3600 * NS_PER_S ? 3600000 : (int)((left_ns + NS_PER_MS - 1) / NS_PER_MS);
}

int supervisor_wait(struct supervisor *sup, int64_t deadline_ns)
{
    struct pollfd fds[1 + SUPERVISOR_MAX * CHILD_STREAMS];
    nfds_t nfds = 0;
    int ready;

    forget_taken(sup);
    fds[nfds++] = (struct pollfd){.fd = sup->signal_fd, .events = POLLIN};
    for (size_t i = 0; i < sup->count; i++)
        for (int s = 0; s < CHILD_STREAMS; s++) /* poll() skips negative descriptors */
            fds[nfds++] = (struct pollfd){.fd = sup->children[i]->pipes[s].fd, .events = POLLIN};
    ready = poll(fds, nfds, wait_ms(deadline_ns));
    if (ready < 0)
        return errno == EINTR ? 1 : PL_ESYS;
    take_signals(sup);
    for (size_t i = 0; i < sup->count; i++)
        for (int s = 0; s < CHILD_STREAMS; s++)
            if (drain_pipe(sup->children[i], &sup->children[i]->pipes[s]) < 0)
                return PL_ENOMEM;
    if (reap(sup) < 0)
        return PL_ENOMEM;
    return ready > 0 || clock_now_ns() < deadline_ns;
}

bool supervisor_stop(struct supervisor *sup, struct child *c, int64_t grace_ns)
{
    int64_t deadline_ns = clock_now_ns() + grace_ns;
    int interrupts = sup->interrupts;
    int rc = 1;

    if (c->pid == 0 || c->ended)
        return c->ended;
    kill_child(c, SIGCONT); /* one that is stopped would not hear the other */
    kill_child(c, SIGTERM);
    while (rc > 0 && !c->ended && sup->interrupts == interrupts && grace_ns > 0)
        rc = supervisor_wait(sup, deadline_ns);
    if (c->ended)
        return true;
    kill_child(c, SIGKILL);
    waitpid(c->pid, &c->status, 0);
    (void)end_child(c);
    return false;
}

/* ---- what it said ---- */

char *child_next_line(struct child *c, enum child_stream s)
{
    struct child_pipe *p = &c->pipes[s];
    size_t left = p->text.len - p->taken;
    char *from, *end;

    if (left == 0)
        return NULL;
    from = (char *)p->text.data + p->taken;
    end = memchr(from, '\n', left);
    if (end == NULL && p->fd >= 0)
        return NULL;
    if (end == NULL)
        end = from + left; /* drain_pipe() keeps one spare byte for the NUL */
    else
        p->taken++;
    *end = '\0';
    p->taken += (size_t)(end - from);
    return from;
}

const char *child_text(struct child *c, enum child_stream s)
{
    struct child_pipe *p = &c->pipes[s];

    if (p->text.len == p->taken)
        return "";
    p->text.data[p->text.len] = '\0';
    return (const char *)p->text.data + p->taken;
}

bool child_succeeded(const struct child *c)
{
    return c->ended && WIFEXITED(c->status) && WEXITSTATUS(c->status) == 0;
}

/* The last line that is not empty, without its line break; its length, 240 at most. */
static int last_line(const char **text)
{
    size_t end = strlen(*text), start;

    while (end > 0 && strchr("\r\n", (*text)[end - 1]) != NULL)
        end--;
    for (start = end; start > 0 && (*text)[start - 1] != '\n'; start--)
        ;
    *text += start;
    return end - start > 240 ? 240 : (int)(end - start);
}

const char *child_said(const struct child *c, const char *line)
{
    size_t len = strlen(c->name);

    return strncmp(line, c->name, len) == 0 && strncmp(line + len, ": ", 2) == 0 ? line + len + 2
                                                                                 : line;
}

void child_describe(struct child *c, char *out, size_t cap)
{
    const char *line = child_text(c, CHILD_ERR), *said;
    int len = last_line(&line);

    said = child_said(c, line);
    len = len > said - line ? len - (int)(said - line) : 0;
    if (!c->ended)
        snprintf(out, cap, "is still running");
    else if (c->flooded)
        snprintf(out, cap, "was killed: it said more than %d bytes at once",
                 CHILD_STREAM_MAX_BYTES);
    else if (WIFSIGNALED(c->status))
        snprintf(out, cap, "was killed by signal %d (%s)", WTERMSIG(c->status),
                 strsignal(WTERMSIG(c->status)));
    else
        snprintf(out, cap, "exited with %d%s%.*s", WEXITSTATUS(c->status), len > 0 ? ": " : "", len,
                 said);
}

int child_fail(struct child *c, struct err_text *e)
{
    char end[300];

    child_describe(c, end, sizeof end);
    return err_set(e, PL_ESYS, "%s %.280s", c->name, end);
}

int child_say(struct child *c, const char *text)
{
    size_t len = strlen(text);

    return c->in_fd >= 0 && write(c->in_fd, text, len) == (ssize_t)len ? PL_OK : PL_ESYS;
}

void child_free(struct supervisor *sup, struct child *c)
{
    if (c->name == NULL) /* zero-initialised, never spawned: its descriptors are not its own */
        return;
    for (size_t i = 0; i < sup->count; i++) {
        if (sup->children[i] != c)
            continue;
        memmove(&sup->children[i], &sup->children[i + 1],
                (sup->count - i - 1) * sizeof sup->children[0]);
        sup->count--;
        break;
    }
    for (int s = 0; s < CHILD_STREAMS; s++) {
        file_close(&c->pipes[s].fd);
        buf_free(&c->pipes[s].text);
    }
    file_close(&c->in_fd);
    c->pid = 0;
}
