/* What this machine can do for pushlab: facts in, findings out. Pure: doctor_probe.h asks the
 * machine, doctor_write.h says what was found.
 *
 * A check is a row of a table: what it is needed for, and a judge that looks at the facts. A
 * judge that finds something wanting also says what to type. */
#ifndef PUSHLAB_DOCTOR_H
#define PUSHLAB_DOCTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Programs of others, found in PATH or where administrators' programs are. */
enum doctor_tool {
    DOCTOR_GNUPLOT,
    DOCTOR_HAPROXY,
    DOCTOR_NGINX,
    DOCTOR_REDIS,
    DOCTOR_TSHARK,
    DOCTOR_NODE,
    DOCTOR_PYTHON,
    DOCTOR_CURL,
    DOCTOR_CHROMIUM,
    DOCTOR_FIREFOX,
    DOCTOR_TOOLS
};

/* Ours: the neighbours of this executable. */
enum doctor_own { DOCTOR_SERVER, DOCTOR_CLIENT, DOCTOR_OWN };

enum {
    DOCTOR_TEXT_CHARS = 240,
    DOCTOR_PORT = 8080 /* pushlab-server's, if nothing else is said */
};

/* A number that could not be read is -1. */
struct doctor_facts {
    bool is_root;
    bool has_apt; /* Debian, Ubuntu: packages can be named */

    int namespaces_errno;        /* 0: a network namespace was made (and is gone again) */
    bool namespaces_by_user;     /* ... by way of a user namespace, without root */
    int link_errno;              /* 0: an emulated link was made; meaningless without namespaces */
    int64_t unprivileged_userns; /* kernel.unprivileged_userns_clone; Debian's, older ones */
    int64_t max_user_namespaces, max_net_namespaces; /* user.max_... */
    int64_t apparmor_userns; /* kernel.apparmor_restrict_unprivileged_userns; Ubuntu's */

    int64_t files_soft;          /* open files of a process, now */
    int64_t files_allowed;       /* that a run can raise the limit to */
    int port_errno;              /* of taking DOCTOR_PORT on 127.0.0.1; 0: it is free */
    int64_t port_low, port_high; /* where the kernel takes clients' ports from */

    int64_t cores; /* that this process may use */
    double load;   /* processes that wanted one, a minute's mean; NAN: unknown */
    char governor[32], clock_source[32];
    int64_t clock_step_ns; /* resolution of CLOCK_MONOTONIC */
    int64_t clock_read_ns; /* what a reading costs, the median of many */

    struct doctor_program {
        char path[256];    /* "": not found */
        char version[120]; /* its own words; "": not asked, or no answer */
    } tools[DOCTOR_TOOLS], own[DOCTOR_OWN];
    bool nginx_stream;      /* nginx can balance on layer 4 */
    bool python_websockets; /* Python's package of that name is there */
    bool peers;             /* the npm packages of the tests are installed */

    char results[256];  /* the folder of runs, as asked for */
    int results_errno;  /* 0: it can be written to, or made */
    int64_t free_bytes; /* on its disk, for this user */
};

enum doctor_verdict {
    DOCTOR_OK,
    DOCTOR_WARN,    /* it works; the figures may suffer, or there is less of it than one may want */
    DOCTOR_MISSING, /* what it is needed for does not work */
    DOCTOR_VERDICTS
};

struct doctor_finding {
    enum doctor_verdict verdict;
    char found[DOCTOR_TEXT_CHARS];
    char fix[DOCTOR_TEXT_CHARS]; /* what to type or do; "" when all is well */
};

struct doctor_check {
    const char *name;    /* "gnuplot" */
    bool main_job;       /* `make bench` needs it */
    const char *purpose; /* "the charts of a run" */
    void (*judge)(const struct doctor_check *c, const struct doctor_facts *f,
                  struct doctor_finding *out);
    enum doctor_tool tool; /* judged by being there */
    const char *package;   /* what brings it */
};

extern const struct doctor_check doctor_checks[]; /* last: name NULL */

/* "ok", "warn", "missing". */
extern const char *const doctor_verdict_words[];

void doctor_examine(const struct doctor_check *c, const struct doctor_facts *f,
                    struct doctor_finding *out);

/* Does `make bench` have all it needs? */
bool doctor_is_fit(const struct doctor_facts *f);

#endif
