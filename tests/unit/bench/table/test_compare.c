/* bench/table/compare.c: two runs side by side. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/result/disturbed.h"
#include "bench/table/compare.h"

static const char run_a[] =
    "{\"schema\":1,\"started\":\"2026-11-23T07:00:00Z\",\"link\":\"loopback\",\"complete\":true,"
    "\"scenario\":{\"title\":\"One\"},\"rows\":["
    "{\"id\":\"sse\",\"delivered\":3000,\"missed\":0,\"latency_us\":{\"p50\":312},"
    "\"server_cpu_us_per_update\":8},"
    "{\"id\":\"stream\",\"delivered\":1}]}";
static const char run_b[] =
    "{\"schema\":1,\"started\":\"2026-11-24T07:00:00Z\",\"link\":\"20 ms\",\"complete\":false,"
    "\"scenario\":{\"title\":\"Two\"},\"rows\":["
    "{\"id\":\"websocket\",\"delivered\":5},"
    "{\"id\":\"sse\",\"delivered\":1500,\"missed\":7,\"latency_us\":{\"p50\":624},"
    "\"server_cpu_us_per_update\":4}]}";

static char *compared_with(const char *first, bool markdown)
{
    cJSON *a = cJSON_Parse(first), *b = cJSON_Parse(run_b);
    struct buf out = {0};

    ck_assert_int_eq(compare_write(&out, a, b, markdown), 0);
    ck_assert_int_eq(buf_add(&out, "", 1), 0);
    cJSON_Delete(a);
    cJSON_Delete(b);
    return (char *)out.data;
}

static char *compared(bool markdown)
{
    return compared_with(run_a, markdown);
}

START_TEST(compare_matches_rows_by_id_and_divides)
{
    char *text = compared(false);

    ck_assert_str_eq(text,
                     "A: One · link: loopback · 2026-11-23\n"
                     "B: Two · link: 20 ms · 2026-11-24 · incomplete\n"
                     "\n"
                     "row  metric                   A        B  B / A\n"
                     "sse  delivered            3,000    1,500    0.5\n"
                     "     missed                   0        7      –\n"
                     "     latency p50         312 µs   624 µs   2.00\n"
                     "     server CPU/update  8.00 µs  4.00 µs      –\n"
                     "\n"
                     "only in A: stream\n"
                     "\n"
                     "only in B: websocket\n"
                     "\n"
                     "CPU has no ratio: over a link the link's forwarder does the kernel's work "
                     "of receiving,\n"
                     "on loopback servers and clients do it themselves\n");
    free(text);
}
END_TEST

START_TEST(compare_of_two_links_has_ratios_of_cpu)
{
    char *text = compared_with(run_b, false);

    ck_assert_ptr_nonnull(strstr(text, "server CPU/update  4.00 µs  4.00 µs   1.00\n"));
    ck_assert_ptr_null(strstr(text, "CPU has no ratio"));
    free(text);
}
END_TEST

START_TEST(compare_marks_disturbed_rows_and_says_why)
{
    cJSON *a = cJSON_Parse(run_a), *b = cJSON_Parse(run_b);
    struct buf out = {0}, reasons = {0};

    ck_assert_int_eq(compare_disturbed(&reasons, a, b), 0);
    ck_assert_uint_eq(reasons.len, 0);
    disturbed_add(cJSON_GetArrayItem(cJSON_GetObjectItem(b, "rows"), 0), "not in both");
    disturbed_add(cJSON_GetArrayItem(cJSON_GetObjectItem(b, "rows"), 1), "stopped for %d s", 1);
    disturbed_add(cJSON_GetArrayItem(cJSON_GetObjectItem(b, "rows"), 1), "late");
    ck_assert_int_eq(compare_disturbed(&reasons, a, b), 0);
    ck_assert_int_eq(buf_add(&reasons, "", 1), 0);
    ck_assert_str_eq((char *)reasons.data, "B: sse was disturbed: stopped for 1 s; late\n");
    ck_assert_int_eq(compare_write(&out, a, b, false), 0);
    ck_assert_int_eq(buf_add(&out, "", 1), 0);
    ck_assert_ptr_nonnull(strstr((char *)out.data, "\n~ sse  delivered "));
    ck_assert_ptr_nonnull(
        strstr((char *)out.data, "\n\n~ B: sse was disturbed: stopped for 1 s; late\n"));
    cJSON_Delete(a);
    cJSON_Delete(b);
    buf_free(&out);
    buf_free(&reasons);
}
END_TEST

START_TEST(compare_writes_markdown)
{
    char *text = compared(true);

    ck_assert_ptr_nonnull(strstr(text, "\n| row | metric | A | B | B / A |\n"
                                       "|:---|:---|---:|---:|---:|\n"
                                       "| `sse` | delivered | 3,000 | 1,500 | 0.5 |\n"));
    free(text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("compare");
    TCase *tc = tcase_create("compare");
    SRunner *runner;
    int failed;

    tcase_add_test(tc, compare_matches_rows_by_id_and_divides);
    tcase_add_test(tc, compare_of_two_links_has_ratios_of_cpu);
    tcase_add_test(tc, compare_writes_markdown);
    tcase_add_test(tc, compare_marks_disturbed_rows_and_says_why);
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
