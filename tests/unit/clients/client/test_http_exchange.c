#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "clients/client/http_exchange.h"
#include "lib/base/err.h"

static int feed(struct http_exchange *x, const char *text, size_t len)
{
    return http_exchange_feed(x, (const uint8_t *)text, len);
}

START_TEST(http_request_names_target_and_host_rfc9112_3)
{
    struct http_request_head get = {
        .method = "GET",
        .host = "127.0.0.1:80",
        .prefix = "/lab",
        .path = "/poll",
        .query = "?since=3",
        .fields = "X: y\r\n",
        .close = true,
    };
    char out[HTTP_REQUEST_MAX_BYTES];
    size_t len = http_request_encode(out, &get);

    ck_assert_uint_eq(len, strlen(out));
    ck_assert_ptr_eq(strstr(out, "GET /lab/poll?since=3 HTTP/1.1\r\nHost: 127.0.0.1:80\r\n"), out);
    ck_assert_ptr_nonnull(strstr(out, "\r\nX: y\r\n"));
    ck_assert_ptr_nonnull(strstr(out, "\r\nConnection: close\r\n\r\n"));
}
END_TEST

START_TEST(http_request_that_does_not_fit_is_refused)
{
    char long_query[HTTP_REQUEST_MAX_BYTES + 1], out[HTTP_REQUEST_MAX_BYTES];
    struct http_request_head get = {
        .method = "GET", .host = "h", .prefix = "", .path = "/", .query = long_query, .fields = ""};

    memset(long_query, 'a', sizeof long_query - 1);
    long_query[sizeof long_query - 1] = '\0';
    ck_assert_uint_eq(http_request_encode(out, &get), 0);
}
END_TEST

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

int main(void)
{
    Suite *suite = suite_create("http_exchange");
    TCase *tc = tcase_create("http_exchange");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tc, http_request_names_target_and_host_rfc9112_3);
    tcase_add_test(tc, http_request_that_does_not_fit_is_refused);
    tcase_add_test(tc, http_exchange_is_the_same_for_every_split);
    tcase_add_test(tc, http_exchange_refuses_what_nobody_asked_for);
    tcase_add_test(tc, http_exchange_may_end_with_the_connection_rfc9112_6_3);
    tcase_add_test(tc, http_status_says_whether_to_try_again_rfc9110_15_5);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
