/* Does bench/compare keep its promise? Simulated runs, compared as real ones are: of such that
 * measure the same thing at most 5 % show a difference, and one of 1 ms is found.
 * docs/statistics.md.
 */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/compare/comparison.h"
#include "bench/stats/interval.h"
#include "lib/base/rng.h"

enum { COMPARISONS = 300, ROWS = 4, INTERVALS = 1000, REPEATS_MOST = 10 };

/* ---- a run as the runner writes it ---- */

/* How a figure spreads: by the run, within what runs may differ by; and by the repeat. */
struct noise {
    const char *object, *name;
    double level;
    double between; /* share, uniform */
    double within;  /* share, normal */
    double tail;    /* share, exponential: what delays a few updates a lot */
};

static const struct noise figures[] = {
    {"latency_us", "p50", 25500, 0.009, 0.003, 0},
    {"latency_us", "p90", 26000, 0.009, 0.004, 0.01},
    {"latency_us", "p99", 27000, 0.009, 0.01, 0.1},
    {"latency_us", "max", 29000, 0.009, 0.02, 0.5},
    {"age_us", "mean", 45000, 0.009, 0.01, 0},
    {"bytes_per_update", "wire", 271, 0.004, 0.002, 0},
    {"bytes_per_update", "framing", 57, 0.004, 0, 0},
    {"packets_per_update", "total", 2, 0.004, 0.01, 0},
    {NULL, "requests_per_update", 0.38, 0.004, 0.02, 0},
    {NULL, "tcp_handshakes_per_update", 0, 0, 0, 0},
    {NULL, "server_cpu_us_per_update", 20, 0.1, 0.15, 0.1},
    {NULL, "client_cpu_us_per_update", 10, 0.1, 0.15, 0.1},
    {NULL, "total_cpu_us_per_update", 60, 0.1, 0.15, 0.1},
};
enum { FIGURES = sizeof figures / sizeof *figures };

static cJSON *parent_of(cJSON *row, const struct noise *f)
{
    cJSON *o = f->object == NULL ? row : cJSON_GetObjectItem(row, f->object);

    return o != NULL ? o : cJSON_AddObjectToObject(row, f->object);
}

static cJSON *new_row(const char *id, int repeat)
{
    cJSON *row = cJSON_CreateObject();

    cJSON_AddStringToObject(row, "id", id);
    if (repeat > 0)
        cJSON_AddNumberToObject(row, "repeat", repeat);
    return row;
}

/* One of two windows in a row meets an update more; one in twenty loses some. */
static void add_counts(cJSON *row, struct rng *rng)
{
    double published = 150 + (rng_uniform(rng) < 0.5), missed = rng_uniform(rng) < 0.05 ? 3 : 0;

    cJSON_AddNumberToObject(row, "published", published);
    cJSON_AddNumberToObject(row, "delivered", published * 50 - missed);
    cJSON_AddNumberToObject(row, "missed", missed);
}

/* What one run has over another: so much later, and this much of what runs may differ by. */
struct change {
    double late_us, between;
};

/* The repeats of a row, and its summary, of which comparisons only read percentiles. */
static void add_row(cJSON *run, const char *id, int repeats, struct change change, struct rng *rng)
{
    cJSON *summary = new_row(id, 0), *row[REPEATS_MOST];

    for (int k = 0; k < repeats; k++) {
        row[k] = new_row(id, k + 1);
        add_counts(row[k], rng);
        cJSON_AddItemToArray(cJSON_GetObjectItem(run, "repeats"), row[k]);
    }
    cJSON_AddNumberToObject(summary, "repeats", repeats);
    cJSON_AddNumberToObject(summary, "published", 150 * repeats);
    cJSON_AddNumberToObject(summary, "delivered", 7500 * repeats);
    cJSON_AddNumberToObject(summary, "missed", 0);
    for (size_t i = 0; i < FIGURES; i++) {
        const struct noise *f = &figures[i];
        double day = 1 + change.between * f->between * (2 * rng_uniform(rng) - 1), sum = 0;
        double late = f->object != NULL && strstr(f->object, "_us") != NULL ? change.late_us : 0;

        for (int k = 0; k < repeats; k++) {
            double value = day * f->level * exp(f->within * rng_normal(rng)) + late +
                           f->level * rng_exponential(rng, f->tail > 0 ? f->tail : 1e-9);

            cJSON_AddNumberToObject(parent_of(row[k], f), f->name, value);
            sum += value;
        }
        cJSON_AddNumberToObject(parent_of(summary, f), f->name, sum / repeats);
    }
    cJSON_AddItemToArray(cJSON_GetObjectItem(run, "rows"), summary);
}

static cJSON *simulate(int repeats, struct change change, struct rng *rng)
{
    static const char *const ids[ROWS] = {"short-poll", "long-poll", "sse", "websocket"};
    cJSON *run = cJSON_CreateObject();

    cJSON_AddStringToObject(run, "link", "rtt=50ms");
    cJSON_AddArrayToObject(run, "rows");
    cJSON_AddArrayToObject(run, "repeats");
    for (int i = 0; i < ROWS; i++)
        add_row(run, ids[i], repeats, change, rng);
    return run;
}

/* ---- the promises ---- */

struct outcome {
    size_t tests, different, medians;
};

static struct outcome compare_once(int repeats, double late_us, double between, struct rng *rng)
{
    cJSON *a = simulate(repeats, (struct change){0, between}, rng);
    cJSON *b = simulate(repeats, (struct change){late_us, between}, rng);
    const struct thresholds none = {.n = 0};
    struct outcome out = {0};
    struct comparison c;

    ck_assert_int_eq(comparison_make(&c, a, b, &none), 0);
    out.tests = c.tests;
    out.different = c.different;
    for (size_t i = 0; i < c.n; i++)
        out.medians += strcmp(c.figures[i].metric->path, "latency_us.p50") == 0 &&
                       c.figures[i].verdict == VERDICT_HIGHER;
    comparison_free(&c);
    cJSON_Delete(a);
    cJSON_Delete(b);
    return out;
}

/* _i: repeats of each run. */
START_TEST(runs_of_the_same_thing_show_no_difference)
{
    struct rng rng;
    int called = 0;

    rng_seed(&rng, (uint64_t)_i);
    for (int i = 0; i < COMPARISONS; i++) {
        struct outcome o = compare_once(_i, 0, 1, &rng);

        ck_assert_uint_eq(o.tests, ROWS * (FIGURES + 2)); /* delivered, missed */
        called += o.different > 0;
    }
    ck_assert_msg(called <= COMPARISONS / 20, "%d repeats: %d of %d comparisons call a difference",
                  _i, called, COMPARISONS);
}
END_TEST

/* Runs one after the other on one machine differ by less than the most: a fifth of it is 0.4 %. */
START_TEST(a_millisecond_of_25_is_found_by_five_repeats)
{
    struct rng rng;
    size_t found = 0;

    rng_seed(&rng, 1);
    for (int i = 0; i < COMPARISONS; i++)
        found += compare_once(5, 1000, 0.2, &rng).medians;
    ck_assert_msg(found * 100 >= 95 * COMPARISONS * ROWS, "%zu of %d", found, COMPARISONS * ROWS);
}
END_TEST

/* The interval of the ratio of two such: the true one is 1.1. */
START_TEST(intervals_of_ratios_hold_the_truth)
{
    struct rng rng;
    int covered = 0;

    rng_seed(&rng, 1);
    for (int run = 0; run < INTERVALS; run++) {
        double a[5], b[5];
        struct difference d;

        for (int k = 0; k < 5; k++) {
            a[k] = 25000 * (1 + 0.02 * rng_normal(&rng));
            b[k] = 27500 * (1 + 0.02 * rng_normal(&rng));
        }
        d = difference_around(a, 5, interval_mean(a, 5), b, 5, interval_mean(b, 5), 0);
        covered += d.ratio95.low <= 1.1 && 1.1 <= d.ratio95.high;
    }
    ck_assert_msg(covered >= 930 && covered <= 970, "%d of %d", covered, INTERVALS);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("comparison_proof");
    TCase *tc = tcase_create("comparison_proof");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(tc, runs_of_the_same_thing_show_no_difference, 3, 6);
    tcase_add_test(tc, a_millisecond_of_25_is_found_by_five_repeats);
    tcase_add_test(tc, intervals_of_ratios_hold_the_truth);
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
