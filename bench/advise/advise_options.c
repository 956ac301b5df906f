#include "bench/advise/advise_options.h"

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "bench/base/units.h"

#define OPT_CONFIG struct config
#include "lib/opt/opt_rows.h"

struct config {
    int64_t latency_ns, age_ns, clients;
    int percentile;
    const char *on_time, *budget, *results, *out;
    bool figures, markdown, json, matrix, map, anyway;
};

static const char *const percentiles[] = {"scenario", "50", "90", "99", "99.9", "100", NULL};
static const double percentile_values[] = {NAN, 50, 90, 99, 99.9, 100};

static const struct opt opts[] = {
    HEADING("What is asked (default: the scenario's \"require\")"),
    MS("latency", latency_ns, NULL, 0.001, 86400000,
       "the percentile of the latency must be no more"),
    CHOICE("percentile", "50|90|99|99.9|100", percentile, "scenario", percentiles,
           "which percentile (default: as the scenario says; else 99, or the highest that the "
           "updates support)"),
    TEXT("on-time", "SHARE", on_time, NULL,
         "share of the updates within the scenario's deadline: 95% or 0.95"),
    MS("age", age_ns, NULL, 0.001, 86400000, "longest mean age of the newest value"),
    TEXT("budget", "COST=MAX,...", budget, NULL,
         "most per update: cpu=20us wire=600 bytes=600 requests=1 handshakes=0.1 packets=2; per "
         "client: memory=8KB. The first named decides what is cheapest"),
    FLAG("anyway", anyway, "also judge rows that were disturbed, and say so"),
    INT("clients", "N", clients, NULL, 1, 1e9,
        "extrapolate costs to N clients (default: 100 times the run's)"),

    HEADING("Output"),
    FLAG("figures", figures, "all sentences, and where in run.json each figure stands"),
    FLAG("markdown", markdown, "as Markdown, to be pasted"),
    FLAG("json", json, "as JSON, each reference with a pointer into run.json"),
    FLAG("matrix", matrix, "one HTML file: use cases and links by transports, from the runs given"),
    FLAG(
        "map", map,
        "of a sweep over source.rate_hz: the cheapest row for each rate and latency, as tables and "
        "a picture"),
    TEXT("out", "FILE.html", out, NULL, "with --matrix: where to (also -o)"),
    TEXT("results", "DIR", results, "results", "where a scenario's runs are looked for, and left"),
    {.name = NULL},
};

static const struct opt_program program = {
    .name = "pushlab advise",
    .usage = "SCENARIO|RUN... [options]",
    .about = "Say which transport to choose, from what was measured: which rows meet the "
             "requirement, what they cost, which is the cheapest, and why. Without a "
             "requirement the cheapest is named for each latency limit. Of a scenario the newest "
             "complete run is read; when there is none, it is run.",
    .footer =
        "Examples:\n"
        "  pushlab advise results/latest\n"
        "  pushlab advise results/latest --latency 200ms\n"
        "  pushlab advise game --on-time 95% --budget cpu=20us,bytes=600\n"
        "  pushlab advise --matrix -o usecases.html results/*/\n"
        "  pushlab advise --map results/map\n\n"
        "Exit code: 0 when there is an answer, 1 when there is none (nothing fits, too few\n"
        "samples, a run that can't be believed or was disturbed), 2 when an option is wrong.\n",
    .opts = opts,
    .operands = "SCENARIO|RUN",
};

/* ---- the budget ---- */

static int cost_named(const char *name, size_t len)
{
    for (int i = 0; i < ADVISE_COSTS; i++)
        if (strlen(advise_costs[i].name) == len && strncmp(advise_costs[i].name, name, len) == 0)
            return i;
    return -1;
}

static bool read_cost(enum advise_cost cost, const char *text, double *value)
{
    switch (cost) {
    case ADVISE_CPU:
        return quantity_read_us(text, value);
    case ADVISE_WIRE:
    case ADVISE_BYTES:
    case ADVISE_MEMORY:
        return quantity_read_bytes(text, value);
    default:
        return quantity_read_number(text, value);
    }
}

static int read_entry(struct advise_ask *ask, const char *entry, struct err_text *e)
{
    size_t len = strcspn(entry, "=");
    int cost = cost_named(entry, len);

    if (cost < 0 || entry[len] == '\0')
        return err_set(e, PL_EINVAL,
                       "--budget: '%.60s' is not a cost and its maximum; accepted: cpu=20us, "
                       "wire=600, bytes=600, requests=1, handshakes=0.1, packets=2, memory=8KB",
                       entry);
    if (!isnan(ask->budget[cost]))
        return err_set(e, PL_EINVAL, "--budget: %s is there twice", advise_costs[cost].name);
    if (!read_cost(cost, entry + len + 1, &ask->budget[cost]))
        return err_set(e, PL_EINVAL, "--budget: %s: '%.60s' is not an amount; accepted: such as %s",
                       advise_costs[cost].name, entry + len + 1,
                       cost == ADVISE_CPU ? "20us" : "600");
    ask->order[ask->norder++] = (enum advise_cost)cost;
    return PL_OK;
}

int advise_budget_parse(struct advise_ask *ask, const char *text, struct err_text *e)
{
    char entry[80];
    int rc = PL_OK;

    for (const char *from = text; rc == PL_OK; from++) {
        size_t len = strcspn(from, ",");

        snprintf(entry, sizeof entry, "%.*s", (int)len, from);
        rc = read_entry(ask, entry, e);
        from += len;
        if (*from == '\0')
            break;
    }
    return rc;
}

/* ---- the rest ---- */

static int take_ask(struct advise_ask *ask, const struct config *c, struct err_text *e)
{
    *ask = advise_ask_nothing;
    if (c->latency_ns > 0) {
        ask->latency_us = (double)c->latency_ns / 1e3;
        ask->typed |= ADVISE_TYPED_LATENCY;
    }
    if (c->age_ns > 0) {
        ask->age_us = (double)c->age_ns / 1e3;
        ask->typed |= ADVISE_TYPED_AGE;
    }
    if (c->percentile > 0) {
        ask->percentile = percentile_values[c->percentile];
        ask->typed |= ADVISE_TYPED_PERCENTILE;
    }
    if (c->on_time != NULL) {
        if (!quantity_read_share(c->on_time, &ask->on_time))
            return err_set(e, PL_EINVAL,
                           "--on-time: '%.60s' is not a share; accepted: 0%% to 100%%, or 0 to 1",
                           c->on_time);
        ask->typed |= ADVISE_TYPED_ON_TIME;
    }
    if (c->clients > 0) {
        ask->clients = (double)c->clients;
        ask->typed |= ADVISE_TYPED_CLIENTS;
    }
    ask->anyway = c->anyway;
    return c->budget != NULL ? advise_budget_parse(ask, c->budget, e) : PL_OK;
}

/* -o is --out. */
static void lengthen(int argc, char **argv)
{
    static char out[] = "--out";

    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "-o") == 0)
            argv[i] = out;
}

static int check(const struct config *c, int nargs, struct err_text *e)
{
    if (nargs == 0)
        return err_set(e, PL_EINVAL,
                       "pushlab advise: nothing given; accepted: a scenario, or folders of runs, "
                       "such as results/latest");
    if (c->matrix != (c->out != NULL))
        return err_set(e, PL_EINVAL, "pushlab advise: --matrix and -o FILE.html go together");
    if (c->matrix + c->markdown + c->json + c->map > 1)
        return err_set(e, PL_EINVAL,
                       "pushlab advise: only one of --matrix, --map, --markdown and --json");
    if (c->figures && (c->matrix || c->map || c->json))
        return err_set(e, PL_EINVAL,
                       "--figures: for the terminal and --markdown; --json and --matrix have all "
                       "figures, --map has none");
    if (c->map && (nargs != 1 || c->latency_ns > 0 || c->age_ns > 0 || c->on_time != NULL ||
                   c->budget != NULL || c->clients > 0))
        return err_set(e, PL_EINVAL,
                       "--map: takes the folder of one sweep; accepted beside it: --percentile, "
                       "--anyway");
    return PL_OK;
}

int advise_options_parse(struct advise_options *o, int argc, char **argv, int *nargs,
                         struct err_text *e)
{
    struct config c = {0};
    int rc;

    lengthen(argc, argv);
    rc = opt_parse(&program, &c, argc, argv, nargs, e);
    if (rc != OPT_RUN)
        return rc;
    rc = check(&c, *nargs, e);
    *o = (struct advise_options){.figures = c.figures,
                                 .markdown = c.markdown,
                                 .json = c.json,
                                 .matrix = c.matrix,
                                 .map = c.map,
                                 .results = c.results,
                                 .out = c.out};
    return rc < 0 ? rc : take_ask(&o->ask, &c, e);
}
