/* lib/proto/url.c */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "lib/proto/url.h"

START_TEST(url_takes_scheme_host_port_and_path_3986_3)
{
    struct url u;

    ck_assert_int_eq(url_parse(&u, "http://127.0.0.1:8080", NULL), 0);
    ck_assert_str_eq(u.host, "127.0.0.1");
    ck_assert_uint_eq(u.port, 8080);
    ck_assert_str_eq(u.path, "");
    ck_assert(!u.tls && !u.host_is_ipv6);
    ck_assert_int_eq(url_parse(&u, "WSS://[::1]/a/b//", NULL), 0);
    ck_assert_str_eq(u.host, "::1");
    ck_assert_uint_eq(u.port, 443);
    ck_assert_str_eq(u.path, "/a/b");
    ck_assert(u.tls && u.host_is_ipv6);
    ck_assert_int_eq(url_parse(&u, "ws://push-lab.example/", NULL), 0);
    ck_assert_uint_eq(u.port, 80);
    ck_assert_str_eq(u.path, "");
}
END_TEST

static const char *const bad_urls[] = {
    "",
    "127.0.0.1:8080",
    "ftp://a",
    "http:/a",
    "http://",
    "http://:80",
    "http://a:",
    "http://a:0",
    "http://a:65536",
    "http://a:80x",
    "http://[::1",
    "http://[]",
    "http://[::1]x",
    "http://a/?q",
    "http://a?q",
    "http://a/#f",
    "http://a/b c",
    "http://a b/",
};

/* A password is not shown, wherever the fault is. */
static const char *const secret_urls[] = {
    "http://user@a", "http://user:s3cret@a:1/x",   "gopher://user:s3cret@a",
    "user:s3cret@a", "http://user:s3cret@[::1]:x",
};

START_TEST(url_never_shows_a_password)
{
    struct url u;
    struct err_text e = {""};
    char host[256];
    uint16_t port;

    ck_assert_int_eq(url_parse(&u, secret_urls[_i], &e), PL_EINVAL);
    ck_assert_ptr_null(strstr(e.text, "s3cret"));
    ck_assert_ptr_nonnull(strstr(e.text, "password"));
    ck_assert_int_eq(url_parse_host_port(host, &port, "me:s3cret@127.0.0.1:6379", &e), PL_EINVAL);
    ck_assert_ptr_null(strstr(e.text, "s3cret"));
}
END_TEST

START_TEST(url_refuses_in_one_line_what_it_cannot_use)
{
    struct url u;
    struct err_text e = {""};

    ck_assert_int_eq(url_parse(&u, bad_urls[_i], &e), PL_EINVAL);
    ck_assert_ptr_nonnull(strstr(e.text, bad_urls[_i]));
    ck_assert_ptr_null(strchr(e.text, '\n'));
}
END_TEST

START_TEST(url_refuses_hosts_and_paths_that_are_too_long)
{
    char text[600] = "http://";
    struct err_text e;
    struct url u;

    memset(text + 7, 'a', 255);
    ck_assert_int_eq(url_parse(&u, text, &e), 0);
    memset(text + 7, 'a', 256);
    ck_assert_int_eq(url_parse(&u, text, &e), PL_EINVAL);
    memset(text + 8, '/', 1);
    ck_assert_int_eq(url_parse(&u, text, &e), 0);
    memset(text + 9, 'a', 300);
    ck_assert_int_eq(url_parse(&u, text, &e), PL_EINVAL);
}
END_TEST

START_TEST(url_host_port_is_what_listen_takes)
{
    char host[256];
    uint16_t port;
    struct err_text e;

    ck_assert_int_eq(url_parse_host_port(host, &port, "127.0.0.1:8080", &e), 0);
    ck_assert_str_eq(host, "127.0.0.1");
    ck_assert_uint_eq(port, 8080);
    ck_assert_int_eq(url_parse_host_port(host, &port, "[::]:0", &e), 0);
    ck_assert_str_eq(host, "::");
    ck_assert_uint_eq(port, 0);
    ck_assert_int_eq(url_parse_host_port(host, &port, "127.0.0.1", &e), PL_EINVAL);
    ck_assert_int_eq(url_parse_host_port(host, &port, ":8080", &e), PL_EINVAL);
    ck_assert_int_eq(url_parse_host_port(host, &port, "a:65536", &e), PL_EINVAL);
    ck_assert_int_eq(url_parse_host_port(host, &port, "a:80/", &e), PL_EINVAL);
    ck_assert_int_eq(url_parse_host_port(host, &port, "::1:80", &e), PL_EINVAL);
}
END_TEST

static const struct {
    const char *target, *path, *query;
} targets[] = {
    {"/", "/", ""},
    {"/poll?since=5&x=%41", "/poll", "since=5&x=%41"},
    {"/p%6Fll", "/poll", ""},
    {"/a%2fb?", "/a/b", ""},
    {"/a?b?c", "/a", "b?c"},
    {"/http://x", "/http://x", ""},
    {"http://host:80/poll?q", "/poll", "q"}, /* absolute-form, RFC 9112 §3.2.2 */
    {"HTTP://host", "/", ""},
    {"http://host?q", "/", "q"},
    {"*", "*", ""},
    {"host:80", NULL, NULL},
    {"", NULL, NULL},
    {"poll", NULL, NULL},
    {"ftp://host/", NULL, NULL},
    {"/%", NULL, NULL},
    {"/%4", NULL, NULL},
    {"/%4g", NULL, NULL},
    {"/%00", NULL, NULL},
    {"/a#b", NULL, NULL},
};

START_TEST(url_splits_request_targets_9112_3_2)
{
    char *target = strdup(targets[_i].target); /* its own memory, for the sanitizer */
    char *query = NULL, *path = url_split_target(target, &query);

    if (targets[_i].path == NULL) {
        ck_assert_ptr_null(path);
    } else {
        ck_assert_str_eq(path, targets[_i].path);
        ck_assert_str_eq(query, targets[_i].query);
    }
    free(target);
}
END_TEST

START_TEST(url_query_get_finds_and_decodes)
{
    char out[8];

    ck_assert_int_eq(url_query_get("since=5&timeout=10", "timeout", out, sizeof out), 1);
    ck_assert_str_eq(out, "10");
    ck_assert_int_eq(url_query_get("a=%41+%2b&a=2", "a", out, sizeof out), 1);
    ck_assert_str_eq(out, "A +");
    ck_assert_int_eq(url_query_get("xsince=1&since", "since", out, sizeof out), 1);
    ck_assert_str_eq(out, "");
    ck_assert_int_eq(url_query_get("since=&&b=1", "since", out, sizeof out), 1);
    ck_assert_str_eq(out, "");
    ck_assert_int_eq(url_query_get("%73in%63e=%37", "since", out, sizeof out), 1);
    ck_assert_str_eq(out, "7");
    ck_assert_int_eq(url_query_get("%73inc=1&sinces=2&sinc%6=3", "since", out, sizeof out), 0);
    ck_assert_int_eq(url_query_get("a=b=c", "a", out, sizeof out), 1);
    ck_assert_str_eq(out, "b=c");
}
END_TEST

START_TEST(url_query_get_tells_absent_from_malformed)
{
    char out[4];

    ck_assert_int_eq(url_query_get("", "a", out, sizeof out), 0);
    ck_assert_int_eq(url_query_get("ab=1&b=a", "a", out, sizeof out), 0);
    ck_assert_int_eq(url_query_get("a=123", "a", out, sizeof out), 1);
    ck_assert_int_eq(url_query_get("a=1234", "a", out, sizeof out), PL_EINVAL);
    ck_assert_int_eq(url_query_get("a=%4", "a", out, sizeof out), PL_EINVAL);
    ck_assert_int_eq(url_query_get("a=%4&b=1", "a", out, sizeof out), PL_EINVAL);
    ck_assert_int_eq(url_query_get("a=%zz", "a", out, sizeof out), PL_EINVAL);
    ck_assert_int_eq(url_query_get("a=%00", "a", out, sizeof out), PL_EINVAL);
}
END_TEST

START_TEST(url_parse_u64_takes_plain_decimal_only)
{
    uint64_t n = 0;

    ck_assert_int_eq(url_parse_u64(&n, "18446744073709551615", UINT64_MAX), 0);
    ck_assert_uint_eq(n, UINT64_MAX);
    ck_assert_int_eq(url_parse_u64(&n, "0", 0), 0);
    ck_assert_uint_eq(n, 0);
    ck_assert_int_eq(url_parse_u64(&n, "18446744073709551616", UINT64_MAX), PL_EINVAL);
    ck_assert_int_eq(url_parse_u64(&n, "11", 10), PL_EINVAL);
    ck_assert_int_eq(url_parse_u64(&n, "", 10), PL_EINVAL);
    ck_assert_int_eq(url_parse_u64(&n, "-1", 10), PL_EINVAL);
    ck_assert_int_eq(url_parse_u64(&n, "+1", 10), PL_EINVAL);
    ck_assert_int_eq(url_parse_u64(&n, " 1", 10), PL_EINVAL);
    ck_assert_int_eq(url_parse_u64(&n, "1 ", 10), PL_EINVAL);
    ck_assert_int_eq(url_parse_u64(&n, "\xb1", 10), PL_EINVAL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("url");
    TCase *tc = tcase_create("url");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tc);
    tcase_add_test(tc, url_takes_scheme_host_port_and_path_3986_3);
    tcase_add_loop_test(tc, url_refuses_in_one_line_what_it_cannot_use, 0,
                        sizeof bad_urls / sizeof *bad_urls);
    tcase_add_loop_test(tc, url_never_shows_a_password, 0,
                        (int)(sizeof secret_urls / sizeof secret_urls[0]));
    tcase_add_test(tc, url_refuses_hosts_and_paths_that_are_too_long);
    tcase_add_test(tc, url_host_port_is_what_listen_takes);
    tcase_add_loop_test(tc, url_splits_request_targets_9112_3_2, 0,
                        sizeof targets / sizeof *targets);
    tcase_add_test(tc, url_query_get_finds_and_decodes);
    tcase_add_test(tc, url_query_get_tells_absent_from_malformed);
    tcase_add_test(tc, url_parse_u64_takes_plain_decimal_only);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
