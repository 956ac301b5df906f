#include "bench/doctor/doctor.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/programs.h"

const char *const doctor_verdict_words[] = {"ok", "warn", "missing", NULL};

enum {
    STANDARD_CLIENTS = 50, /* of bench/scenarios/standard.json */
    FILES_SPARE = 64,      /* of a program, beside its connections */
    FILES_COMFORTABLE = 1024,
    RUN_MIN_BYTES = 16 << 20,           /* a run and its charts */
    RUNS_COMFORTABLE_BYTES = 256 << 20, /* a few dozen of them */
    CORES_WANTED = 2,                   /* of the machine, and of a CPU quota */
    PORTS_WANTED = 10000,
    CLOCK_COARSE_NS = 1000,
    CLOCK_SLOW_NS = 1000, /* a reading that is a system call, or asks a slow device */
};

#define WAITED_MOST 0.1 /* of a minute; nothing of this machine's own is running now */

__attribute__((format(printf, 3, 4))) static void find(struct doctor_finding *out,
                                                       enum doctor_verdict verdict, const char *fmt,
                                                       ...)
{
    va_list ap;

    out->verdict = verdict;
    va_start(ap, fmt);
    vsnprintf(out->found, sizeof out->found, fmt, ap);
    va_end(ap);
}

/* What to do about it; what was found to be well is worth a warning then. */
__attribute__((format(printf, 2, 3))) static void advise(struct doctor_finding *out,
                                                         const char *fmt, ...)
{
    va_list ap;

    if (out->verdict == DOCTOR_OK)
        out->verdict = DOCTOR_WARN;
    va_start(ap, fmt);
    vsnprintf(out->fix, sizeof out->fix, fmt, ap);
    va_end(ap);
}

/* "sudo " for a user who is not root. */
static const char *sudo(const struct doctor_facts *f)
{
    return f->is_root ? "" : "sudo ";
}

static void judge_namespaces(const struct doctor_facts *f, struct doctor_finding *out)
{
    const char *setting = link_net_refused_by(&f->limits);

    if (f->namespaces_errno == 0) {
        find(out, DOCTOR_OK, "%s",
             f->namespaces_by_user ? "allowed, without root" : "allowed, as root");
        return;
    }
    find(out, DOCTOR_MISSING, "network namespaces are refused: %s", strerror(f->namespaces_errno));
    if (setting != NULL)
        advise(out, "%ssysctl -w %s", sudo(f), setting);
    else
        advise(out, "run as root; in a container: " LINK_NET_CONTAINER);
}

static void judge_tun(const struct doctor_facts *f, struct doctor_finding *out)
{
    if (f->namespaces_errno != 0) {
        find(out, DOCTOR_MISSING, "not tried: no network namespaces");
        advise(out, "solve namespaces first (above)");
    } else if (f->link_errno == 0) {
        find(out, DOCTOR_OK, "/dev/net/tun works: links can be emulated");
    } else {
        find(out, DOCTOR_MISSING, "/dev/net/tun: %s", strerror(f->link_errno));
        if (f->link_errno == EACCES || f->link_errno == EPERM)
            advise(out, "%schmod 0666 /dev/net/tun", sudo(f));
        else
            advise(out, "%smodprobe tun; in a container: " LINK_NET_CONTAINER, sudo(f));
    }
}

static void judge_files(const struct doctor_facts *f, struct doctor_finding *out)
{
    int64_t clients = f->files_allowed - FILES_SPARE;

    find(out, DOCTOR_OK, "%lld now, %lld for a run: %lld clients", (long long)f->files_soft,
         (long long)f->files_allowed, (long long)(clients > 0 ? clients : 0));
    if (clients >= FILES_COMFORTABLE)
        return;
    out->verdict = clients < STANDARD_CLIENTS ? DOCTOR_MISSING : DOCTOR_WARN;
    advise(out,
           "echo '* hard nofile 65536' | %stee /etc/security/limits.d/pushlab.conf, and log "
           "in again; in a container: " LINK_NET_CONTAINER,
           sudo(f));
}

static void judge_results(const struct doctor_facts *f, struct doctor_finding *out)
{
    if (f->results_errno != 0) {
        find(out, DOCTOR_MISSING, "%s: %s", f->results, strerror(f->results_errno));
        advise(out, "pushlab run ... --out FOLDER, one that you may write to");
        return;
    }
    find(out, DOCTOR_OK, "%s: %.1f GB free", f->results, (double)f->free_bytes / 1e9);
    if (f->free_bytes >= RUNS_COMFORTABLE_BYTES)
        return;
    find(out, f->free_bytes < RUN_MIN_BYTES ? DOCTOR_MISSING : DOCTOR_WARN, "%s: %.0f MB free",
         f->results, (double)f->free_bytes / 1e6);
    advise(out, "remove old runs, or pushlab run ... --out FOLDER on another disk");
}

static void judge_cores(const struct doctor_facts *f, struct doctor_finding *out)
{
    find(out, DOCTOR_OK, "%lld%s%s", (long long)f->cores,
         f->governor[0] != '\0' ? ", governor " : "", f->governor);
    if (f->quota < CORES_WANTED) {
        find(out, DOCTOR_WARN, "%lld, but a CPU quota allows only %.3g", (long long)f->cores,
             f->quota);
        advise(out, "a service of systemd: CPUQuota=200%%; in a container: " LINK_NET_CONTAINER);
    } else if (f->cores < CORES_WANTED)
        advise(out, "give the virtual machine or container two cores");
    else if (strcmp(f->governor, "powersave") == 0)
        advise(out,
               "echo performance | %stee "
               "/sys/devices/system/cpu/cpu*/cpufreq/scaling_governor",
               sudo(f));
}

static void judge_clock(const struct doctor_facts *f, struct doctor_finding *out)
{
    find(out, DOCTOR_OK, "%s, steps of %lld ns, %lld ns a reading",
         f->clock_source[0] != '\0' ? f->clock_source : "CLOCK_MONOTONIC",
         (long long)f->clock_step_ns, (long long)f->clock_read_ns);
    if (f->clock_step_ns > CLOCK_COARSE_NS)
        advise(out, "boot a kernel with high-resolution timers, without highres=off");
    else if (f->clock_read_ns > CLOCK_SLOW_NS)
        advise(out, "in /sys/devices/system/clocksource/clocksource0: write tsc or kvm-clock, if "
                    "available_clocksource has it, to current_clocksource");
}

static void judge_load(const struct doctor_facts *f, struct doctor_finding *out)
{
    if (isnan(f->load)) {
        find(out, DOCTOR_OK, "unknown");
        return;
    }
    find(out, DOCTOR_OK, "%.2f (mean of one minute)", f->load);
    if (f->waited > WAITED_MOST)
        find(out, DOCTOR_WARN,
             "%.2f (mean of one minute); in %.0f %% of the time a process waited for a core",
             f->load, f->waited * 100);
    if (f->load <= 0.5 * (double)f->cores && !(f->waited > WAITED_MOST))
        return;
    advise(out, "stop other programs (top shows them), or wait");
}

static void judge_port(const struct doctor_facts *f, struct doctor_finding *out)
{
    find(out, DOCTOR_OK, "127.0.0.1:%d is free", DOCTOR_PORT);
    if (f->port_errno == 0)
        return;
    find(out, DOCTOR_WARN, "127.0.0.1:%d: %s", DOCTOR_PORT, strerror(f->port_errno));
    advise(out, "ss -ltnp 'sport = :%d' shows which program has it; or use --port 0", DOCTOR_PORT);
}

static void judge_ports(const struct doctor_facts *f, struct doctor_finding *out)
{
    int64_t ports = f->port_high - f->port_low + 1;

    if (f->port_low < 0 || f->port_high < f->port_low) {
        find(out, DOCTOR_WARN, "the range of local ports can't be read");
        advise(out, "mount /proc");
        return;
    }
    find(out, DOCTOR_OK, "%lld to %lld: %lld connections from one address", (long long)f->port_low,
         (long long)f->port_high, (long long)ports);
    if (ports >= PORTS_WANTED)
        return;
    advise(out,
           "%ssysctl -w net.ipv4.ip_local_port_range='10240 65535'; or pushlab-client "
           "--source-addresses 4",
           sudo(f));
}

/* ---- programs ---- */

static void judge_own(const struct doctor_facts *f, struct doctor_finding *out)
{
    static const char *const names[] = {"pushlab-server", "pushlab-client"};

    find(out, DOCTOR_OK, "%s, %s", f->own[DOCTOR_SERVER].path, f->own[DOCTOR_CLIENT].path);
    for (int i = 0; i < DOCTOR_OWN; i++) {
        const struct doctor_program *p = &f->own[i];
        char wanted[64];

        snprintf(wanted, sizeof wanted, "%s %s", names[i], PUSHLAB_VERSION);
        if (strncmp(p->version, wanted, strlen(wanted)) == 0) /* a commit may follow */
            continue;
        if (p->path[0] == '\0')
            find(out, DOCTOR_MISSING, "%s: not found", names[i]);
        else if (p->version[0] == '\0')
            find(out, DOCTOR_MISSING, "%s: it does not run", p->path);
        else
            find(out, DOCTOR_MISSING, "%s is %.60s, this is %s", p->path, p->version,
                 PUSHLAB_VERSION);
        advise(out, "make, and unset PUSHLAB_SERVER PUSHLAB_CLIENT");
        return;
    }
}

static void advise_install(const struct doctor_tool *t, const struct doctor_facts *f,
                           struct doctor_finding *out)
{
    if (f->has_apt)
        advise(out, "%sapt-get install --no-install-recommends %s", sudo(f), t->packages);
    else
        advise(out, "install these packages (Debian's names): %s", t->packages);
}

/* The number in "gnuplot 5.4 patchlevel 6", or 0. */
static double version_number(const char *version)
{
    return strtod(version + strcspn(version, "0123456789"), NULL);
}

static void judge_tool(const struct doctor_tool *t, const struct doctor_program *p,
                       const struct doctor_facts *f, struct doctor_finding *out)
{
    const char *text = p->version[0] != '\0' ? p->version : p->path;
    int len = (int)(p->version[0] != '\0' ? program_version_len(text) : strlen(text));

    if (p->path[0] == '\0') {
        find(out, t->optional ? DOCTOR_WARN : DOCTOR_MISSING, "not found");
        advise_install(t, f, out);
    } else if (p->unproven) {
        find(out, t->cure[0] != '\0' ? DOCTOR_WARN : DOCTOR_MISSING, "%.*s; %s", len, text,
             t->lacking);
        advise(out, "%s", t->cure);
        if (t->cure[0] == '\0')
            advise_install(t, f, out);
    } else {
        find(out, DOCTOR_OK, "%.*s", len, text);
        if (version_number(p->version) >= t->oldest)
            return;
        advise(out, "install %s %.1f or newer", t->check.name, t->oldest);
    }
}

/* ---- all ---- */

#define MAIN true
#define MORE false

static const struct {
    struct doctor_check check;
    void (*judge)(const struct doctor_facts *f, struct doctor_finding *out);
} machine[] = {
    {{"programs", MAIN, "the server and the clients of a run"}, judge_own},
    {{"namespaces", MAIN, "ports and counters of a run's own"}, judge_namespaces},
    {{"tun", MAIN, "emulated links"}, judge_tun},
    {{"files", MAIN, "the connections of a run"}, judge_files},
    {{"results", MAIN, "the folders of runs"}, judge_results},
    {{"cores", MAIN, "server and clients that don't disturb each other"}, judge_cores},
    {{"clock", MAIN, "latency measurements"}, judge_clock},
    {{"load", MAIN, "figures that other programs do not disturb"}, judge_load},
    {{"port", MORE, "pushlab serve and the examples"}, judge_port},
    {{"ports", MORE, "clients in the host's own network"}, judge_ports},
};

bool doctor_examine(size_t i, const struct doctor_facts *f, struct doctor_finding *out)
{
    const size_t machines = sizeof machine / sizeof *machine;

    *out = (struct doctor_finding){.verdict = DOCTOR_OK};
    if (i < machines) {
        out->check = &machine[i].check;
        machine[i].judge(f, out);
        return true;
    }
    i -= machines;
    if (i >= DOCTOR_TOOLS_MAX || doctor_tools[i].check.name == NULL)
        return false;
    out->check = &doctor_tools[i].check;
    judge_tool(&doctor_tools[i], &f->tools[i], f, out);
    return true;
}

bool doctor_is_fit(const struct doctor_facts *f)
{
    struct doctor_finding finding;

    for (size_t i = 0; doctor_examine(i, f, &finding); i++)
        if (finding.check->main_job && finding.verdict == DOCTOR_MISSING)
            return false;
    return true;
}
