/* Judging the machine itself: the kernel, its limits, its clock. */
#include "bench/doctor/doctor_judge.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
    STANDARD_CLIENTS = 50, /* of bench/scenarios/standard.json */
    FILES_SPARE = 64,      /* of a program, beside its connections */
    FILES_COMFORTABLE = 1024,
    RUN_MIN_BYTES = 16 << 20,           /* a run and its charts */
    RUNS_COMFORTABLE_BYTES = 256 << 20, /* a few dozen of them */
    CORES_WANTED = 2,
    PORTS_WANTED = 10000,
    CLOCK_COARSE_NS = 1000,
    CLOCK_SLOW_NS = 1000, /* a reading that is a system call, or asks a slow device */
};

void doctor_find(struct doctor_finding *out, enum doctor_verdict verdict, const char *fmt, ...)
{
    va_list ap;

    out->verdict = verdict;
    va_start(ap, fmt);
    vsnprintf(out->found, sizeof out->found, fmt, ap);
    va_end(ap);
}

void doctor_advise(struct doctor_finding *out, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(out->fix, sizeof out->fix, fmt, ap);
    va_end(ap);
}

const char *doctor_sudo(const struct doctor_facts *f)
{
    return f->is_root ? "" : "sudo ";
}

void judge_namespaces(const struct doctor_check *c, const struct doctor_facts *f,
                      struct doctor_finding *out)
{
    (void)c;
    if (f->namespaces_errno == 0) {
        doctor_find(out, DOCTOR_OK, "%s",
                    f->namespaces_by_user ? "allowed, without root" : "allowed, as root");
        return;
    }
    doctor_find(out, DOCTOR_MISSING, "network namespaces are refused: %s",
                strerror(f->namespaces_errno));
    if (f->max_net_namespaces == 0)
        doctor_advise(out, "%ssysctl -w user.max_net_namespaces=10000", doctor_sudo(f));
    else if (f->unprivileged_userns == 0)
        doctor_advise(out, "%ssysctl -w kernel.unprivileged_userns_clone=1", doctor_sudo(f));
    else if (f->max_user_namespaces == 0)
        doctor_advise(out, "%ssysctl -w user.max_user_namespaces=10000", doctor_sudo(f));
    else if (f->apparmor_userns == 1)
        doctor_advise(out, "%ssysctl -w kernel.apparmor_restrict_unprivileged_userns=0",
                      doctor_sudo(f));
    else
        doctor_advise(out, "run as root; a container: docker run --privileged");
}

void judge_tun(const struct doctor_check *c, const struct doctor_facts *f,
               struct doctor_finding *out)
{
    (void)c;
    if (f->namespaces_errno != 0) {
        doctor_find(out, DOCTOR_MISSING, "not tried: no network namespaces");
        doctor_advise(out, "namespaces first, see above");
    } else if (f->link_errno == 0) {
        doctor_find(out, DOCTOR_OK, "/dev/net/tun makes links");
    } else {
        doctor_find(out, DOCTOR_MISSING, "/dev/net/tun: %s", strerror(f->link_errno));
        if (f->link_errno == EACCES || f->link_errno == EPERM)
            doctor_advise(out, "%schmod 0666 /dev/net/tun", doctor_sudo(f));
        else
            doctor_advise(out, "%smodprobe tun; a container: docker run --device /dev/net/tun",
                          doctor_sudo(f));
    }
}

void judge_files(const struct doctor_check *c, const struct doctor_facts *f,
                 struct doctor_finding *out)
{
    int64_t clients = f->files_allowed - FILES_SPARE;

    (void)c;
    doctor_find(out, DOCTOR_OK, "%lld now, %lld for a run: %lld clients", (long long)f->files_soft,
                (long long)f->files_allowed, (long long)(clients > 0 ? clients : 0));
    if (clients >= FILES_COMFORTABLE)
        return;
    out->verdict = clients < STANDARD_CLIENTS ? DOCTOR_MISSING : DOCTOR_WARN;
    doctor_advise(out,
                  "echo '* hard nofile 65536' | %stee /etc/security/limits.d/pushlab.conf, and log "
                  "in again; a container: docker run --ulimit nofile=65536",
                  doctor_sudo(f));
}

void judge_results(const struct doctor_check *c, const struct doctor_facts *f,
                   struct doctor_finding *out)
{
    (void)c;
    if (f->results_errno != 0) {
        doctor_find(out, DOCTOR_MISSING, "%s: %s", f->results, strerror(f->results_errno));
        doctor_advise(out, "pushlab run ... --out FOLDER, one that you may write to");
        return;
    }
    doctor_find(out, DOCTOR_OK, "%s: %.1f GB free", f->results, (double)f->free_bytes / 1e9);
    if (f->free_bytes >= RUNS_COMFORTABLE_BYTES)
        return;
    doctor_find(out, f->free_bytes < RUN_MIN_BYTES ? DOCTOR_MISSING : DOCTOR_WARN,
                "%s: %.0f MB free", f->results, (double)f->free_bytes / 1e6);
    doctor_advise(out, "remove old runs, or pushlab run ... --out FOLDER on another disk");
}

void judge_cores(const struct doctor_check *c, const struct doctor_facts *f,
                 struct doctor_finding *out)
{
    (void)c;
    doctor_find(out, DOCTOR_OK, "%lld%s%s", (long long)f->cores,
                f->governor[0] != '\0' ? ", governor " : "", f->governor);
    if (f->cores < CORES_WANTED) {
        out->verdict = DOCTOR_WARN;
        doctor_advise(out, "give the virtual machine or container two cores");
    } else if (strcmp(f->governor, "powersave") == 0) {
        out->verdict = DOCTOR_WARN;
        doctor_advise(out,
                      "echo performance | %stee "
                      "/sys/devices/system/cpu/cpu*/cpufreq/scaling_governor",
                      doctor_sudo(f));
    }
}

void judge_clock(const struct doctor_check *c, const struct doctor_facts *f,
                 struct doctor_finding *out)
{
    (void)c;
    doctor_find(out, DOCTOR_OK, "%s, steps of %lld ns, %lld ns a reading",
                f->clock_source[0] != '\0' ? f->clock_source : "CLOCK_MONOTONIC",
                (long long)f->clock_step_ns, (long long)f->clock_read_ns);
    if (f->clock_step_ns > CLOCK_COARSE_NS) {
        out->verdict = DOCTOR_WARN;
        doctor_advise(out, "boot a kernel with high-resolution timers, without highres=off");
    } else if (f->clock_read_ns > CLOCK_SLOW_NS) {
        out->verdict = DOCTOR_WARN;
        doctor_advise(out,
                      "the first of cat /sys/devices/system/clocksource/clocksource0/"
                      "available_clocksource that is tsc or kvm-clock, into current_clocksource");
    }
}

void judge_load(const struct doctor_check *c, const struct doctor_facts *f,
                struct doctor_finding *out)
{
    (void)c;
    if (isnan(f->load)) {
        doctor_find(out, DOCTOR_OK, "unknown");
        return;
    }
    doctor_find(out, DOCTOR_OK, "%.2f, a minute's mean", f->load);
    if (f->load <= 0.5 * (double)f->cores)
        return;
    out->verdict = DOCTOR_WARN;
    doctor_advise(out, "end what else is running (top shows it), or wait");
}

void judge_port(const struct doctor_check *c, const struct doctor_facts *f,
                struct doctor_finding *out)
{
    (void)c;
    doctor_find(out, DOCTOR_OK, "127.0.0.1:%d is free", DOCTOR_PORT);
    if (f->port_errno == 0)
        return;
    doctor_find(out, DOCTOR_WARN, "127.0.0.1:%d: %s", DOCTOR_PORT, strerror(f->port_errno));
    doctor_advise(out, "ss -ltnp 'sport = :%d' shows whose it is; or --listen 127.0.0.1:0",
                  DOCTOR_PORT);
}

void judge_ports(const struct doctor_check *c, const struct doctor_facts *f,
                 struct doctor_finding *out)
{
    int64_t ports = f->port_high - f->port_low + 1;

    (void)c;
    if (f->port_low < 0 || f->port_high < f->port_low) {
        doctor_find(out, DOCTOR_WARN, "the range of clients' ports can't be read");
        doctor_advise(out, "mount /proc");
        return;
    }
    doctor_find(out, DOCTOR_OK, "%lld to %lld: %lld connections from one address",
                (long long)f->port_low, (long long)f->port_high, (long long)ports);
    if (ports >= PORTS_WANTED)
        return;
    out->verdict = DOCTOR_WARN;
    doctor_advise(out,
                  "%ssysctl -w net.ipv4.ip_local_port_range='10240 65535'; or pushlab-client "
                  "--source-addresses 4",
                  doctor_sudo(f));
}
