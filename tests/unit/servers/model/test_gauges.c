/* servers/model/gauges.c: each gauge's rate, mean, spread and memory against its closed form. */
#include <math.h>
#include <stdlib.h>

#include "servers/model/gauges.h"
#include "tests/unit/servers/model/model_fixture.h"

enum { SAMPLES = 20000 };

static int gauge_index(const struct post *p)
{
    for (int i = 0; i < GAUGES; i++) {
        if (name_equal(p->channel,
                       (struct name){gauge_kinds[i].channel, strlen(gauge_kinds[i].channel)}))
            return i;
    }
    ck_abort_msg("unknown channel %.*s", (int)p->channel.len, p->channel.text);
    return -1;
}

START_TEST(every_gauge_keeps_its_own_rate)
{
    enum { SECONDS = 500 };
    struct model *m = gauges_new(1);
    int counts[GAUGES] = {0};
    int64_t first_ns[GAUGES], last_ns[GAUGES];

    while (m->due_ns < SECONDS * INT64_C(1000000000)) {
        struct played p = model_play(m);
        int i = gauge_index(&p.post);

        ck_assert(name_equal(p.post.key, MODEL_NAME("value")));
        ck_assert_str_eq(played_text(&p, "metric"), gauge_kinds[i].metric);
        ck_assert_str_eq(played_text(&p, "unit"), gauge_kinds[i].unit);
        ck_assert(played_number(&p, "value") >= 0);
        ck_assert(played_number(&p, "value") <= gauge_kinds[i].max);
        if (counts[i]++ == 0)
            first_ns[i] = p.at_ns;
        last_ns[i] = p.at_ns;
        played_free(&p);
    }
    for (int i = 0; i < GAUGES; i++) {
        double gaps = counts[i] - 1, span_s = (double)(last_ns[i] - first_ns[i]) / 1e9;

        ck_assert_double_eq_tol(gaps / span_s, gauge_kinds[i].rate_hz, 1e-6);
        ck_assert_int_eq(counts[i], (int)lround(SECONDS * gauge_kinds[i].rate_hz));
    }
    model_free(m);
}
END_TEST

/* docs/sources.md, and what scenarios expect. */
START_TEST(all_together_are_47_4_a_second)
{
    double hz = 0;

    for (int i = 0; i < GAUGES; i++)
        hz += gauge_kinds[i].rate_hz;
    ck_assert_double_eq_tol(hz, 47.4, 1e-9);
}
END_TEST

static void sample(double values[SAMPLES], const char *channel)
{
    struct model *m = gauges_new(2);

    for (int n = 0; n < SAMPLES;) {
        struct post p;

        m->next(m, &p);
        if (name_equal(p.channel, (struct name){channel, strlen(channel)})) {
            const char *at = strstr(p.data, "\"value\":");

            ck_assert_ptr_nonnull(at);
            values[n++] = atof(at + strlen("\"value\":"));
        }
    }
    model_free(m);
}

/* An autoregressive process that keeps k of its deviation: the mean of N samples has the
 * variance sd^2 / N * (1 + k) / (1 - k), that of squares has k^2 in place of k, and of their
 * products one step apart the share is k. */
START_TEST(values_wander_about_their_mean_as_their_table_says)
{
    static const int fast_ones[] = {8, 9, 10}; /* enough samples in a short test */
    const struct gauge_kind *kind = &gauge_kinds[fast_ones[_i]];
    double *values = calloc(SAMPLES, sizeof *values);
    double k = exp(-1 / (kind->rate_hz * kind->settle_s)), kk = k * k;
    double mean = 0, variance = 0, product = 0, sd2 = kind->sd * kind->sd;

    ck_assert_ptr_nonnull(values);
    sample(values, kind->channel);
    for (int i = 0; i < SAMPLES; i++)
        mean += values[i] / SAMPLES;
    for (int i = 0; i < SAMPLES; i++) {
        double from_mean = values[i] - kind->mean;

        variance += from_mean * from_mean / SAMPLES;
        if (i > 0)
            product += from_mean * (values[i - 1] - kind->mean) / (SAMPLES - 1);
    }
    ck_assert_double_eq_tol(mean, kind->mean, 5 * sqrt(sd2 / SAMPLES * (1 + k) / (1 - k)));
    ck_assert_double_eq_tol(variance, sd2, 5 * sd2 * sqrt(2.0 / SAMPLES * (1 + kk) / (1 - kk)));
    ck_assert_double_eq_tol(product / variance, k, 5 * sqrt((1 - kk) / SAMPLES));
    free(values);
}
END_TEST

START_TEST(the_same_seed_gives_the_same_values)
{
    ck_assert(models_agree(gauges_new(7), gauges_new(7), 5000));
    ck_assert(!models_agree(gauges_new(7), gauges_new(8), 1));
}
END_TEST

/* docs/sources.md: about 115 bytes, 110 to 140. */
START_TEST(a_sample_has_its_documented_size)
{
    struct model *m = gauges_new(8);

    for (int i = 0; i < 5000; i++) {
        struct played p = model_play(m);

        ck_assert_uint_ge(p.post.data_len, 105);
        ck_assert_uint_le(p.post.data_len, 140);
        played_free(&p);
    }
    model_free(m);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("gauges");
    TCase *tc = tcase_create("gauges");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tc);
    tcase_add_test(tc, every_gauge_keeps_its_own_rate);
    tcase_add_test(tc, all_together_are_47_4_a_second);
    tcase_add_loop_test(tc, values_wander_about_their_mean_as_their_table_says, 0, 3);
    tcase_add_test(tc, the_same_seed_gives_the_same_values);
    tcase_add_test(tc, a_sample_has_its_documented_size);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
