/* What clients go through after faults, against what must come out of known times. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "clients/record/recovery.h"
#include "lib/base/clock.h"
#include "lib/base/err.h"

#define START_NS (1000 * NS_PER_S)
#define MS(n)    (START_NS + (n)*NS_PER_MS)

static struct recovery r;

static void begin(void)
{
    ck_assert_int_eq(recovery_init(&r, 4, true), 0);
    ck_assert_int_eq(recovery_add(&r, FAULT_SERVER_KILL, MS(0), MS(300)), 0);
}

static void end(void)
{
    recovery_free(&r);
}

static void ck_us(const struct hdr *h, double percentile, int64_t us)
{
    ck_assert_double_eq_tol((double)hdr_value_at_percentile(h, percentile), (double)us,
                            (double)us * 0.01);
}

/* Updates are due every 100 ms; client i gets the one of 100 ms at 110 + 10 i ms. */
START_TEST(the_next_update_is_the_first_that_was_due_after_the_fault)
{
    for (uint32_t i = 0; i < 4; i++) {
        recovery_update(&r, i, MS(-100), MS(50)); /* was under way */
        recovery_update(&r, i, MS(10), MS(60));   /* due while it began */
        recovery_update(&r, i, MS(100), MS(110 + 10 * i));
        recovery_update(&r, i, MS(200), MS(210));
    }
    ck_assert_int_eq(r.faults[0].next_us.total_count, 4);
    ck_us(&r.faults[0].next_us, 50, 120000);
    ck_us(&r.faults[0].next_us, 100, 140000);
    ck_assert_uint_eq(r.faults[0].waiting, 0);
}
END_TEST

START_TEST(a_client_without_one_is_counted)
{
    recovery_update(&r, 0, MS(100), MS(110));
    ck_assert_uint_eq(r.faults[0].waiting, 3);
}
END_TEST

/* Lost at 1 ms, two attempts that fail, answered at 420 ms. */
START_TEST(connected_again_is_when_it_is_answered_after_a_loss)
{
    recovery_note(&r, 2, RECOVERY_LOST, MS(1));
    recovery_note(&r, 2, RECOVERY_CONNECT, MS(100));
    recovery_note(&r, 2, RECOVERY_REFUSED, MS(101));
    recovery_note(&r, 2, RECOVERY_LOST, MS(102)); /* counted once */
    recovery_note(&r, 2, RECOVERY_CONNECT, MS(400));
    recovery_note(&r, 2, RECOVERY_ANSWERED, MS(420));
    recovery_note(&r, 2, RECOVERY_ANSWERED, MS(520));
    recovery_note(&r, 3, RECOVERY_ANSWERED, MS(530)); /* lost nothing */
    ck_assert_uint_eq(r.faults[0].lost, 1);
    ck_assert_uint_eq(r.faults[0].connects, 2);
    ck_assert_int_eq(r.faults[0].reconnect_us.total_count, 1);
    ck_us(&r.faults[0].reconnect_us, 50, 420000);
}
END_TEST

START_TEST(what_happens_before_a_fault_is_not_its)
{
    recovery_note(&r, 0, RECOVERY_LOST, MS(-5));
    recovery_note(&r, 0, RECOVERY_CONNECT, MS(-4));
    recovery_note(&r, 0, RECOVERY_ANSWERED, MS(5));
    ck_assert_uint_eq(r.faults[0].lost, 0);
    ck_assert_uint_eq(r.faults[0].connects, 0);
    ck_assert_int_eq(r.faults[0].reconnect_us.total_count, 0);
}
END_TEST

START_TEST(each_fault_has_what_follows_it_until_the_next)
{
    ck_assert_int_eq(recovery_add(&r, FAULT_RESET, MS(1000), MS(1000)), 0);
    recovery_note(&r, 0, RECOVERY_CONNECT, MS(500));
    recovery_note(&r, 0, RECOVERY_LOST, MS(1001));
    recovery_note(&r, 0, RECOVERY_CONNECT, MS(1002));
    recovery_note(&r, 0, RECOVERY_ANSWERED, MS(1100));
    recovery_update(&r, 0, MS(1050), MS(1200)); /* of both, if it was the first */
    ck_assert_uint_eq(r.faults[0].connects, 1);
    ck_assert_uint_eq(r.faults[1].connects, 1);
    ck_us(&r.faults[1].reconnect_us, 50, 100000);
    ck_us(&r.faults[0].next_us, 50, 1200000);
    ck_us(&r.faults[1].next_us, 50, 200000);
}
END_TEST

/* 3 in the bin at 100 ms and 4 in the next one are 7 in 100 ms: 70 a second. */
START_TEST(the_peak_is_of_100_ms)
{
    for (int i = 0; i < 3; i++)
        recovery_note(&r, 0, RECOVERY_CONNECT, MS(110));
    for (int i = 0; i < 4; i++)
        recovery_note(&r, 1, RECOVERY_CONNECT, MS(160));
    recovery_note(&r, 1, RECOVERY_CONNECT, MS(260));
    ck_assert_double_eq(recovery_connects_peak_per_s(&r, 0), 70);
}
END_TEST

START_TEST(what_did_not_happen_is_left_out)
{
    struct buf out = {0};
    struct json j = {.out = &out};
    const char *text;

    json_begin(&j, NULL);
    recovery_json(&r, &j);
    json_end(&j);
    ck_assert_int_eq(j.err, 0);
    ck_assert_int_eq(buf_add(&out, "", 1), 0);
    text = (const char *)out.data;
    ck_assert_ptr_null(strstr(text, "next_update_us"));
    ck_assert_ptr_null(strstr(text, "connects_peak_per_s"));
    ck_assert_ptr_null(strstr(text, "attempts_per_client"));
    ck_assert_ptr_nonnull(strstr(text, "\"none\":4"));
    ck_assert_ptr_nonnull(
        strstr(text, "\"faults\":[{\"kind\":\"server-kill\",\"start_ns\":1000000"));
    buf_free(&out);
}
END_TEST

START_TEST(clients_that_lost_their_connection_are_written_first)
{
    struct buf out = {0};
    const char *text;

    recovery_note(&r, 0, RECOVERY_ASKED, MS(10));
    recovery_note(&r, 3, RECOVERY_LOST, MS(11));
    recovery_note(&r, 3, RECOVERY_CONNECT, MS(12));
    ck_assert_int_eq(recovery_csv(&r, &out), 0);
    ck_assert_int_eq(buf_add(&out, "", 1), 0);
    text = (const char *)out.data;
    ck_assert_ptr_eq(strstr(text, "client,at_ns,event,detail\n3,1000011000000,lost,\n"), text);
    ck_assert_ptr_nonnull(strstr(text, "\n0,1000010000000,asked,\n"));
    ck_assert_ptr_nonnull(strstr(text, "\n-1,1000000000000,connects,1\n"));
    buf_free(&out);
}
END_TEST

START_TEST(without_faults_nothing_is_kept)
{
    recovery_free(&r);
    ck_assert_int_eq(recovery_init(&r, 4, true), 0);
    recovery_note(&r, 0, RECOVERY_LOST, MS(0));
    recovery_update(&r, 0, MS(0), MS(1));
    ck_assert_uint_eq(r.nevents, 0);
}
END_TEST

START_TEST(more_faults_than_there_is_room_for_are_refused)
{
    for (int i = 1; i < FAULTS_MAX; i++)
        ck_assert_int_eq(recovery_add(&r, FAULT_RESET, MS(i), MS(i)), 0);
    ck_assert_int_eq(recovery_add(&r, FAULT_RESET, MS(99), MS(99)), PL_ELIMIT);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("recovery");
    TCase *c = tcase_create("all");
    SRunner *sr = srunner_create(s);
    int failed;

    tcase_add_checked_fixture(c, begin, end);
    tcase_add_test(c, the_next_update_is_the_first_that_was_due_after_the_fault);
    tcase_add_test(c, a_client_without_one_is_counted);
    tcase_add_test(c, connected_again_is_when_it_is_answered_after_a_loss);
    tcase_add_test(c, what_happens_before_a_fault_is_not_its);
    tcase_add_test(c, each_fault_has_what_follows_it_until_the_next);
    tcase_add_test(c, the_peak_is_of_100_ms);
    tcase_add_test(c, what_did_not_happen_is_left_out);
    tcase_add_test(c, clients_that_lost_their_connection_are_written_first);
    tcase_add_test(c, without_faults_nothing_is_kept);
    tcase_add_test(c, more_faults_than_there_is_room_for_are_refused);
    suite_add_tcase(s, c);
    srunner_run_all(sr, CK_ENV);
    failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed == 0 ? 0 : 1;
}
