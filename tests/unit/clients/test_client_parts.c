/* The small pure parts of a client: back-off, poll timing, notices, requests, what a person
 * sees. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "clients/client/backoff.h"
#include "lib/base/clock.h"
#include "clients/client/driver.h"
#include "lib/base/err.h"
#include "clients/client/http_exchange.h"
#include "clients/latency_text.h"
#include "clients/client/notice.h"
#include "clients/driver/poller.h"
#include "clients/client/refusals.h"
#include "clients/text.h"

/* ---- back-off ---- */

#define ALMOST_1 0.9999999999

START_TEST(refusals_are_counted_by_status)
{
    struct refusals r = {.n = 0};
    struct buf out = {0};

    ck_assert_int_eq(refusals_json(&r, &out), 0);
    refusals_add(&r, 504);
    refusals_add(&r, 502);
    refusals_add(&r, 502);
    ck_assert_int_eq(refusals_json(&r, &out), 0);
    for (int status = 400; status < 400 + 2 * REFUSALS_MAX; status++)
        refusals_add(&r, status);
    refusals_add(&r, 504); /* known ones go on */
    ck_assert_uint_eq(r.n, REFUSALS_MAX);
    ck_assert_uint_eq(r.of[0].count, 2);
    ck_assert_int_eq(buf_add(&out, "", 1), 0);
    ck_assert_str_eq((const char *)out.data, "{}{\"504\":1,\"502\":2}");
    buf_free(&out);
}
END_TEST

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

/* ---- poll timing ---- */

START_TEST(poller_phases_cover_the_interval_evenly)
{
    const int64_t interval_ns = NS_PER_S, slice_ns = interval_ns / 50;

    for (uint64_t i = 0; i < 50; i++) {
        int64_t phase_ns = poller_phase_ns(interval_ns, i, 50, 0.5);

        ck_assert_int_eq(phase_ns / slice_ns, (int64_t)i);
        ck_assert_int_lt(poller_phase_ns(interval_ns, i, 50, ALMOST_1), interval_ns);
    }
    ck_assert_int_eq(poller_phase_ns(interval_ns, 0, 1, 0.25), interval_ns / 4);
}
END_TEST

START_TEST(poller_counts_the_polls_that_never_left)
{
    ck_assert_uint_eq(poller_count_due(100, 10, 100), 0); /* due at the end: not before it */
    ck_assert_uint_eq(poller_count_due(100, 10, 101), 1);
    ck_assert_uint_eq(poller_count_due(100, 10, 110), 1);
    ck_assert_uint_eq(poller_count_due(100, 10, 111), 2);
    ck_assert_uint_eq(poller_count_due(200, 10, 100), 0);
}
END_TEST

/* ---- notices ---- */

START_TEST(notice_reads_hello_and_missed)
{
    static const struct {
        const char *text;
        enum notice_kind kind;
        uint64_t value;
    } vectors[] = {
        {"{\"hello\":0}", NOTICE_HELLO, 0},
        {"{\"hello\":17}", NOTICE_HELLO, 17},
        {"{\"missed\":18446744073709551615}", NOTICE_MISSED, UINT64_MAX},
        {"{\"missed\":18446744073709551616}", NOTICE_NONE, 0},
        {"{\"hello\":}", NOTICE_NONE, 0},
        {"{\"hello\":-1}", NOTICE_NONE, 0},
        {"{\"hello\":1", NOTICE_NONE, 0},
        {"{\"hello\":1}}", NOTICE_NONE, 0},
        {"{\"seq\":1,\"t\":1,\"data\":1}", NOTICE_NONE, 0},
        {"", NOTICE_NONE, 0},
    };

    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        struct notice n = notice_scan(vectors[i].text, strlen(vectors[i].text));

        ck_assert_msg(n.kind == vectors[i].kind, "%s", vectors[i].text);
        if (n.kind != NOTICE_NONE)
            ck_assert_uint_eq(n.value, vectors[i].value);
    }
}
END_TEST

/* ---- requests and responses ---- */

START_TEST(http_get_names_target_and_host_rfc9112_3)
{
    struct http_get get = {
        .host = "127.0.0.1:80",
        .prefix = "/lab",
        .path = "/poll",
        .query = "?since=3",
        .accept = "application/json",
        .fields = "X: y\r\n",
        .close = true,
    };
    char out[HTTP_REQUEST_MAX_BYTES];
    size_t len = http_get_encode(out, &get);

    ck_assert_uint_eq(len, strlen(out));
    ck_assert_ptr_eq(strstr(out, "GET /lab/poll?since=3 HTTP/1.1\r\nHost: 127.0.0.1:80\r\n"), out);
    ck_assert_ptr_nonnull(strstr(out, "\r\nX: y\r\n"));
    ck_assert_ptr_nonnull(strstr(out, "\r\nConnection: close\r\n\r\n"));
}
END_TEST

START_TEST(http_get_that_does_not_fit_is_refused)
{
    char long_query[HTTP_REQUEST_MAX_BYTES + 1], out[HTTP_REQUEST_MAX_BYTES];
    struct http_get get = {
        .host = "h", .prefix = "", .path = "/", .query = long_query, .accept = "*/*", .fields = ""};

    memset(long_query, 'a', sizeof long_query - 1);
    long_query[sizeof long_query - 1] = '\0';
    ck_assert_uint_eq(http_get_encode(out, &get), 0);
}
END_TEST

static int feed(struct http_exchange *x, const char *text, size_t len)
{
    return http_exchange_feed(x, (const uint8_t *)text, len);
}

/* Two responses on one connection; the first in two pieces, cut everywhere. */
START_TEST(http_exchange_is_the_same_for_every_split)
{
    static const char first[] = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
    static const char second[] = "HTTP/1.1 204 No Content\r\n\r\n";

    for (size_t cut = 0; cut < sizeof first - 1; cut++) {
        struct http_exchange x = {0};
        size_t framing;

        http_exchange_init(&x, 100);
        ck_assert_int_eq(feed(&x, first, cut), HTTP_EXCHANGE_MORE);
        framing = x.framing_bytes;
        ck_assert_int_eq(feed(&x, first + cut, sizeof first - 1 - cut), HTTP_EXCHANGE_DONE);
        ck_assert_uint_eq(framing + x.framing_bytes, sizeof first - 1 - 5);
        ck_assert_uint_eq(x.body.len, 5);
        ck_assert_mem_eq(x.body.data, "hello", 5);
        http_exchange_next(&x);
        ck_assert_int_eq(feed(&x, second, sizeof second - 1), HTTP_EXCHANGE_DONE);
        ck_assert_int_eq(x.reader.msg.status, 204);
        ck_assert_uint_eq(x.body.len, 0);
        http_exchange_free(&x);
    }
}
END_TEST

START_TEST(http_exchange_refuses_what_nobody_asked_for)
{
    static const char two[] = "HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n";
    struct http_exchange x = {0};

    http_exchange_init(&x, 100);
    ck_assert_int_eq(feed(&x, two, sizeof two - 1), PL_EPROTO);
    http_exchange_free(&x);
}
END_TEST

START_TEST(http_exchange_may_end_with_the_connection_rfc9112_6_3)
{
    static const char open[] = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhel";
    struct http_exchange x = {0};

    http_exchange_init(&x, 100);
    ck_assert_int_eq(feed(&x, open, sizeof open - 1), HTTP_EXCHANGE_MORE);
    ck_assert_int_eq(http_exchange_eof(&x), HTTP_EXCHANGE_DONE);
    ck_assert_uint_eq(x.body.len, 3);
    http_exchange_init(&x, 100);
    ck_assert_int_eq(http_exchange_eof(&x), HTTP_EXCHANGE_MORE);
    http_exchange_init(&x, 100);
    ck_assert_int_eq(feed(&x, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhel", 41),
                     HTTP_EXCHANGE_MORE);
    ck_assert_int_eq(http_exchange_eof(&x), PL_EOF);
    http_exchange_free(&x);
}
END_TEST

START_TEST(http_status_says_whether_to_try_again_rfc9110_15_5)
{
    ck_assert(http_status_is_final(400));
    ck_assert(http_status_is_final(404));
    ck_assert(!http_status_is_final(408));
    ck_assert(!http_status_is_final(429));
    ck_assert(!http_status_is_final(503));
}
END_TEST

/* ---- what a person sees ---- */

START_TEST(latency_text_has_three_digits_and_a_unit)
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
    char out[LATENCY_TEXT_BYTES];

    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        latency_text(out, vectors[i].us);
        ck_assert_str_eq(out, vectors[i].text);
    }
}
END_TEST

START_TEST(watch_cut_fits_the_columns)
{
    static const struct {
        const char *text;
        size_t columns;
        const char *out;
    } vectors[] = {
        {"abc", 3, "abc"},
        {"abcd", 3, "ab…"},
        {"äöü", 3, "äöü"},
        {"äöüß", 3, "äö…"},
        {"a\033[31mb", 10, "a?[31mb"}, /* no escape sequence gets through */
        {"a\x7f\xc2\x9b"
         "b",
         10, "a???b"}, /* DEL, and CSI as a C1 control */
        {"a\xff"
         "b\xe2\x82",
         10, "a?b??"}, /* not UTF-8, cut short */
        {"", 3, ""},
        {"abc", 0, ""},
    };
    char out[64];

    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        size_t len = watch_cut(out, vectors[i].text, strlen(vectors[i].text), vectors[i].columns);

        ck_assert_str_eq(out, vectors[i].out);
        ck_assert_uint_eq(len, strlen(out));
    }
}
END_TEST

START_TEST(watch_bar_grows_two_columns_a_decade)
{
    char out[WATCH_BAR_BYTES];

    watch_bar(out, 10);
    ck_assert_str_eq(out, "            ");
    watch_bar(out, 1000);
    ck_assert_str_eq(out, "████        ");
    watch_bar(out, INT64_MAX);
    ck_assert_str_eq(out, "████████████");
}
END_TEST

START_TEST(every_transport_has_its_driver)
{
    for (size_t i = 0; i < TRANSPORT_COUNT; i++)
        ck_assert_ptr_eq(drivers[i]->info, &transport_infos[i]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("client_parts");
    TCase *tc = tcase_create("client_parts");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tc, backoff_doubles_its_ceiling_up_to_the_cap);
    tcase_add_test(tc, backoff_jitter_is_full);
    tcase_add_test(tc, backoff_neither_overflows_nor_hangs);
    tcase_add_test(tc, poller_phases_cover_the_interval_evenly);
    tcase_add_test(tc, poller_counts_the_polls_that_never_left);
    tcase_add_test(tc, notice_reads_hello_and_missed);
    tcase_add_test(tc, http_get_names_target_and_host_rfc9112_3);
    tcase_add_test(tc, http_get_that_does_not_fit_is_refused);
    tcase_add_test(tc, http_exchange_is_the_same_for_every_split);
    tcase_add_test(tc, http_exchange_refuses_what_nobody_asked_for);
    tcase_add_test(tc, http_exchange_may_end_with_the_connection_rfc9112_6_3);
    tcase_add_test(tc, http_status_says_whether_to_try_again_rfc9110_15_5);
    tcase_add_test(tc, latency_text_has_three_digits_and_a_unit);
    tcase_add_test(tc, watch_cut_fits_the_columns);
    tcase_add_test(tc, watch_bar_grows_two_columns_a_decade);
    tcase_add_test(tc, every_transport_has_its_driver);
    tcase_add_test(tc, refusals_are_counted_by_status);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
