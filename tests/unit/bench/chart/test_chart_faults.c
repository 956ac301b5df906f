/* Where rows with faults stand in charts that compare, and what one client went through. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "bench/chart/chart_faults.h"

static void places_of(const char *rows_json, struct chart_faults *f, const char *expected)
{
    cJSON *rows = cJSON_Parse(rows_json);
    struct buf b = {0};

    ck_assert_ptr_nonnull(rows);
    ck_assert_int_eq(chart_faults_places(&b, f, rows), 0);
    ck_assert_int_eq(buf_add(&b, "", 1), 0);
    if (expected != NULL)
        ck_assert_str_eq((const char *)b.data, expected);
    buf_free(&b);
    cJSON_Delete(rows);
}

#define FAULT(kind)                                                                                \
    "\"faults\":[{\"kind\":\"" kind "\",\"at_s\":1,\"start_ns\":5e9,\"end_ns\":55e8}]"
#define ROW(id, transport, rest)                                                                   \
    "{\"id\":\"" id "\",\"transport\":\"" transport "\",\"connection\":\"keep-alive\"," rest "}"

START_TEST(a_line_is_a_kind_and_a_column_a_transport)
{
    struct chart_faults f = {0};

    places_of(
        "[" ROW("reset.sse", "sse", FAULT("reset")) "," ROW("sse", "sse", "\"clients\":1") "," ROW(
            "reset.stream", "stream", FAULT("reset")) "," ROW("link-down.stream", "stream",
                                                              FAULT("link-down")) "]",
        &f,
        "row,line,column,name,from_s,to_s\n1,0,0,reset,1.000000,1.500000\n"
        "3,0,1,reset,1.000000,1.500000\n4,1,1,link-down,1.000000,1.500000\n");
    ck_assert_uint_eq(f.lines, 2);
    ck_assert_str_eq(f.line[1], "link-down");
}
END_TEST

START_TEST(an_id_that_is_only_the_transport_is_named_by_its_fault)
{
    struct chart_faults f = {0};

    places_of("[" ROW("sse", "sse", FAULT("reset")) "]", &f, NULL);
    ck_assert_str_eq(f.line[0], "reset");
}
END_TEST

START_TEST(what_follows_the_transport_makes_a_line_of_its_own)
{
    struct chart_faults f = {0};

    places_of("[" ROW("kill.sse", "sse", FAULT("server-kill")) "," ROW("kill.sse+redis", "sse",
                                                                       FAULT("server-kill")) "]",
              &f, NULL);
    ck_assert_uint_eq(f.lines, 2);
    ck_assert_str_eq(f.line[0], "kill");
    ck_assert_str_eq(f.line[1], "kill+redis");
}
END_TEST

START_TEST(names_of_lines_are_fit_for_files_and_gnuplot)
{
    struct chart_faults f = {0};

    places_of("[" ROW("../a\\\"b.sse", "sse", FAULT("reset")) "]", &f, NULL);
    ck_assert_ptr_null(strpbrk(f.line[0], "/\"\n"));
}
END_TEST

static const struct chart_faults_when when = {.start_ns = 10e9, .at_s = 1, .for_s = 0.3};

static void series_of(const char *text, int rc, const char *connects, const char *recovery)
{
    struct buf c = {0}, r = {0};
    struct err_text e = {""};

    ck_assert_int_eq(chart_faults_series(&c, &r, text, strlen(text), &when, &e), rc);
    if (rc < 0)
        ck_assert_str_eq(e.text, "line 3: not client,at_ns,event,detail");
    ck_assert_int_eq(buf_add(&c, "", 1), 0);
    ck_assert_int_eq(buf_add(&r, "", 1), 0);
    if (connects != NULL)
        ck_assert_str_eq((const char *)c.data, connects);
    if (recovery != NULL)
        ck_assert_str_eq((const char *)r.data, recovery);
    buf_free(&c);
    buf_free(&r);
}

START_TEST(the_client_that_lost_its_connection_is_followed_to_its_next_update)
{
    series_of("client,at_ns,event,detail\n"
              "0,9950000000,update,\n"
              "1,9960000000,update,\n"
              "1,10010000000,lost,\n"
              "-1,10000000000,connects,7\n"
              "0,10100000000,update,\n"
              "1,10110000000,connect,\n"
              "1,10111000000,refused,\n"
              "1,10400000000,connect,\n"
              "1,10401000000,connected,\n"
              "1,10402000000,asked,\n"
              "1,10480000000,answered,\n"
              "1,10500000000,update,\n"
              "1,10600000000,update,\n",
              0, "at_s,connects\n1.000,7\n",
              "after_s,kind,label\n"
              "-0.040000,update,-\n"
              "0.010000,lost,lost\n"
              "0.110000,other,refused\n"
              "0.111000,refused,-\n"
              "0.400000,other,connected → asked\n"
              "0.401000,connected,-\n"
              "0.402000,other,-\n"
              "0.480000,other,answered → update\n"
              "0.500000,update,-\n");
}
END_TEST

/* Updates that come while the fault lasts, or that were under way, are no recovery. */
START_TEST(without_a_lost_connection_the_fault_must_have_ended)
{
    series_of("client,at_ns,event,detail\n"
              "0,10100000000,update,\n"
              "0,10350000000,update,\n"
              "0,10400000000,update,\n",
              0, NULL, "after_s,kind,label\n0.100000,update,-\n0.350000,update,update\n");
}
END_TEST

START_TEST(a_broken_line_is_named)
{
    series_of("client,at_ns,event,detail\n0,10100000000,update,\nwhat?\n", PL_EPROTO, NULL, NULL);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("chart_faults");
    TCase *c = tcase_create("all");
    SRunner *sr = srunner_create(s);
    int failed;

    tcase_add_test(c, a_line_is_a_kind_and_a_column_a_transport);
    tcase_add_test(c, an_id_that_is_only_the_transport_is_named_by_its_fault);
    tcase_add_test(c, what_follows_the_transport_makes_a_line_of_its_own);
    tcase_add_test(c, names_of_lines_are_fit_for_files_and_gnuplot);
    tcase_add_test(c, the_client_that_lost_its_connection_is_followed_to_its_next_update);
    tcase_add_test(c, without_a_lost_connection_the_fault_must_have_ended);
    tcase_add_test(c, a_broken_line_is_named);
    suite_add_tcase(s, c);
    srunner_run_all(sr, CK_ENV);
    failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed == 0 ? 0 : 1;
}
