/* bench/result/result_source.c: what was due, what was published and how late, out of two snapshots
 * of /stats; what is said of it, and in a run's conditions. */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/json.h"
#include "bench/result/conditions.h"
#include "bench/result/disturbed.h"
#include "bench/result/result_source.h"

/* In a window of 4 s. */
struct figures {
    int due, published, stalled_ms;
    const char *late; /* pairs of a value and a count, at the window's end */
    double p50_us;    /* of the latency */
};

static cJSON *row_of(const struct figures *f)
{
    char text[1200];
    cJSON *row;

    snprintf(text, sizeof text,
             "{\"phases\":{\"window_ms\":4000},\"latency_us\":{\"p50\":%g},\"whole_run\":{},"
             "\"notes\":[],"
             "\"disturbed\":[],\"raw\":{\"server_stats\":{"
             "\"window_start\":{\"source\":{\"due\":50,\"published\":49,\"stalled_ms\":7,"
             "\"publish_late_counts\":[[40,20],[90,30]]}},"
             "\"window_end\":{\"source\":{\"due\":%d,\"published\":%d,\"stalled_ms\":%d,"
             "\"publish_late_counts\":[%s]}},"
             "\"end\":{\"source\":{\"publish_late_us\":{\"count\":260,\"max\":95}}}}}}",
             f->p50_us, 50 + f->due, 49 + f->published, 7 + f->stalled_ms, f->late);
    row = cJSON_Parse(text);
    ck_assert_ptr_nonnull(row);
    result_source(row);
    return row;
}

static const char *only_line(const cJSON *row, const char *list)
{
    ck_assert_int_eq(cJSON_GetArraySize(json_at(row, list)), 1);
    return cJSON_GetStringValue(cJSON_GetArrayItem(json_at(row, list), 0));
}

static const struct figures sound = {200, 200, 0, "[40,70],[60,50],[90,130]", 300};

START_TEST(a_windows_figures_are_the_differences_of_two_snapshots)
{
    cJSON *row = row_of(&sound);

    ck_assert_double_eq(json_number(row, "intended"), 200);
    ck_assert_double_eq(json_number(row, "achieved_rate_hz"), 50);
    ck_assert_double_eq(json_number(row, "publish_late_us.count"), 200);
    ck_assert_double_eq(json_number(row, "publish_late_us.min"), 40);
    ck_assert_double_eq(json_number(row, "publish_late_us.p50"), 60);
    ck_assert_double_eq(json_number(row, "publish_late_us.p90"), 90);
    ck_assert_double_eq(json_number(row, "publish_late_us.max"), 90);
    ck_assert_double_eq(json_number(row, "publish_late_us.mean"), 70);
    ck_assert_double_eq(json_number(row, "whole_run.publish_late_us.max"), 95);
    ck_assert(!disturbed_is(row));
    ck_assert_int_eq(cJSON_GetArraySize(json_at(row, "notes")), 0);
    cJSON_Delete(row);
}
END_TEST

static const struct {
    struct figures figures;
    const char *list, *says; /* NULL: nothing is said */
} judged[] = {
    {{200, 199, 0, "[40,220],[90,30]", 300}, "disturbed", NULL}, /* due just before the end */
    {{200, 198, 0, "[40,220],[90,30]", 300}, "disturbed", NULL},
    {{200, 197, 0, "[40,220],[90,30]", 300},
     "disturbed",
     "the server published only 197 of the 200 updates that were due in the window"},
    {{4, 3, 0, "[40,24],[90,30]", 300}, "disturbed", NULL},
    {{200, 203, 0, "[40,220],[90,30]", 300}, "disturbed", NULL}, /* late ones from before */
    {{200, 199, 1980, "[40,220],[90,30]", 300},
     "disturbed",
     "the server was stopped or could not keep up: its schedule moved by 1.98 s"},
    {{200, 200, 0, "[40,219],[90,30],[100095,1]", 300}, "disturbed", NULL}, /* disturbed.c judges */
    {{200, 200, 0, "[40,219],[90,30],[99007,1]", 300}, "notes", NULL},      /* one of 200 */
    {{200, 200, 0, "[40,217],[90,30],[1001,2],[2407,1]", 300},
     "notes",
     "the server published 3 of 200 updates more than 1.00 ms after they were due, at most 2.41 "
     "ms; "
     "latency includes it"},
    {{200, 200, 0, "[40,217],[90,30],[1001,2],[2407,1]", 52000}, "notes", NULL}, /* 5 %: 2.6 ms */
};

START_TEST(what_did_not_keep_up_is_said)
{
    cJSON *row = row_of(&judged[_i].figures);

    if (judged[_i].says == NULL)
        ck_assert_int_eq(cJSON_GetArraySize(json_at(row, judged[_i].list)), 0);
    else
        ck_assert_str_eq(only_line(row, judged[_i].list), judged[_i].says);
    cJSON_Delete(row);
}
END_TEST

START_TEST(without_a_schedule_there_are_no_figures)
{
    cJSON *row = cJSON_Parse("{\"phases\":{\"window_ms\":4000},\"whole_run\":{},\"notes\":[],"
                             "\"disturbed\":[],\"raw\":{\"server_stats\":{"
                             "\"window_start\":{\"source\":{\"seq\":1}},"
                             "\"window_end\":{\"source\":{\"seq\":9}}}}}");

    result_source(row);
    ck_assert(cJSON_IsNull(json_at(row, "intended")));
    ck_assert(cJSON_IsNull(json_at(row, "achieved_rate_hz")));
    ck_assert(cJSON_IsNull(json_at(row, "publish_late_us")));
    ck_assert(cJSON_IsNull(json_at(row, "whole_run.publish_late_us")));
    ck_assert(!disturbed_is(row));
    cJSON_Delete(row);
}
END_TEST

START_TEST(each_of_several_servers_is_judged)
{
    cJSON *row = row_of(&sound), *raw = cJSON_GetObjectItem(row, "raw"), *servers;
    cJSON *stalled = row_of(&judged[5].figures);

    servers = cJSON_AddArrayToObject(cJSON_AddObjectToObject(raw, "balancer"), "servers");
    cJSON_AddItemToArray(servers, json_object("stats:r", json_at(row, "raw.server_stats")));
    cJSON_AddItemToArray(servers, json_object("stats:r", json_at(stalled, "raw.server_stats")));
    for (int i = 0; i < 5; i++) /* what the first look at the row has added */
        cJSON_DeleteItemFromObject(row, (const char *const[]){"intended", "achieved_rate_hz",
                                                              "publish_late_us", "whole_run",
                                                              "disturbed"}[i]);
    cJSON_AddObjectToObject(row, "whole_run");
    result_source(row);
    ck_assert_str_eq(only_line(row, "disturbed"),
                     "server 2 was stopped or could not keep up: its schedule moved by 1.98 s");
    cJSON_Delete(row);
    cJSON_Delete(stalled);
}
END_TEST

static const struct {
    int due[2], published[2];
    const char *says;
} achieved[] = {
    {{200, 200}, {200, 199}, ""},
    {{400, 400}, {212, 400}, "achieved: 53.0–100 updates/s · "},
    {{400, 400}, {212, 212}, "achieved: 53.0 updates/s · "},
    {{400, 400}, {212, 100}, "achieved: 25.0–53.0 updates/s · "},
    {{400, 400}, {406, 400}, "achieved: 100–102 updates/s · "},
};

START_TEST(conditions_have_the_achieved_rate_where_it_is_another)
{
    cJSON *run = cJSON_Parse("{\"link\":\"loopback\",\"scenario\":{\"duration_s\":4,"
                             "\"source\":{\"kind\":\"generator\",\"rate_hz\":100}}}");
    cJSON *rows = cJSON_AddArrayToObject(run, "rows");
    struct buf b = {0};
    struct writer w = {.out = &b};
    char expected[160];

    for (int i = 0; i < 2; i++)
        cJSON_AddItemToArray(rows, row_of(&(struct figures){.due = achieved[_i].due[i],
                                                            .published = achieved[_i].published[i],
                                                            .late = ""}));
    conditions_put(&w, run, 80);
    snprintf(expected, sizeof expected, "100 updates/s · %s4 s window · link: loopback",
             achieved[_i].says);
    ck_assert_str_eq(writer_text(&w), expected);
    buf_free(&b);
    cJSON_Delete(run);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("result_source");
    TCase *tc = tcase_create("result_source");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tc);
    tcase_add_test(tc, a_windows_figures_are_the_differences_of_two_snapshots);
    tcase_add_loop_test(tc, what_did_not_keep_up_is_said, 0, sizeof judged / sizeof *judged);
    tcase_add_test(tc, without_a_schedule_there_are_no_figures);
    tcase_add_test(tc, each_of_several_servers_is_judged);
    tcase_add_loop_test(tc, conditions_have_the_achieved_rate_where_it_is_another, 0,
                        sizeof achieved / sizeof *achieved);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
