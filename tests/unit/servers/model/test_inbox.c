/* servers/model/inbox.c: the kinds of notifications in their shares, at the times of arrivals. */
#include <math.h>
#include <stdlib.h>

#include "servers/model/inbox.h"
#include "tests/unit/servers/model/model_fixture.h"

enum { SAMPLES = 20000 };

static struct model *inbox_at(uint64_t seed, int pattern, double rate_hz)
{
    struct arrivals arrivals;

    arrivals_init(&arrivals, pattern, rate_hz, 0, 0);
    return inbox_new(seed, &arrivals);
}

START_TEST(kinds_come_in_their_shares)
{
    struct model *m = inbox_at(1, PATTERN_POISSON, 1);
    int counts[16] = {0}, others = 0;
    unsigned all = 0;

    for (size_t i = 0; i < INBOX_KINDS; i++)
        all += inbox_kinds[i].percent;
    ck_assert_uint_eq(all, 100);
    for (int n = 0; n < SAMPLES; n++) {
        struct played p = model_play(m);
        size_t kind = 0;

        while (kind < INBOX_KINDS && strcmp(inbox_kinds[kind].type, played_text(&p, "type")) != 0)
            kind++;
        if (kind < INBOX_KINDS)
            counts[kind]++;
        else
            others++;
        played_free(&p);
    }
    ck_assert_int_eq(others, 0);
    for (size_t i = 0; i < INBOX_KINDS; i++) {
        double share = inbox_kinds[i].percent / 100.0;

        ck_assert_double_eq_tol((double)counts[i] / SAMPLES, share,
                                5 * sqrt(share * (1 - share) / SAMPLES));
    }
    model_free(m);
}
END_TEST

START_TEST(a_fixed_rate_is_kept_exactly)
{
    struct model *m = inbox_at(2, PATTERN_FIXED, 0.03125); /* a power of two: no rounding */

    for (int n = 1; n <= 1000; n++) {
        struct played p = model_play(m);

        ck_assert_int_eq(p.at_ns, n * INT64_C(32000000000));
        ck_assert(played_in(&p, "inbox"));
        ck_assert_uint_eq(p.post.key.len, 0);
        ck_assert_double_eq(played_number(&p, "id"), n);
        played_free(&p);
    }
    model_free(m);
}
END_TEST

START_TEST(the_same_seed_gives_the_same_notifications)
{
    ck_assert(models_agree(inbox_at(7, PATTERN_POISSON, 1), inbox_at(7, PATTERN_POISSON, 1), 5000));
    ck_assert(!models_agree(inbox_at(7, PATTERN_POISSON, 1), inbox_at(8, PATTERN_POISSON, 1), 1));
}
END_TEST

/* docs/sources.md: about 270 bytes, 210 to 330. */
START_TEST(a_notification_has_its_documented_size)
{
    struct model *m = inbox_at(8, PATTERN_FIXED, 1);
    double bytes = 0;

    for (int i = 0; i < SAMPLES; i++) {
        struct post p;

        m->next(m, &p);
        ck_assert_uint_ge(p.data_len, 210);
        ck_assert_uint_le(p.data_len, 330);
        bytes += (double)p.data_len / SAMPLES;
    }
    ck_assert_double_eq_tol(bytes, 270, 5);
    model_free(m);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("inbox");
    TCase *tc = tcase_create("inbox");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tc);
    tcase_add_test(tc, kinds_come_in_their_shares);
    tcase_add_test(tc, a_fixed_rate_is_kept_exactly);
    tcase_add_test(tc, the_same_seed_gives_the_same_notifications);
    tcase_add_test(tc, a_notification_has_its_documented_size);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
