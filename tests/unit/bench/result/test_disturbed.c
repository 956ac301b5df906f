/* bench/result/disturbed.c: which numbers are held against a row, and in which words */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench/base/json.h"
#include "bench/result/disturbed.h"

/* A row of a window of 10 s, with a part of its "machine" and further members. */
static cJSON *judged(const char *machine, const char *more)
{
    char text[1000];
    cJSON *row;

    snprintf(text, sizeof text,
             "{\"disturbed\":[],\"machine\":{\"watched_ms\":10000%s%s},"
             "\"raw\":{\"latency_us\":{\"p50\":300}}%s%s}",
             machine[0] != '\0' ? "," : "", machine, more[0] != '\0' ? "," : "", more);
    row = cJSON_Parse(text);
    ck_assert_msg(row != NULL, "%s", text);
    disturbed_judge(row);
    return row;
}

#define PROCESS(name, numbers) "\"processes\":{\"" name "\":{" numbers "}}"

static const struct {
    const char *machine, *more, *reason; /* reason NULL: none */
} cases[] = {
    {"", "", NULL},
    {PROCESS("server",
             "\"stopped_ms\":1,\"run_delay_by_others_ms\":200,\"run_delay_us_per_turn\":100"),
     "", NULL},
    {PROCESS("server", "\"stopped_ms\":702.4"), "", "the server was stopped for 702 ms"},
    {PROCESS("driver", "\"stopped_ms\":1.5"), "",
     "the driver (pushlab-client) was stopped for 1.50 ms"},
    {PROCESS("forwarder", "\"stopped_ms\":1500"), "", "the forwarder was stopped for 1.50 s"},
    {PROCESS("server2", "\"stopped_ms\":20"), "", "server 2 was stopped for 20.0 ms"},
    {PROCESS("balancer", "\"run_delay_by_others_ms\":330"), "",
     "the balancer waited for a core for 3.30 % of the window"},
    {PROCESS("driver", "\"run_delay_us_per_turn\":101"), "",
     "the driver (pushlab-client) waited for a core for 101 µs each time, on average"},
    {PROCESS("server",
             "\"stopped_ms\":0,\"run_delay_by_others_ms\":null,\"run_delay_us_per_turn\":null"),
     "", NULL},
    {"\"throttled_ms\":0,\"steal_ms\":500,\"pressure_ms\":2000,\"suspended_ms\":10,"
     "\"wall_clock_step_ms\":-100",
     "", NULL},
    {"\"throttled_ms\":80", "", "a CPU quota held the processes back for 80.0 ms"},
    {"\"throttled_ms\":null", "", NULL},
    {"\"steal_ms\":510", "", "the hypervisor ran others on our cores for 5.10 % of the window"},
    {"\"pressure_ms\":3500", "",
     "something on this machine waited for a core for 35.0 % of the window"},
    {"\"suspended_ms\":61000", "", "the machine was suspended for 61.0 s"},
    {"\"wall_clock_step_ms\":-3600000", "", "the wall clock was set by 3600 s"},
    {"", "\"publish_late_us\":{\"max\":20000}", NULL},
    {"", "\"publish_late_us\":{\"max\":640000}", "the server published late, by up to 640 ms"},
    {"", "\"wire\":{\"late_us\":{\"p99\":1000}}", NULL},
    {"", "\"wire\":{\"late_us\":{\"p99\":2500}}",
     "the link's forwarder passed packets on late, by 2.50 ms (p99)"},
    {"", "\"wire\":null", NULL},
};

START_TEST(a_number_beyond_its_limit_is_a_reason)
{
    cJSON *row = judged(cases[_i].machine, cases[_i].more), *reasons = NULL;
    const char *want = cases[_i].reason;

    reasons = cJSON_GetObjectItemCaseSensitive(row, "disturbed");
    ck_assert_int_eq(cJSON_GetArraySize(reasons), want != NULL);
    ck_assert_int_eq(disturbed_is(row), want != NULL);
    if (want != NULL)
        ck_assert_str_eq(cJSON_GetArrayItem(reasons, 0)->valuestring, want);
    cJSON_Delete(row);
}
END_TEST

static int reasons_of(const char *text)
{
    cJSON *row = cJSON_Parse(text);
    int n;

    ck_assert_ptr_nonnull(row);
    disturbed_judge(row);
    n = cJSON_GetArraySize(json_at(row, "disturbed"));
    cJSON_Delete(row);
    return n;
}

#define LATE(median, timer)                                                                        \
    "{\"disturbed\":[],\"raw\":{\"latency_us\":{\"p50\":" median                                   \
    "},\"timer_late_us\":{\"max\":" timer "}}}"

START_TEST(a_gap_is_measured_against_the_latency_of_the_row)
{
    ck_assert_int_eq(reasons_of(LATE("300", "20001")), 1);
    ck_assert_int_eq(reasons_of(LATE("50000", "20001")), 0);
    ck_assert_int_eq(reasons_of(LATE("50000", "25001")), 1);
    ck_assert_int_eq(reasons_of(LATE("null", "20000")), 0);
    ck_assert_int_eq(reasons_of(LATE("null", "20001")), 1);
}
END_TEST

START_TEST(every_limit_and_every_process_has_a_reason_of_its_own)
{
    ck_assert_int_eq(
        reasons_of("{\"disturbed\":[\"an older one\"],\"machine\":{\"watched_ms\":1000,"
                   "\"pressure_ms\":900,\"processes\":{\"server\":{\"stopped_ms\":5,"
                   "\"run_delay_by_others_ms\":500},\"driver\":{\"stopped_ms\":5}}}}"),
        5);
}
END_TEST

START_TEST(a_row_that_was_not_measured_is_not_judged)
{
    cJSON *row = cJSON_Parse("{\"machine\":{\"throttled_ms\":80}}");

    disturbed_judge(row);
    ck_assert_ptr_null(json_at(row, "disturbed"));
    ck_assert(!disturbed_is(row));
    cJSON_Delete(row);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("disturbed");
    TCase *t = tcase_create("limits");
    SRunner *r = srunner_create(s);
    int failed;

    tcase_add_loop_test(t, a_number_beyond_its_limit_is_a_reason, 0,
                        (int)(sizeof cases / sizeof *cases));
    tcase_add_test(t, a_gap_is_measured_against_the_latency_of_the_row);
    tcase_add_test(t, every_limit_and_every_process_has_a_reason_of_its_own);
    tcase_add_test(t, a_row_that_was_not_measured_is_not_judged);
    suite_add_tcase(s, t);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
