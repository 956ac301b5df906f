#include <check.h>
#include <stdlib.h>

#include "clients/client/connection.h"
#include "lib/base/clock.h"

#define ALMOST_1 0.9999999999

START_TEST(backoff_doubles_its_ceiling_up_to_the_cap)
{
    static const int64_t ceilings_ms[] = {100, 200, 400, 800, 1000, 1000};

    for (unsigned attempt = 0; attempt < 6; attempt++) {
        int64_t most = backoff_delay_ns(100 * NS_PER_MS, NS_PER_S, attempt, ALMOST_1);

        ck_assert_int_le(most, ceilings_ms[attempt] * NS_PER_MS);
        ck_assert_int_gt(most, ceilings_ms[attempt] * NS_PER_MS - NS_PER_US);
    }
}
END_TEST

START_TEST(backoff_jitter_is_full)
{
    ck_assert_int_eq(backoff_delay_ns(100 * NS_PER_MS, NS_PER_S, 3, 0.0), 0);
    ck_assert_int_eq(backoff_delay_ns(100 * NS_PER_MS, NS_PER_S, 3, 0.5), 400 * NS_PER_MS);
}
END_TEST

START_TEST(backoff_neither_overflows_nor_hangs)
{
    ck_assert_int_ge(backoff_delay_ns(INT64_MAX / 2, INT64_MAX - 1024, 4000000000U, 0.5), 0);
    ck_assert_int_eq(backoff_delay_ns(0, NS_PER_S, 60, ALMOST_1), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("connection");
    TCase *tc = tcase_create("connection");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tc, backoff_doubles_its_ceiling_up_to_the_cap);
    tcase_add_test(tc, backoff_jitter_is_full);
    tcase_add_test(tc, backoff_neither_overflows_nor_hangs);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
