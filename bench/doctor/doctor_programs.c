#include "bench/doctor/doctor_programs.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/base/child.h"
#include "lib/base/clock.h"
#include "bench/base/programs.h"

enum { ANSWER_LIMIT_S = 5 };

#define NGINX_STREAM_MODULE "/usr/lib/nginx/modules/ngx_stream_module.so"

/* The tests' Python is Debian's, whatever comes first in PATH. Browsers are not asked: starting one
 * leaves traces in the user's home. */
static const struct {
    const char *names[3];
    const char *asked; /* the option that makes it tell its version; NULL: not asked */
} tools[] = {
    [DOCTOR_GNUPLOT] = {{"gnuplot"}, "--version"},
    [DOCTOR_HAPROXY] = {{"haproxy"}, "-v"},
    [DOCTOR_NGINX] = {{"nginx"}, "-v"},
    [DOCTOR_REDIS] = {{"redis-server"}, "--version"},
    [DOCTOR_TSHARK] = {{"tshark"}, "--version"},
    [DOCTOR_NODE] = {{"node"}, "--version"},
    [DOCTOR_PYTHON] = {{"/usr/bin/python3", "python3"}, "--version"},
    [DOCTOR_CURL] = {{"curl"}, "--version"},
    [DOCTOR_CHROMIUM] = {{"chromium", "google-chrome", "chromium-browser"}, NULL},
    [DOCTOR_FIREFOX] = {{"firefox", "firefox-esr"}, NULL},
};

/* Run it and keep what it says on stdout, or else on stderr. False when it fails, or takes
 * longer than ANSWER_LIMIT_S. */
static bool ask(struct supervisor *n, char *const argv[], struct buf *said)
{
    int64_t deadline_ns = clock_now_ns() + ANSWER_LIMIT_S * NS_PER_S;
    struct child c = {0};
    bool has_succeeded;
    const char *text;

    said->len = 0;
    if (supervisor_spawn(n, &c, argv[0], argv, CHILD_READ_OUT | CHILD_READ_ERR, NULL) < 0)
        return false;
    while (!c.ended && supervisor_wait(n, deadline_ns) > 0)
        continue;
    if (!c.ended)
        supervisor_stop(n, &c, 0);
    has_succeeded = child_succeeded(&c);
    text = child_text(&c, CHILD_OUT);
    if (*text == '\0')
        text = child_text(&c, CHILD_ERR);
    has_succeeded &= buf_add(said, text, strlen(text) + 1) == 0;
    child_free(n, &c);
    return has_succeeded;
}

/* Its version, as the first line of what it says; "" when it says nothing. */
static void ask_version(struct supervisor *n, struct doctor_program *p, const char *asked)
{
    char option[16];
    char *argv[] = {p->path, option, NULL};
    struct buf said = {0};

    snprintf(option, sizeof option, "%s", asked);
    if (p->path[0] != '\0' && ask(n, argv, &said))
        snprintf(p->version, sizeof p->version, "%.*s", (int)strcspn((const char *)said.data, "\n"),
                 (const char *)said.data);
    buf_free(&said);
}

static void probe_tools(struct supervisor *n, struct doctor_facts *f)
{
    for (size_t i = 0; i < DOCTOR_TOOLS; i++) {
        struct doctor_program *p = &f->tools[i];

        for (size_t k = 0; k < 3 && tools[i].names[k] != NULL && p->path[0] == '\0'; k++)
            program_find_of_others(tools[i].names[k], p->path, sizeof p->path);
        if (tools[i].asked != NULL)
            ask_version(n, p, tools[i].asked);
    }
}

/* "-V" lists how it was configured: the module may be part of it, or a file beside it. */
static bool has_stream(struct supervisor *n, struct doctor_program *nginx)
{
    static char option[] = "-V";
    char *argv[] = {nginx->path, option, NULL};
    struct buf said = {0};
    const char *at;
    bool has = false;

    if (nginx->path[0] == '\0')
        return false;
    if (ask(n, argv, &said) && (at = strstr((const char *)said.data, "--with-stream")) != NULL)
        has = strchr(" \n", at[strlen("--with-stream")]) != NULL;
    buf_free(&said);
    return has || access(NGINX_STREAM_MODULE, R_OK) == 0;
}

/* -B: no compiled files are left behind. */
static bool has_websockets(struct supervisor *n, struct doctor_program *python)
{
    static char no_files[] = "-B", code[] = "-c", program[] = "import websockets";
    char *argv[] = {python->path, no_files, code, program, NULL};
    struct buf said = {0};
    bool has = python->path[0] != '\0' && ask(n, argv, &said);

    buf_free(&said);
    return has;
}

static void probe_own(struct supervisor *n, struct doctor_facts *f)
{
    static const struct program *const own[] = {&program_server, &program_client};

    for (size_t i = 0; i < DOCTOR_OWN; i++) {
        struct doctor_program *p = &f->own[i];
        char path[PATH_MAX];

        program_find(own[i], path);
        if (strchr(path, '/') == NULL)
            program_find_in(getenv("PATH"), path, p->path, sizeof p->path);
        else if (access(path, X_OK) == 0)
            snprintf(p->path, sizeof p->path, "%.*s", (int)sizeof p->path - 1, path);
        ask_version(n, p, "--version");
    }
}

int doctor_probe_programs(struct doctor_facts *f, struct err_text *e)
{
    struct supervisor n;

    if (supervisor_open(&n) < 0)
        return err_set(e, PL_ESYS, "doctor: no programs can be started: %s", pl_strerror(PL_ESYS));
    probe_own(&n, f);
    probe_tools(&n, f);
    f->nginx_stream = has_stream(&n, &f->tools[DOCTOR_NGINX]);
    f->python_websockets = has_websockets(&n, &f->tools[DOCTOR_PYTHON]);
    supervisor_close(&n);
    f->has_apt = access("/usr/bin/apt-get", X_OK) == 0;
    f->peers = access("tests/e2e/node_modules/.package-lock.json", R_OK) == 0;
    return PL_OK;
}
