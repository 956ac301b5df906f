/* Judging what is installed: pushlab's own programs, and those of others. */
#include "bench/doctor/doctor_judge.h"

#include <stdio.h>
#include <string.h>

#include "bench/base/programs.h"

#define GNUPLOT_OLDEST 5.2

static void advise_install(const struct doctor_facts *f, const char *packages,
                           struct doctor_finding *out)
{
    if (f->has_apt)
        doctor_advise(out, "%sapt-get install --no-install-recommends %s", doctor_sudo(f),
                      packages);
    else
        doctor_advise(out, "install what Debian calls %s", packages);
}

/* Its version; without, where it is. */
static void find_program(const struct doctor_program *p, struct doctor_finding *out)
{
    if (p->version[0] != '\0')
        doctor_find(out, DOCTOR_OK, "%.*s", (int)program_version_len(p->version), p->version);
    else
        doctor_find(out, DOCTOR_OK, "%s", p->path);
}

void judge_tool(const struct doctor_check *c, const struct doctor_facts *f,
                struct doctor_finding *out)
{
    if (f->tools[c->tool].path[0] != '\0') {
        find_program(&f->tools[c->tool], out);
        return;
    }
    doctor_find(out, DOCTOR_MISSING, "not found");
    advise_install(f, c->package, out);
}

void judge_programs(const struct doctor_check *c, const struct doctor_facts *f,
                    struct doctor_finding *out)
{
    static const char *const names[] = {"pushlab-server", "pushlab-client"};

    (void)c;
    doctor_find(out, DOCTOR_OK, "%s, %s", f->own[DOCTOR_SERVER].path, f->own[DOCTOR_CLIENT].path);
    for (int i = 0; i < DOCTOR_OWN; i++) {
        const struct doctor_program *p = &f->own[i];
        char wanted[64];

        snprintf(wanted, sizeof wanted, "%s %s", names[i], PUSHLAB_VERSION);
        if (strcmp(p->version, wanted) == 0)
            continue;
        if (p->path[0] == '\0')
            doctor_find(out, DOCTOR_MISSING, "%s: not found", names[i]);
        else if (p->version[0] == '\0')
            doctor_find(out, DOCTOR_MISSING, "%s: it does not run", p->path);
        else
            doctor_find(out, DOCTOR_MISSING, "%s is %.60s, this is %s", p->path, p->version,
                        PUSHLAB_VERSION);
        doctor_advise(out, "make, and unset PUSHLAB_SERVER PUSHLAB_CLIENT");
        return;
    }
}

void judge_gnuplot(const struct doctor_check *c, const struct doctor_facts *f,
                   struct doctor_finding *out)
{
    double version;

    judge_tool(c, f, out);
    if (out->verdict != DOCTOR_OK)
        return;
    if (sscanf(f->tools[c->tool].version, "gnuplot %lf", &version) == 1 &&
        version >= GNUPLOT_OLDEST)
        return;
    out->verdict = DOCTOR_WARN;
    doctor_advise(out, "install gnuplot %.1f or newer: the charts are written for it",
                  GNUPLOT_OLDEST);
}

void judge_nginx_stream(const struct doctor_check *c, const struct doctor_facts *f,
                        struct doctor_finding *out)
{
    if (f->tools[DOCTOR_NGINX].path[0] != '\0' && f->nginx_stream) {
        doctor_find(out, DOCTOR_OK, "it has the stream module");
        return;
    }
    doctor_find(out, DOCTOR_MISSING,
                f->tools[DOCTOR_NGINX].path[0] == '\0' ? "no nginx" : "no stream module");
    advise_install(f, c->package, out);
}

void judge_browser(const struct doctor_check *c, const struct doctor_facts *f,
                   struct doctor_finding *out)
{
    for (int tool = DOCTOR_CHROMIUM; tool <= DOCTOR_FIREFOX; tool++) {
        if (f->tools[tool].path[0] != '\0') {
            find_program(&f->tools[tool], out);
            return;
        }
    }
    doctor_find(out, DOCTOR_WARN, "none here");
    advise_install(f, c->package, out);
}

void judge_python(const struct doctor_check *c, const struct doctor_facts *f,
                  struct doctor_finding *out)
{
    judge_tool(c, f, out);
    if (out->verdict != DOCTOR_OK || f->python_websockets)
        return;
    doctor_find(out, DOCTOR_MISSING, "%s, without websockets", f->tools[c->tool].version);
    advise_install(f, c->package, out);
}

void judge_node(const struct doctor_check *c, const struct doctor_facts *f,
                struct doctor_finding *out)
{
    judge_tool(c, f, out);
    if (out->verdict != DOCTOR_OK || f->peers)
        return;
    doctor_find(out, DOCTOR_WARN, "%s; the peers are not installed yet", f->tools[c->tool].version);
    doctor_advise(out, "make npm-peers");
}
