/* Predicted bytes and packets against the published runs, whose wire was counted by the link. 5 %
 * is what may lie between them; what a window's borders cut is the larger part of it. */
#include <check.h>
#include <math.h>
#include <stdio.h>

#include "bench/base/json.h"
#include "bench/model/predict.h"

static void is_within(const char *id, const char *what, double model, double seen)
{
    ck_assert_msg(fabs(model - seen) <= 0.05 * seen, "%s: %s: predicted %g, measured %g", id, what,
                  model, seen);
}

static int compare(const char *path)
{
    struct err_text e;
    cJSON *run;
    const cJSON *row;
    int compared = 0;

    ck_assert_int_eq(json_read_file(&run, path, 64 << 20, &e), 0);
    cJSON_ArrayForEach(row, json_at(run, "rows"))
    {
        struct predict_question q = predict_question_of(run, row);
        struct predict_answer a = predict(&q);
        const char *id = json_text(row, "id");

        is_within(id, "payload", a.payload_bytes_per_update,
                  json_number(row, "bytes_per_update.payload"));
        is_within(id, "framing", a.framing_bytes_per_update,
                  json_number(row, "bytes_per_update.framing"));
        is_within(id, "wire", a.wire_bytes_per_update, json_number(row, "bytes_per_update.wire"));
        is_within(id, "packets", a.packets_per_update,
                  json_number(row, "packets_per_update.total"));
        compared++;
    }
    cJSON_Delete(run);
    return compared;
}

START_TEST(bytes_and_packets_are_those_of_the_published_runs)
{
    ck_assert_int_ge(compare("results/reference/run.json"), 8);
    ck_assert_int_ge(compare("results/reference-slow/run.json"), 4);
}
END_TEST

static struct predict_question sse_over(double rtt_ms)
{
    return (struct predict_question){.way = PREDICT_PUSH,
                                     .transport = TRANSPORT_SSE,
                                     .pace = PREDICT_FIXED,
                                     .rate_hz = 10,
                                     .rtt_us = rtt_ms * 1e3,
                                     .update_bytes = 165,
                                     .seq = 100,
                                     .on_wire = true};
}

/* "id: 100-k3x9qa\ndata: " and two line ends; "bc\r\n" and "\r\n"; two packets of 52 bytes of
 * headers. */
START_TEST(an_event_is_counted_to_the_byte)
{
    struct predict_question q = sse_over(50);

    ck_assert_double_eq(predict(&q).framing_bytes_per_update, 15 + 6 + 2 + 4 + 2);
    ck_assert_double_eq(predict(&q).wire_bytes_per_update, 165 + 29 + 2 * 52);
    ck_assert_double_eq(predict(&q).packets_per_update, 2);
    q.tls = q.ip6 = true;
    ck_assert_double_eq(predict(&q).wire_bytes_per_update, 165 + 29 + 22 + 2 * 72);
}
END_TEST

/* Three segments: one acknowledgement as the program reads, or one each after a long pause. */
START_TEST(an_acknowledgement_may_stand_for_several_segments)
{
    struct predict_question q = sse_over(50);

    q.update_bytes = 3000;
    ck_assert_double_eq(predict(&q).packets_per_update, 4);
    q.rate_hz = 1;
    ck_assert_double_eq(predict(&q).packets_per_update, 6);
}
END_TEST

START_TEST(nothing_is_said_of_a_wire_that_is_not_there)
{
    struct predict_question q = sse_over(0);

    q.on_wire = false;
    ck_assert(isnan(predict(&q).wire_bytes_per_update));
    ck_assert(isnan(predict(&q).packets_per_update));
    q = sse_over(50);
    q.link_effect = "the link loses packets";
    ck_assert(isnan(predict(&q).wire_bytes_per_update));
    ck_assert(!isnan(predict(&q).framing_bytes_per_update));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("bytes");
    TCase *tc = tcase_create("bytes");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tc, bytes_and_packets_are_those_of_the_published_runs);
    tcase_add_test(tc, an_event_is_counted_to_the_byte);
    tcase_add_test(tc, an_acknowledgement_may_stand_for_several_segments);
    tcase_add_test(tc, nothing_is_said_of_a_wire_that_is_not_there);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
