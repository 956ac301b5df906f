/* The intervals of a run with repeats: in 930 to 970 of 1,000 simulated runs those of percentiles
 * of merged histograms, and of means, hold the truth. docs/statistics.md. */
#include <check.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "bench/stats/interval.h"
#include "lib/base/rng.h"
#include "lib/hdr/hdr.h"

enum { INTERVALS = 1000, REPEATS_MOST = 5 };

struct distribution {
    bool exponential; /* of this mean; or uniform from 0 up to it twice */
    double mean_us;
};

static const struct distribution distributions[] = {{false, 2500}, {true, 2500}};
static const double percents[] = {50, 90, 99};
enum { PERCENTS = 3, UPDATES = 1000, HIGHEST_US = 50000 };

static double truth_of(const struct distribution *d, double percent)
{
    return d->exponential ? -d->mean_us * log1p(-percent / 100) : 2 * d->mean_us * percent / 100;
}

static void record(struct hdr *h, const struct distribution *d, struct rng *rng)
{
    bool in_range = true;

    hdr_reset(h);
    for (int i = 0; i < UPDATES; i++) {
        double us =
            d->exponential ? rng_exponential(rng, d->mean_us) : 2 * d->mean_us * rng_uniform(rng);

        in_range = hdr_record(h, llround(us), 1) && in_range;
    }
    ck_assert(in_range);
}

/* Counts in covered[] which intervals of one run hold the truth: percentiles, then the mean. */
static void run_once(const struct distribution *d, int repeats, struct rng *rng,
                     int covered[PERCENTS + 1])
{
    double values[PERCENTS + 1][REPEATS_MOST];
    struct hdr merged, one;

    ck_assert_int_eq(hdr_init(&merged, 1, HIGHEST_US, HDR_LATENCY_FIGURES), 0);
    ck_assert_int_eq(hdr_init(&one, 1, HIGHEST_US, HDR_LATENCY_FIGURES), 0);
    for (int k = 0; k < repeats; k++) {
        record(&one, d, rng);
        ck_assert_int_eq(hdr_add(&merged, &one), 0);
        for (int p = 0; p < PERCENTS; p++)
            values[p][k] = (double)hdr_value_at_percentile(&one, percents[p]);
        values[PERCENTS][k] = hdr_mean(&one);
    }
    for (int p = 0; p <= PERCENTS; p++) {
        double estimate = p < PERCENTS ? (double)hdr_value_at_percentile(&merged, percents[p])
                                       : hdr_mean(&merged);
        double truth = p < PERCENTS ? truth_of(d, percents[p]) : d->mean_us;
        struct interval i = interval_of(values[p], (size_t)repeats, estimate);

        covered[p] += i.low <= truth && truth <= i.high;
    }
    hdr_free(&merged);
    hdr_free(&one);
}

/* _i: which distribution, and 3 or 5 repeats. */
START_TEST(intervals_of_merged_histograms_hold_the_truth)
{
    const struct distribution *d = &distributions[_i % 2];
    int repeats = _i < 2 ? 3 : 5, covered[PERCENTS + 1] = {0};
    struct rng rng;

    rng_seed(&rng, (uint64_t)_i + 1);
    for (int run = 0; run < INTERVALS; run++)
        run_once(d, repeats, &rng, covered);
    for (int p = 0; p <= PERCENTS; p++)
        ck_assert_msg(covered[p] >= 930 && covered[p] <= 970, "%s, %d repeats, %s %g: %d of %d",
                      d->exponential ? "exponential" : "uniform", repeats,
                      p < PERCENTS ? "percentile" : "mean", p < PERCENTS ? percents[p] : 0,
                      covered[p], INTERVALS);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("interval_proof");
    TCase *tc = tcase_create("interval_proof");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, intervals_of_merged_histograms_hold_the_truth, 0, 4);
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
