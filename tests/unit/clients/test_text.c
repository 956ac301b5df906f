#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "clients/text.h"

START_TEST(text_latency_has_three_digits_and_a_unit)
{
    static const struct {
        int64_t us;
        const char *text;
    } vectors[] = {
        {-5, "0 µs"},         {0, "0 µs"},
        {312, "312 µs"},      {999, "999 µs"},
        {1000, "1.00 ms"},    {4812, "4.81 ms"},
        {9994, "9.99 ms"},    {9996, "10.0 ms"},
        {99960, "100 ms"},    {512300, "512 ms"},
        {999499, "999 ms"},   {999500, "1.00 s"},
        {61000000, "61.0 s"}, {3600000000, "3600 s"},
    };
    char out[TEXT_LATENCY_BYTES];

    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        text_latency(out, vectors[i].us);
        ck_assert_str_eq(out, vectors[i].text);
    }
}
END_TEST

START_TEST(text_bar_grows_two_columns_a_decade)
{
    char out[TEXT_BAR_BYTES];

    text_bar(out, 10);
    ck_assert_str_eq(out, "            ");
    text_bar(out, 1000);
    ck_assert_str_eq(out, "████        ");
    text_bar(out, INT64_MAX);
    ck_assert_str_eq(out, "████████████");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("text");
    TCase *tc = tcase_create("text");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tc, text_latency_has_three_digits_and_a_unit);
    tcase_add_test(tc, text_bar_grows_two_columns_a_decade);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
