#include "bench/link/tool/link_measure.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cjson/cJSON.h>

#include "bench/base/json.h"
#include "bench/link/link.h"
#include "bench/link/tool/link_probe.h"
#include "lib/base/clock.h"

#define OPT_CONFIG struct measure_config
#include "lib/opt/opt_rows.h"

/* The bounds that the link is built to, on an idle machine. */
#define RTT_P50_BOUND_US    300
#define RTT_P99_BOUND_US    1000
#define RATE_BOUND_PERCENT  3.0
#define LOSS_BOUND_SIGMAS   4.0 /* a right implementation fails once in 16,000 */
#define PING_INTERVAL_NS    (7 * NS_PER_MS)
#define PAUSE_LEAST_NS      (50 * NS_PER_US)
#define BLAST_PACKETS_PER_S 100000.0
#define BLAST_PACKET_BYTES  100
#define LOSS_PACKETS_PER_S  20000.0

enum {
    FULL_PAYLOAD_BYTES = 1448, /* of a 1500-byte packet: IPv4, TCP and its timestamps */
    PING_PACKETS = 400,
    ATTEMPTS = 3
};

struct measure_config {
    bool quick;
    int64_t seed;
};

struct measure {
    const struct measure_config *config;
    bool failed;
};

static void report(struct measure *m, bool good, const char *what, const char *configured,
                   const char *measured, const char *bound)
{
    printf("%-16s %-34s %-44s %-20s %s\n", what, configured, measured, bound,
           *bound == '\0' ? ""
           : good         ? "ok"
                          : "OUT OF BOUNDS");
    fflush(stdout);
    if (!good)
        m->failed = true;
}

/* Open the link that text describes and measure there. 0, or negative: it was said why. */
static int measure_on_link(struct measure *m, const char *text,
                           int (*run)(struct measure *m, const char *text, const struct link *l,
                                      const struct link_spec *spec))
{
    struct link_spec spec;
    struct err_text e;
    struct link l;
    int rc = link_spec_parse(&spec, text, &e);

    if (rc == PL_OK)
        rc = link_open(&l, &spec, (uint64_t)m->config->seed, &e);
    if (rc < 0) {
        fprintf(stderr, "pushlab-link: %s\n", e.text);
        return rc;
    }
    rc = run(m, text, &l, &spec);
    link_close(&l);
    return rc;
}

static int probe_failed(const char *what)
{
    fprintf(stderr, "pushlab-link: measure: %s: %s\n", what, strerror(errno));
    return PL_ESYS;
}

/* How long a program that only reads the clock is interrupted: where that is a millisecond, no
 * figure below can be better. */
static void measure_machine(struct measure *m, const char *text)
{
    int64_t began_ns = clock_now_ns(), last_ns = began_ns, most_ns = 0, taken_ns = 0;
    char measured[96];

    while (last_ns - began_ns < NS_PER_S) {
        int64_t now_ns = clock_now_ns(), gap_ns = now_ns - last_ns;

        most_ns = gap_ns > most_ns ? gap_ns : most_ns;
        taken_ns += gap_ns > PAUSE_LEAST_NS ? gap_ns : 0;
        last_ns = now_ns;
    }
    snprintf(measured, sizeof measured, "%lld us longest pause, %.2f%% of the time",
             (long long)(most_ns / NS_PER_US), 100 * (double)taken_ns / (double)NS_PER_S);
    report(m, true, "machine", text, measured, "");
}

static bool ping_is_good(const struct link_probe_ping *p, int64_t rtt_us)
{
    return p->received == p->sent && hdr_min(&p->rtt_us) >= rtt_us &&
           hdr_value_at_percentile(&p->rtt_us, 50) - rtt_us <= RTT_P50_BOUND_US &&
           hdr_value_at_percentile(&p->rtt_us, 99) - rtt_us <= RTT_P99_BOUND_US;
}

static void report_ping(struct measure *m, const char *text, int64_t rtt_us,
                        const struct link_probe_ping *p)
{
    char measured[96], bound[64];

    snprintf(measured, sizeof measured, "%+lld p50, %+lld p99, %+lld most us of %u",
             (long long)(hdr_value_at_percentile(&p->rtt_us, 50) - rtt_us),
             (long long)(hdr_value_at_percentile(&p->rtt_us, 99) - rtt_us),
             (long long)(hdr_max(&p->rtt_us) - rtt_us), p->received);
    snprintf(bound, sizeof bound, "%d, %d us", RTT_P50_BOUND_US, RTT_P99_BOUND_US);
    report(m, ping_is_good(p, rtt_us), "added RTT error", text, measured, bound);
}

/* A disturbance can only make a ping longer, so a run that is out of bounds is repeated, and so is
 * a flood: the bound is on the link, not on the machine. */
static int run_rtt(struct measure *m, const char *text, const struct link *l,
                   const struct link_spec *spec)
{
    uint32_t count = m->config->quick ? PING_PACKETS / 4 : PING_PACKETS;
    int64_t rtt_us = link_spec_rtt_ns(spec) / NS_PER_US;
    struct link_probe_ping p;
    bool good = false;

    for (int attempt = 1; !good && attempt <= ATTEMPTS; attempt++) {
        if (link_probe_ping(l, count, PING_INTERVAL_NS, &p) < 0)
            return probe_failed("ping");
        good = ping_is_good(&p, rtt_us);
        if (good || attempt == ATTEMPTS)
            report_ping(m, text, rtt_us, &p);
        hdr_free(&p.rtt_us);
    }
    return PL_OK;
}

/* The standard deviation of the number lost of n: the binomial one, widened by how much
 * one packet's loss depends on the one before (the chain's autocorrelation is 1 - p - r, weighted
 * by the share of the losses' variance that the states decide). */
static double loss_sigma(const struct loss_model *m, double n)
{
    double ratio = loss_model_ratio(m), rho = 1 - m->good_to_bad - m->bad_to_good;
    double p = m->good_to_bad, r = m->bad_to_good, swing = m->bad_loss - m->good_loss;
    double between = p > 0 ? swing * swing * p * r / ((p + r) * (p + r)) : 0;

    return sqrt(n * (ratio * (1 - ratio) + 2 * between * rho / (1 - rho)));
}

static void report_loss(struct measure *m, const char *text, const struct loss_model *model,
                        const struct link_probe_blast *b)
{
    double n = (double)b->sent, lost = n - (double)b->arrived;
    double expected = n * loss_model_ratio(model), sigma = loss_sigma(model, n);
    char measured[96], bound[64];

    snprintf(measured, sizeof measured, "%.3f%%: %.0f of %.0f packets", 100 * lost / n, lost, n);
    snprintf(bound, sizeof bound, "%.3f%% +- %.3f%%", 100 * expected / n,
             100 * LOSS_BOUND_SIGMAS * sigma / n);
    report(m, fabs(lost - expected) <= LOSS_BOUND_SIGMAS * sigma, "loss", text, measured, bound);
}

static int run_loss(struct measure *m, const char *text, const struct link *l,
                    const struct link_spec *spec)
{
    struct link_probe_blast b;

    if (link_probe_blast(l, m->config->quick ? 10000 : 40000, LOSS_PACKETS_PER_S, 200, &b) < 0)
        return probe_failed("UDP packets");
    report_loss(m, text, &spec->path[LINK_UP].loss, &b);
    return PL_OK;
}

static int run_rate(struct measure *m, const char *text, const struct link *l,
                    const struct link_spec *spec)
{
    int64_t window_ns = (m->config->quick ? 1 : 4) * NS_PER_S;
    double want = (double)spec->path[LINK_DOWN].rate_bps;
    double got = link_probe_bulk(l, NS_PER_S, window_ns) * LINK_MTU_BYTES / FULL_PAYLOAD_BYTES;
    double off = 100 * (got - want) / want;
    char measured[96], bound[64];

    if (got < 0)
        return probe_failed("TCP transfer");
    snprintf(measured, sizeof measured, "%.3f Mbit/s of IP in TCP: %+.2f%%", got / 1e6, off);
    snprintf(bound, sizeof bound, "%.0f%%", RATE_BOUND_PERCENT);
    report(m, fabs(off) <= RATE_BOUND_PERCENT, "rate", text, measured, bound);
    return PL_OK;
}

static bool capacity_is_good(const struct link_probe_blast *b, double rate, double own)
{
    return rate >= 0.99 * BLAST_PACKETS_PER_S && b->arrived == b->sent && own == 0;
}

static int run_capacity(struct measure *m, const char *text, const struct link *l,
                        const struct link_spec *spec)
{
    uint64_t count = (uint64_t)((m->config->quick ? 1 : 4) * BLAST_PACKETS_PER_S);
    struct link_probe_blast b;
    bool good = false;
    double own = 0, rate = 0;
    char measured[96];
    cJSON *account;

    (void)spec;
    for (int attempt = 1; !good && attempt <= ATTEMPTS; attempt++) {
        if (link_reset(l, (uint64_t)m->config->seed) < 0 ||
            link_probe_blast(l, count, BLAST_PACKETS_PER_S, BLAST_PACKET_BYTES, &b) < 0)
            return probe_failed("UDP packets");
        account = link_account(l, NULL);
        own = json_number(account, "own_drops");
        cJSON_Delete(account);
        rate = (double)b.sent / ((double)b.elapsed_ns / (double)NS_PER_S);
        good = capacity_is_good(&b, rate, own);
    }
    snprintf(measured, sizeof measured, "%.0f packets/s, %llu lost, %.0f by own fault", rate,
             (unsigned long long)(b.sent - b.arrived), own);
    report(m, good, "capacity", text, measured, "100000/s, none lost");
    return PL_OK;
}

struct figure {
    const char *name; /* what to type to get only those */
    int (*run)(struct measure *m, const char *text, const struct link *l,
               const struct link_spec *spec); /* NULL: of the machine, without a link */
    const char *text;
};

static const struct figure figures[] = {
    {"machine", NULL, "one second of spinning"},
    {"rtt", run_rtt, "rtt=0"},
    {"rtt", run_rtt, "rtt=50ms"},
    {"rtt", run_rtt, "rtt=600ms"},
    {"loss", run_loss, "up.loss=2%,delay=5ms"},
    {"loss", run_loss, "up.loss=2%,up.burst=5,delay=5ms"},
    {"rate", run_rate, "rtt=20ms,rate=2mbit"},
    {"rate", run_rate, "rtt=20ms,rate=20mbit"},
    {"rate", run_rate, "rtt=20ms,rate=200mbit"},
    {"capacity", run_capacity, "rtt=20ms"},
};

static bool is_wanted(const char *name, char **wanted, int count)
{
    for (int i = 0; i < count; i++) {
        if (strcmp(wanted[i], name) == 0)
            return true;
    }
    return count == 0;
}

static int measure_figures(struct measure *m, char **wanted, int count)
{
    printf("%-16s %-34s %-44s %-20s\n", "figure", "configured", "measured", "bound");
    for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++) {
        const struct figure *f = &figures[i];

        if (!is_wanted(f->name, wanted, count))
            continue;
        if (f->run == NULL)
            measure_machine(m, f->text);
        else if (measure_on_link(m, f->text, f->run) < 0)
            return PL_ESYS;
    }
    return PL_OK;
}

int link_measure_main(int argc, char **argv)
{
    static const struct opt opts[] = {
        FLAG("quick", quick, "a quarter of the time, and of the packets"),
        INT("seed", "N", seed, "1", 0, 1e15, "random seed of the losses"),
        {.name = NULL},
    };
    static const char *const names[] = {"machine", "rtt", "loss", "rate", "capacity", NULL};
    static const struct opt_program program = {
        .name = "pushlab-link measure",
        .usage = "[options] [machine] [rtt] [loss] [rate] [capacity]",
        .operand_words = names,
        .about = "Send pings, packets and transfers through emulated links, and compare what was "
                 "measured with what was configured. Needs an idle machine.",
        .opts = opts};
    struct measure_config config = {.quick = false};
    struct measure m = {.config = &config};
    struct err_text e;
    int nargs, rc = opt_parse(&program, &config, argc, argv, &nargs, &e);

    if (rc == OPT_EXIT)
        return PL_EXIT_OK;
    if (rc < 0) {
        fprintf(stderr, "pushlab-link: measure: %s\n", e.text);
        return PL_EXIT_USAGE;
    }
    return measure_figures(&m, argv + 1, nargs) < 0 || m.failed ? PL_EXIT_FAILURE : PL_EXIT_OK;
}
