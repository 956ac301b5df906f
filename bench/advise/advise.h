/* Which row of a run to choose: what is asked of it, what each row measured, and what follows.
 * Facts in, findings out: no words (advise_words.h), no files. docs/advise.md says how it decides.
 *
 * A row fits when every check holds. It fails when one is sure not to hold. Where the run has too
 * few updates for the percentile asked, or lacks the figure, or where its repeats leave the figure
 * on either side of the limit, the row is unknown; it is neither recommended nor rejected. So is a
 * row that was disturbed, unless it is to be judged anyway. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cjson/cJSON.h>

#include "bench/model/capacity_model.h"
#include "bench/result/facts.h"
#include "bench/scenario/scenario.h"

/* ---- costs ---- */

enum advise_cost {
    ADVISE_CPU,
    ADVISE_WIRE,
    ADVISE_BYTES, /* payload and framing */
    ADVISE_REQUESTS,
    ADVISE_HANDSHAKES,
    ADVISE_PACKETS,
    ADVISE_MEMORY,
    ADVISE_COSTS
};

struct advise_cost_kind {
    const char *name;   /* in --budget: "cpu" */
    const char *path;   /* in a row, as facts_value() takes it */
    const char *words;  /* "server CPU" */
    const char *column; /* the same at the head of a column */
    facts_format *format;
    bool per_client; /* else per update */
};
extern const struct advise_cost_kind advise_costs[ADVISE_COSTS];

/* NAN when the row has no figure. */
double advise_cost_of(const cJSON *row, enum advise_cost cost);

/* ---- what is asked ---- */

enum {
    ADVISE_TYPED_LATENCY = 1,
    ADVISE_TYPED_ON_TIME = 2,
    ADVISE_TYPED_AGE = 4,
    ADVISE_TYPED_PERCENTILE = 8,
    ADVISE_TYPED_CLIENTS = 16
};

/* NAN: not asked. Typed: on the command line, not by the scenario's "require". */
struct advise_ask {
    double latency_us, percentile, on_time, age_us;
    bool lowered; /* nobody named a percentile, and the updates are too few for 99 */
    unsigned typed;
    double budget[ADVISE_COSTS];
    enum advise_cost order[ADVISE_COSTS]; /* budget's costs as they were typed */
    int norder;
    double clients; /* extrapolate to so many; NAN: 100 times the run's */
    bool anyway;    /* judge rows that were disturbed like all others */
};
extern const struct advise_ask advise_ask_nothing;

/* ---- what was found ---- */

enum advise_fit { ADVISE_FITS, ADVISE_FAILS, ADVISE_UNKNOWN };
extern const char *const advise_fits[]; /* "fits", "fails", "unknown": in JSON and classes */

enum advise_criterion {
    ADVISE_COMPLETE,    /* everything arrived, once and in order */
    ADVISE_LATENCY,     /* from the server to the clients */
    ADVISE_UPSTREAM,    /* from the client that sends to the others */
    ADVISE_CONVERGENCE, /* until the last holds the same document */
    ADVISE_ON_TIME,
    ADVISE_AGE,
    ADVISE_BUDGET,
};
extern const char *const advise_criteria[]; /* "complete", ...: in JSON */

struct advise_check {
    enum advise_criterion criterion;
    enum advise_cost cost; /* ADVISE_BUDGET */
    char path[48];         /* of the figure in the row; "" for ADVISE_COMPLETE and ADVISE_BUDGET */
    double percent;        /* of latencies: the percentile of value */
    double value, limit;
    double times;             /* value over limit (or limit over value): more than 1 fails */
    struct interval interval; /* of value, facts_interval_of() */
    enum advise_fit fit;
    bool undecided;                 /* ADVISE_UNKNOWN as the limit lies within the interval */
    double samples, samples_needed; /* ADVISE_UNKNOWN for too few updates; else NAN */
};

enum { ADVISE_CHECKS_MAX = 6 + ADVISE_COSTS };

struct advise_row {
    const cJSON *row;
    int index;      /* in rows[] */
    bool disturbed; /* and therefore not judged */
    struct advise_check checks[ADVISE_CHECKS_MAX];
    int nchecks;
    enum advise_fit fit;
    int deciding; /* of checks: the one that fails most, or comes nearest to failing */
    struct capacity_model_load load;
};

enum advise_verdict {
    ADVISE_NO_TRUST,  /* the run is incomplete, has problems, or all its rows were disturbed */
    ADVISE_NO_ASK,    /* nothing is asked: limits[] say what would be the answer */
    ADVISE_ONE,       /* best[0] is the cheapest that fits */
    ADVISE_TIE,       /* best[] fit and can't be told apart by cost */
    ADVISE_TOO_FEW,   /* none fits, but some are unknown */
    ADVISE_NONE_FITS, /* best[] are the nearest, if there is any row */
};

/* What the answer would be if this were asked of latency. Bit i stands for advise.rows[i]. */
struct advise_limit {
    double us;     /* a round number */
    uint64_t best; /* the cheapest that meet it */
    /* Of the other rows that meet it and no lower one: those that are level with the cheapest in
     * the first cost, and those that cost more. */
    uint64_t level, dearer;
    bool same; /* best is that of the limit before */
};

struct advise {
    const cJSON *run;
    struct advise_ask ask;
    struct advise_row rows[SCENARIO_MAX_ROWS];
    int nrows;
    int nfits;
    enum advise_verdict verdict;
    int best[SCENARIO_MAX_ROWS], nbest; /* of rows[], in the run's order */
    bool by_time; /* rows delivered different numbers of updates: costs are quoted as rates */
    enum advise_cost order[ADVISE_COSTS];
    struct facts_order differ[ADVISE_COSTS]; /* of the costs in order: which rows differ in them */
    int norder;                              /* by which costs rows are compared, the first first */
    enum advise_cost decided_by; /* ADVISE_ONE: the cost that set it apart, when others fit */
    int runner_up;               /* ADVISE_ONE: who came nearest by that cost; -1: nobody */
    /* Rows that don't fit, or are not judged, but cost less than best[0]. */
    int cheaper[SCENARIO_MAX_ROWS], ncheaper;
    /* ADVISE_NO_ASK: each limit at which another row begins to fit, from the lowest on. */
    struct advise_limit limits[SCENARIO_MAX_ROWS];
    int nlimits;
};

/* Judge a run. What was not typed is taken from the run's scenario.require; the percentile from
 * there, or it is 99, or the highest that its rows have (percentile.h). All in out is borrowed from
 * run. */
void advise_run(struct advise *out, const cJSON *run, const struct advise_ask *typed);

/* Of the row's checks of latency the one that uses most of its limit, or NULL; and of the rows that
 * fit, with clearly less latency than that of row, the first of the cheapest, or -1. */
const struct advise_check *advise_latency_check(const struct advise_row *r);
int advise_successor(const struct advise *a, int row);

/* The first cost in which two rows differ, if the one is cheaper by it; else -1. */
int advise_cheaper_by(const struct advise *a, int cheap, int dear);

/* Does it fail by limits alone: would it fit if these were others? */
bool advise_would_fit(const struct advise_row *r);

/* Is there a recommendation, or without a requirement one by limit? */
bool advise_answers(const struct advise *a);

/* Was every row disturbed, and is therefore not judged? */
bool advise_all_disturbed(const struct advise *a);

/* The row of that id, or NULL. */
const struct advise_row *advise_row_called(const struct advise *a, const char *id);

/* A cost in the unit in which rows are compared: per client and second (or per client), so that
 * a row which delivers fewer updates, each replacing several, does not look expensive. */
double advise_rate_of(const struct advise_row *r, enum advise_cost cost);
