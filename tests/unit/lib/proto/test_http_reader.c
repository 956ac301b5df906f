/* lib/proto/http_reader.c: every vector is fed whole, byte by byte, and in two pieces at every
 * split. */
#include <check.h>
#include <stdlib.h>

#include "tests/unit/lib/proto/http_transcript.h"

static const struct http_limits limits = {.target_bytes = 40, .head_bytes = 300, .body_bytes = 20};
static const struct http_limits endless = {
    .target_bytes = 40, .head_bytes = 300, .body_bytes = SIZE_MAX};

/* Feed text in pieces: the first of first bytes, the others of step. Returns error_status. */
static int run(struct transcript *t, const char *text, size_t len, size_t first, size_t step)
{
    ssize_t n = 0;

    for (size_t at = 0; at < len && n >= 0;) {
        size_t piece = at == 0 && first > 0 ? first : step;

        if (piece > len - at)
            piece = len - at;
        n = transcript_feed(t, text + at, piece);
        at += piece;
    }
    if (n < 0)
        transcript_error(t, n);
    else
        transcript_eof(t);
    return t->reader.error_status;
}

static void expect_once(enum http_role role, const struct http_limits *l, const char *text,
                        size_t first, size_t step, const char *wanted, int status)
{
    struct transcript t;
    int got;

    transcript_begin(&t, role, l);
    got = run(&t, text, strlen(text), first, step);
    ck_assert_msg(strcmp(transcript_text(&t), wanted) == 0,
                  "first %zu, step %zu of:\n%s\ngave:\n%s\nnot:\n%s", first, step, text,
                  transcript_text(&t), wanted);
    ck_assert_int_eq(got, status);
    transcript_free(&t);
}

static void expect(enum http_role role, const struct http_limits *l, const char *text,
                   const char *wanted, int status)
{
    size_t len = strlen(text);

    expect_once(role, l, text, 0, 1, wanted, status);
    for (size_t first = 1; first <= len; first++)
        expect_once(role, l, text, first, len, wanted, status);
}

static void requests(const char *text, const char *wanted)
{
    expect(HTTP_REQUESTS, &limits, text, wanted, 0);
}

static void refused(const char *text, int status)
{
    expect(HTTP_REQUESTS, &limits, text, "refused", status);
}

static void responses(const char *text, const char *wanted)
{
    expect(HTTP_RESPONSES, &endless, text, wanted, 0);
}

START_TEST(http_reads_a_request_head)
{
    requests("GET /poll?since=5 HTTP/1.1\r\nHost: a:80\r\nEmpty:\r\nPadded: \t v w \t\r\n\r\n",
             "GET /poll?since=5 keep Host=a:80 Empty= Padded=v w end\n");
}
END_TEST

START_TEST(http_answers_pipelined_requests_in_order_9112_9_3_2)
{
    requests("GET /1 HTTP/1.1\r\nHost: a\r\n\r\nPOST /2 HTTP/1.1\r\nHost: b\r\n"
             "Content-Length: 3\r\n\r\nxyzHEAD /3 HTTP/1.1\r\nHost: c\r\n\r\n",
             "GET /1 keep Host=a end\nPOST /2 keep body Host=b Content-Length=3 {xyz} end\n"
             "HEAD /3 keep Host=c end\n");
}
END_TEST

START_TEST(http_forgives_empty_lines_before_a_request_9112_2_2)
{
    requests("\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET / keep Host=a end\n");
}
END_TEST

START_TEST(http_reads_chunks_and_drops_extensions_and_trailers_9112_7_1)
{
    requests("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n"
             "3;x=\"y\"\r\nabc\r\n0A\r\n0123456789\r\n0\r\nHost: trailer\r\n\r\n"
             "GET / HTTP/1.1\r\nHost: b\r\n\r\n",
             "POST / keep body Host=a Transfer-Encoding=Chunked {abc0123456789} end\n"
             "GET / keep Host=b end\n");
}
END_TEST

START_TEST(http_keeps_alive_by_version_and_connection_9112_9_3)
{
    requests("GET / HTTP/1.0\r\n\r\n", "GET / close end\n");
    requests("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
             "GET / keep Connection=keep-alive end\n");
    requests("GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n",
             "GET / close Connection=keep-alive, close end\n");
    requests("GET / HTTP/1.1\r\nHost: a\r\nConnection: x, Close\r\n\r\n",
             "GET / close Host=a Connection=x, Close end\n");
}
END_TEST

START_TEST(http_ignores_what_follows_the_last_message_9112_9_6)
{
    requests("GET /1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\nGET /2 HTTP/1.1\r\n",
             "GET /1 close Host=a Connection=close end\n");
}
END_TEST

START_TEST(http_refuses_a_missing_or_repeated_or_malformed_host_9112_3_2)
{
    refused("GET / HTTP/1.1\r\n\r\n", 400);
    refused("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400);
    refused("GET / HTTP/1.0\r\nHost: a\r\nhost: b\r\n\r\n", 400);
    refused("GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400);
    refused("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400);
    requests("GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", "GET / keep Host=[::1]:80 end\n");
    requests("GET / HTTP/1.1\r\nHost:\r\n\r\n", "GET / keep Host= end\n");
}
END_TEST

START_TEST(http_refuses_folding_in_requests_and_joins_it_in_responses_9112_5_2)
{
    refused("GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n 2\r\n\r\n", 400);
    refused("GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n\t\r\n\r\n", 400);
    refused("GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400);
    responses("HTTP/1.1 204 N\r\nX: 1\r\n 2\r\n\r\n", "204 keep X=1 2 end\n");
}
END_TEST

START_TEST(http_refuses_malformed_field_lines_9112_5_1)
{
    refused("GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400);
    refused("GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n", 400);
    refused("GET / HTTP/1.1\r\nHost: a\r\nX: 1\r2\r\n\r\n", 400);
    refused("GET / HTTP/1.1\r\nHost: a\r\nX: \x01\r\n\r\n", 400);
}
END_TEST

START_TEST(http_refuses_a_bare_lf_as_line_ending_9112_2_2)
{
    refused("GET / HTTP/1.1\nHost: a\n\n", 400);
    refused("GET / HTTP/1.1\r\nHost: a\n\r\n", 400);
}
END_TEST

START_TEST(http_refuses_other_versions_9110_15_6_6)
{
    refused("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505);
    refused("GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505);
    refused("GET / HTTP/1.2\r\nHost: a\r\n\r\n", 505);
    refused("GET / HTTP/0.9\r\n\r\n", 505);
    refused("GET /\r\n\r\n", 400);
    refused("GET /\r\n", 400); /* at once, not when more comes */
    refused("\r\nGET /x?y\r\n", 400);
    refused("GET / HTTX/1.1\r\nHost: a\r\n\r\n", 400);
}
END_TEST

START_TEST(http_tells_unknown_methods_from_noise_9110_9_1)
{
    refused("BREW / HTTP/1.1\r\nHost: a\r\n\r\n", 501);
    refused("get / HTTP/1.1\r\nHost: a\r\n\r\n", 400);
    refused("\x16\x03\x01\x02", 400);
}
END_TEST

START_TEST(http_refuses_unknown_transfer_codings_9112_6_1)
{
    refused("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", 501);
    refused("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501);
    refused("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400);
    refused("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\n\r\n", 400);
    refused("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\n chunked\r\n\r\n", 400);
    refused("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \t\r\nContent-Length: 1\r\n\r\n1",
            400);
    expect(HTTP_RESPONSES, &endless, "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
           "refused", 501);
}
END_TEST

START_TEST(http_refuses_ambiguous_body_lengths_9112_6_3)
{
    refused("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
            400);
    refused("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n",
            400);
    refused("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\n", 400);
    refused("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +3\r\n\r\n", 400);
    refused("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n", 400);
}
END_TEST

START_TEST(http_refuses_a_long_target_with_414)
{
    requests("GET /012345678901234567890123456789012345678 HTTP/1.1\r\nHost: a\r\n\r\n",
             "GET /012345678901234567890123456789012345678 keep Host=a end\n");
    refused("GET /0123456789012345678901234567890123456789 HTTP/1.1\r\nHost: a\r\n\r\n", 414);
}
END_TEST

/* A request whose head has exactly len bytes. */
static char *head_of(size_t len)
{
    static const char begin[] = "GET / HTTP/1.1\r\nHost: a\r\nX: ";
    char *text = malloc(len + 1);

    memset(text, 'x', len);
    memcpy(text, begin, sizeof begin - 1);
    memcpy(text + len - 4, "\r\n\r\n", 5);
    return text;
}

START_TEST(http_refuses_a_large_head_with_431)
{
    char *fits = head_of(limits.head_bytes), *over = head_of(limits.head_bytes + 1);
    struct transcript t;

    transcript_begin(&t, HTTP_REQUESTS, &limits);
    ck_assert_int_eq(run(&t, fits, strlen(fits), 0, 1), 0);
    transcript_free(&t);
    refused(over, 431);
    free(fits);
    free(over);
}
END_TEST

/* n copies of line behind start. */
static char *repeat(const char *start, const char *line, size_t n)
{
    struct buf b = {0};

    buf_printf(&b, "%s", start);
    while (n-- > 0)
        buf_printf(&b, "%s", line);
    buf_add(&b, "", 1);
    return (char *)b.data;
}

START_TEST(http_bounds_white_space_extensions_and_trailers)
{
    char *spaces = repeat("GET / HTTP/1.1\r\nHost: a\r\nX:", " ", 400);
    char *lines = repeat("", "\r\n", 200);
    char *extension =
        repeat("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3;", "x", 400);
    char *trailers = repeat("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
                            "a: b\r\n", 100);

    refused(spaces, 431);
    refused(lines, 431);
    expect(HTTP_REQUESTS, &limits, extension,
           "POST / keep body Host=a Transfer-Encoding=chunkedrefused", 431);
    expect(HTTP_REQUESTS, &limits, trailers,
           "POST / keep body Host=a Transfer-Encoding=chunkedrefused", 431);
    free(spaces);
    free(lines);
    free(extension);
    free(trailers);
}
END_TEST

START_TEST(http_takes_64_fields_and_refuses_65)
{
    static const struct http_limits wide = {.target_bytes = 40, .head_bytes = 9999};
    char *start = repeat("GET / HTTP/1.1\r\nHost: a\r\n", "a:b\r\n", HTTP_FIELDS_MAX - 1);
    char *fits = repeat(start, "\r\n", 1), *over = repeat(start, "a:b\r\n", 1);
    struct transcript t;

    transcript_begin(&t, HTTP_REQUESTS, &wide);
    ck_assert_int_eq(run(&t, fits, strlen(fits), 0, 1), 0);
    ck_assert_uint_eq(t.reader.msg.nfields, HTTP_FIELDS_MAX);
    transcript_free(&t);
    expect(HTTP_REQUESTS, &wide, over, "refused", 431);
    free(start);
    free(fits);
    free(over);
}
END_TEST

START_TEST(http_refuses_a_large_body_with_413_before_reading_it)
{
    refused("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 21\r\n\r\n", 413);
    expect(HTTP_REQUESTS, &limits,
           "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n12\r\n",
           "POST / keep body Host=a Transfer-Encoding=chunked {abc}refused", 413);
    expect(HTTP_REQUESTS, &limits,
           "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffff\r\n",
           "POST / keep body Host=a Transfer-Encoding=chunkedrefused", 413);
}
END_TEST

START_TEST(http_goes_on_after_an_ignored_upgrade_9110_7_8)
{
    requests(
        "GET /ws HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: h2c\r\n\r\n"
        "GET /2 HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /ws keep upgrade Host=a Connection=keep-alive, Upgrade Upgrade=h2c end\n"
        "GET /2 keep Host=a end\n");
    requests("CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n",
             "CONNECT a:80 keep Host=a end\nGET /2 keep Host=a end\n");
}
END_TEST

START_TEST(http_reads_the_body_of_a_request_with_upgrade)
{
    requests("POST /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: x\r\n"
             "Content-Length: 2\r\n\r\nhiGET /2 HTTP/1.1\r\nHost: a\r\n\r\n",
             "POST /ws keep upgrade body Host=a Connection=Upgrade Upgrade=x Content-Length=2 {hi} "
             "end\nGET /2 keep Host=a end\n");
}
END_TEST

START_TEST(http_leaves_the_bytes_behind_an_upgrade_to_the_caller)
{
    static const char text[] = "GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: "
                               "websocket\r\n\r\n\x81\x80";
    const uint8_t *data = (const uint8_t *)text;
    struct http_reader r;
    enum http_event ev;
    size_t done;

    http_reader_init(&r, HTTP_REQUESTS, &limits);
    done = (size_t)http_reader_feed(&r, data, sizeof text - 1, &ev);
    ck_assert_int_eq(ev, HTTP_HEAD_DONE);
    ck_assert_uint_eq(done, sizeof text - 1 - 2);
    ck_assert_int_eq(http_reader_feed(&r, data + done, 2, &ev), 0);
    ck_assert_int_eq(ev, HTTP_MESSAGE);
    ck_assert(r.msg.upgrade);
    http_reader_free(&r);
}
END_TEST

START_TEST(http_reads_interim_responses_before_the_final_one_9110_15_2)
{
    responses("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
              "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
              "100 keep end\n103 keep Link=x end\n200 keep body Content-Length=2 {hi} end\n");
}
END_TEST

START_TEST(http_knows_responses_without_body_9112_6_3)
{
    responses("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n"
              "HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n"
              "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n",
              "204 keep Content-Length=5 end\n304 keep Transfer-Encoding=chunked end\n"
              "200 keep Content-Length=0 end\n");
}
END_TEST

START_TEST(http_reads_a_101_as_an_upgrade_9110_15_2_2)
{
    responses(
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
        "101 keep upgrade Connection=Upgrade Upgrade=websocket end\n");
}
END_TEST

START_TEST(http_reads_no_body_in_the_answer_to_head_and_only_there)
{
    static const char text[] = "HTTP/1.1 100 C\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"
                               "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";
    struct transcript t;

    transcript_begin(&t, HTTP_RESPONSES, &endless);
    t.reader.head_answer = true;
    run(&t, text, sizeof text - 1, 0, 1);
    ck_assert_str_eq(transcript_text(&t), "100 keep end\n200 keep Content-Length=5 end\n"
                                          "200 keep body Content-Length=2 {hi} end\n");
    transcript_free(&t);
}
END_TEST

START_TEST(http_ends_a_body_without_length_with_the_connection_9112_6_3)
{
    responses("HTTP/1.1 200 OK\r\n\r\nto the end", "200 close {to the end} end\n");
    responses("HTTP/1.0 200 OK\r\n\r\n", "200 close end\n");
}
END_TEST

START_TEST(http_tells_a_truncated_response_9112_8)
{
    responses("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort",
              "200 keep body Content-Length=9 {short}cut short");
    responses("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
              "200 keep body Transfer-Encoding=chunked {abc}cut short");
    responses("HTTP/1.1 200 OK\r\nX: ", "cut short");
    responses("", "");
}
END_TEST

START_TEST(http_refuses_responses_of_other_protocols)
{
    static const char *const bad[] = {"ICY 200 OK\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n",
                                      "HTTP/1.1 2000 OK\r\n\r\n", "SSH-2.0-x\r\n"};

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        expect(HTTP_RESPONSES, &endless, bad[i], "refused", 400);
    expect(HTTP_RESPONSES, &endless, "HTTP/2.0 200 OK\r\n\r\n", "refused", 505);
}
END_TEST

START_TEST(http_stays_dead_after_an_error)
{
    struct transcript t;

    transcript_begin(&t, HTTP_REQUESTS, &limits);
    ck_assert_int_eq(transcript_feed(&t, "\x16", 1), PL_EPROTO);
    ck_assert_int_eq(transcript_feed(&t, "GET / HTTP/1.0\r\n\r\n", 18), PL_EPROTO);
    ck_assert_str_eq(http_message_target(&t.reader.msg), "");
    transcript_free(&t);
}
END_TEST

START_TEST(http_uses_the_memory_of_the_message_before)
{
    static const char text[] = "GET /poll HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n\r\n";
    struct transcript t;
    const uint8_t *memory;

    transcript_begin(&t, HTTP_REQUESTS, &limits);
    transcript_feed(&t, text, sizeof text - 1);
    memory = t.reader.msg.text.data;
    for (int i = 0; i < 1000; i++)
        transcript_feed(&t, text, sizeof text - 1);
    ck_assert_ptr_eq(t.reader.msg.text.data, memory);
    ck_assert_uint_le(t.reader.msg.text.len, sizeof text);
    transcript_free(&t);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("http_reader");
    TCase *tc = tcase_create("http_reader");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tc, http_reads_a_request_head);
    tcase_add_test(tc, http_answers_pipelined_requests_in_order_9112_9_3_2);
    tcase_add_test(tc, http_forgives_empty_lines_before_a_request_9112_2_2);
    tcase_add_test(tc, http_reads_chunks_and_drops_extensions_and_trailers_9112_7_1);
    tcase_add_test(tc, http_keeps_alive_by_version_and_connection_9112_9_3);
    tcase_add_test(tc, http_ignores_what_follows_the_last_message_9112_9_6);
    tcase_add_test(tc, http_refuses_a_missing_or_repeated_or_malformed_host_9112_3_2);
    tcase_add_test(tc, http_refuses_folding_in_requests_and_joins_it_in_responses_9112_5_2);
    tcase_add_test(tc, http_refuses_malformed_field_lines_9112_5_1);
    tcase_add_test(tc, http_refuses_a_bare_lf_as_line_ending_9112_2_2);
    tcase_add_test(tc, http_refuses_other_versions_9110_15_6_6);
    tcase_add_test(tc, http_tells_unknown_methods_from_noise_9110_9_1);
    tcase_add_test(tc, http_refuses_unknown_transfer_codings_9112_6_1);
    tcase_add_test(tc, http_refuses_ambiguous_body_lengths_9112_6_3);
    tcase_add_test(tc, http_refuses_a_long_target_with_414);
    tcase_add_test(tc, http_refuses_a_large_head_with_431);
    tcase_add_test(tc, http_bounds_white_space_extensions_and_trailers);
    tcase_add_test(tc, http_takes_64_fields_and_refuses_65);
    tcase_add_test(tc, http_refuses_a_large_body_with_413_before_reading_it);
    tcase_add_test(tc, http_goes_on_after_an_ignored_upgrade_9110_7_8);
    tcase_add_test(tc, http_reads_the_body_of_a_request_with_upgrade);
    tcase_add_test(tc, http_leaves_the_bytes_behind_an_upgrade_to_the_caller);
    tcase_add_test(tc, http_reads_interim_responses_before_the_final_one_9110_15_2);
    tcase_add_test(tc, http_knows_responses_without_body_9112_6_3);
    tcase_add_test(tc, http_reads_a_101_as_an_upgrade_9110_15_2_2);
    tcase_add_test(tc, http_reads_no_body_in_the_answer_to_head_and_only_there);
    tcase_add_test(tc, http_ends_a_body_without_length_with_the_connection_9112_6_3);
    tcase_add_test(tc, http_tells_a_truncated_response_9112_8);
    tcase_add_test(tc, http_refuses_responses_of_other_protocols);
    tcase_add_test(tc, http_stays_dead_after_an_error);
    tcase_add_test(tc, http_uses_the_memory_of_the_message_before);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
