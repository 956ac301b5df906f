/* lib/proto/http_message.c */
#include <check.h>
#include <stdlib.h>

#include "tests/unit/lib/proto/http_transcript.h"

static const struct http_limits limits = {.target_bytes = 99, .head_bytes = 999, .body_bytes = 0};

/* The message of one GET with these field lines; free with transcript_free(). */
static const struct http_message *message(struct transcript *t, const char *fields)
{
    struct buf b = {0};

    transcript_begin(t, HTTP_REQUESTS, &limits);
    buf_printf(&b, "GET /x?y HTTP/1.1\r\nHost: a\r\n%s\r\n", fields);
    ck_assert_int_ge(transcript_feed(t, (const char *)b.data, b.len), 0);
    buf_free(&b);
    return &t->reader.msg;
}

START_TEST(http_message_finds_fields_whatever_their_case_9110_5_1)
{
    struct transcript t;
    const struct http_message *m = message(&t, "Last-Event-ID: 7\r\nlast-event-id: 8\r\nE:\r\n");

    ck_assert_str_eq(http_message_field(m, "LAST-EVENT-ID"), "7");
    ck_assert_uint_eq(http_message_count(m, "last-event-id"), 2);
    ck_assert_str_eq(http_message_field(m, "e"), "");
    ck_assert_ptr_null(http_message_field(m, "last-event"));
    ck_assert_ptr_null(http_message_field(m, "last-event-id:"));
    ck_assert_ptr_null(http_message_field(m, ""));
    ck_assert_uint_eq(http_message_count(m, "x"), 0);
    ck_assert_str_eq(http_message_target(m), "/x?y");
    transcript_free(&t);
}
END_TEST

START_TEST(http_message_finds_tokens_in_lists_9110_5_6_1)
{
    struct transcript t;
    const struct http_message *m =
        message(&t, "Connection: keep-alive ,, Upgrade\r\nConnection:\tx\t\r\nE:\r\n");

    ck_assert(http_message_has_token(m, "connection", "upgrade"));
    ck_assert(http_message_has_token(m, "connection", "Keep-Alive"));
    ck_assert(http_message_has_token(m, "connection", "x"));
    ck_assert(!http_message_has_token(m, "connection", "keep"));
    ck_assert(!http_message_has_token(m, "connection", "upgrades"));
    ck_assert(!http_message_has_token(m, "connection", ""));
    ck_assert(!http_message_has_token(m, "e", "x"));
    ck_assert(!http_message_has_token(m, "absent", "x"));
    transcript_free(&t);
}
END_TEST

START_TEST(http_message_is_empty_before_the_first_one)
{
    struct http_message m = {0};

    ck_assert_str_eq(http_message_target(&m), "");
    ck_assert_ptr_null(http_message_field(&m, "host"));
}
END_TEST

START_TEST(http_status_has_the_phrases_of_9110_15)
{
    ck_assert_str_eq(http_status_phrase(200), "OK");
    ck_assert_str_eq(http_status_phrase(413), "Content Too Large");
    ck_assert_str_eq(http_status_phrase(431), "Request Header Fields Too Large");
    ck_assert_str_eq(http_status_phrase(299), "Unknown");
}
END_TEST

START_TEST(http_date_writes_the_example_of_9110_5_6_7)
{
    char date[30];

    http_date(date, INT64_C(784111777));
    ck_assert_str_eq(date, "Sun, 06 Nov 1994 08:49:37 GMT");
    http_date(date, 0);
    ck_assert_str_eq(date, "Thu, 01 Jan 1970 00:00:00 GMT");
    http_date(date, INT64_C(1709164800));
    ck_assert_str_eq(date, "Thu, 29 Feb 2024 00:00:00 GMT");
}
END_TEST

/* At Sun, 06 Nov 1994 08:49:37 GMT. */
static const struct {
    const char *fields;
    int64_t wait_s;
} waits[] = {
    {"", -1},
    {"Retry-After: 120\r\n", 120},
    {"retry-after:0\r\n", 0},
    {"Retry-After: 99999999999999999999999999\r\n", INT64_MAX},
    {"Retry-After: Sun, 06 Nov 1994 08:50:37 GMT\r\n", 60},
    {"Retry-After: Sunday, 06-Nov-94 08:49:40 GMT\r\n", 3},
    {"Retry-After: Sun Nov  6 08:49:38 1994\r\n", 1},
    {"Retry-After: Thu, 01 Jan 1970 00:00:00 GMT\r\n", 0},
    {"Retry-After: Sun, 06 Foo 1994 08:50:37 GMT\r\n", -1},
    {"Retry-After: Sun, 06 Nov 1994 08:50:37 GMT now\r\n", -1},
    {"Retry-After: -5\r\n", -1},
    {"Retry-After: soon\r\n", -1},
    {"Retry-After:\r\n", -1},
};

START_TEST(http_retry_after_is_seconds_or_a_date_9110_10_2_3)
{
    struct transcript t;
    const struct http_message *m = message(&t, waits[_i].fields);

    ck_assert_int_eq(http_retry_after_s(m, INT64_C(784111777)), waits[_i].wait_s);
    transcript_free(&t);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("http_message");
    TCase *tc = tcase_create("http_message");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tc);
    tcase_add_test(tc, http_message_finds_fields_whatever_their_case_9110_5_1);
    tcase_add_test(tc, http_message_finds_tokens_in_lists_9110_5_6_1);
    tcase_add_test(tc, http_message_is_empty_before_the_first_one);
    tcase_add_test(tc, http_status_has_the_phrases_of_9110_15);
    tcase_add_test(tc, http_date_writes_the_example_of_9110_5_6_7);
    tcase_add_loop_test(tc, http_retry_after_is_seconds_or_a_date_9110_10_2_3, 0,
                        (int)(sizeof waits / sizeof waits[0]));
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
