/* The best reconnect window of hand-made runs. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/result/storm.h"

#define ROW(window, cpu, max, none, missed)                                                        \
    "{\"id\":\"websocket+" #window "ms\",\"transport\":\"websocket\",\"delivered\":100,"           \
    "\"missed\":" #missed ",\"late\":0,\"reconnect_window_ms\":" #window                           \
    ",\"recovery\":{\"none\":" #none ",\"server_cpu_peak\":" #cpu                                  \
    ",\"connects_peak_per_s\":1000,\"next_update_us\":{\"count\":100,\"p50\":1000,\"max\":" #max   \
    "}}}"

static void says(const char *rows, const char *part)
{
    char text[4096];
    struct buf out = {0};
    cJSON *run;

    snprintf(text, sizeof text, "{\"rows\":[%s]}", rows);
    run = cJSON_Parse(text);
    ck_assert_ptr_nonnull(run);
    ck_assert(storm_is(run));
    ck_assert_int_eq(storm_findings(&out, run), 0);
    ck_assert_int_eq(buf_add(&out, "", 1), 0);
    ck_assert_msg(strstr((char *)out.data, part) != NULL, "\"%s\" lacks \"%s\"", (char *)out.data,
                  part);
    buf_free(&out);
    cJSON_Delete(run);
}

START_TEST(the_smallest_that_leaves_the_server_time_is_the_best)
{
    says(ROW(0, 1.0, 1100000, 0, 0) "," ROW(1000, 0.4, 1900000, 0, 0) "," ROW(5000, 0.1, 6000000, 0,
                                                                              0),
         "the best window is 1 s, ");
    says(ROW(0, 1.0, 1100000, 0, 0) "," ROW(1000, 0.4, 1900000, 0, 0), "; with no window: 100");
}
END_TEST

START_TEST(the_order_of_rows_does_not_matter)
{
    says(ROW(5000, 0.1, 6000000, 0, 0) "," ROW(0, 1.0, 1100000, 0, 0) "," ROW(1000, 0.4, 1900000, 0,
                                                                              0),
         "the best window is 1 s, ");
}
END_TEST

START_TEST(without_need_there_is_none)
{
    says(ROW(0, 0.2, 300000, 0, 0) "," ROW(1000, 0.1, 1900000, 0, 0), "no window is needed, ");
}
END_TEST

/* 0.65 may be 0.81 the next time: a quarter is the figure's noise. */
START_TEST(a_figure_near_the_limit_is_perhaps_enough)
{
    says(ROW(0, 1.0, 1100000, 0, 0) "," ROW(500, 0.65, 1500000, 0, 0) "," ROW(1000, 0.4, 1900000, 0,
                                                                              0),
         "; perhaps 500 ms is enough");
}
END_TEST

START_TEST(a_window_that_loses_updates_is_not_the_best)
{
    says(ROW(0, 0.2, 1100000, 0, 7) "," ROW(1000, 0.2, 1900000, 0, 0), "the best window is 1 s, ");
    says(ROW(0, 0.2, 1100000, 3, 0) "," ROW(1000, 0.2, 1900000, 0, 0), "the best window is 1 s, ");
}
END_TEST

START_TEST(where_none_is_enough_that_is_said)
{
    says(ROW(0, 1.0, 1100000, 0, 0) "," ROW(1000, 0.99, 1900000, 0, 0),
         "no window of this run keeps");
}
END_TEST

START_TEST(rows_with_one_window_are_no_storm)
{
    cJSON *run = cJSON_Parse("{\"rows\":[" ROW(0, 1.0, 1100000, 0, 0) "]}");

    ck_assert(!storm_is(run));
    cJSON_Delete(run);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("storm");
    TCase *c = tcase_create("all");
    SRunner *sr = srunner_create(s);
    int failed;

    tcase_add_test(c, the_smallest_that_leaves_the_server_time_is_the_best);
    tcase_add_test(c, the_order_of_rows_does_not_matter);
    tcase_add_test(c, without_need_there_is_none);
    tcase_add_test(c, a_figure_near_the_limit_is_perhaps_enough);
    tcase_add_test(c, a_window_that_loses_updates_is_not_the_best);
    tcase_add_test(c, where_none_is_enough_that_is_said);
    tcase_add_test(c, rows_with_one_window_are_no_storm);
    suite_add_tcase(s, c);
    srunner_run_all(sr, CK_ENV);
    failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed == 0 ? 0 : 1;
}
