#include <stdlib.h>

#include "tests/unit/bench/explain/annotate/explain_checks.h"

/* HTTP, chunks (RFC 9112 §7.1), event streams (the examples of WHATWG HTML §9.2.6). */
#define SSE_HEAD "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"

START_TEST(explain_names_every_line_of_a_head_and_its_section)
{
    struct explained x;

    explained_begin(&x, &plain);
    SENT(&x, WS_REQUEST);
    assert_says(&x, ">0 GET /chat HTTP/1.1 | the request line: method, target, version | RFC 9112");
    assert_says(&x, ">1 GET | requests the resource");
    assert_says(&x, ">1 /chat | ");
    assert_says(&x, ">1 Host: server.example.com | the host in the URL");
    assert_says(&x, "RFC 9110 \u00a77.2\n");
    assert_says(&x, ">1 Origin: http://example.com | ");
    assert_says(&x, ">1 \\r\\n | an empty line ends the header section; there is no content");
    explained_end(&x);
}
END_TEST

START_TEST(explain_says_who_decides_when_an_upgrade_is_refused_9110_7_8)
{
    struct explained x;

    explained_begin(&x, &plain);
    SENT(&x, WS_REQUEST);
    RECEIVED(&x, "HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                 "Content-Length: 2\r\n\r\nno");
    assert_says(&x, "<0 HTTP/1.1 426 Upgrade Required | the resource requires another protocol");
    assert_says(&x, "the server has decided: not upgraded | the client can only offer; the "
                    "connection continues with HTTP | RFC 9110");
    assert_says(&x, "<1 no | 2 bytes of content");
    explained_end(&x);
}
END_TEST

START_TEST(explain_says_when_the_connection_ends_with_the_refusal_9112_9_3)
{
    static const char *const answers[] = {
        "HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.0 404 File not found\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 404 Not Found\r\n\r\n",
    };
    struct explained x;

    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        explained_begin(&x, &plain);
        SENT(&x, WS_REQUEST);
        explained_bytes(&x, TRANSCRIPT_RECEIVED, answers[i], strlen(answers[i]), 0);
        assert_says(&x, "not upgraded | the client can only offer; the connection ends with this "
                        "response | RFC 9112 \u00a79.3");
        explained_end(&x);
    }
}
END_TEST

START_TEST(explain_takes_a_status_line_apart_9112_4)
{
    struct explained x;

    explained_begin(&x, &plain);
    RECEIVED(&x, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    assert_says(&x, "<0 HTTP/1.1 200 OK | the request succeeded");
    assert_says(&x, "<1 HTTP/1.1 | the version: the connection stays open");
    assert_says(&x, "<1 200 | the status code; 2xx: success | RFC 9110 \u00a715");
    assert_says(&x, "<1 OK | the reason phrase, for people: clients use the code only | RFC 9112");
    RECEIVED(&x, "HTTP/1.1 204 \r\n\r\n");
    ck_assert_uint_eq(count_of(&x, "the version: "), 1);
    ck_assert_uint_eq(count_of(&x, "the status code; "), 1);
    RECEIVED(&x, "HTTP/1.0 501 Unsupported method ('POST')\r\nContent-Length: 0\r\n\r\n");
    assert_says(&x, "<1 HTTP/1.0 | the version: the connection closes after the response, unless");
    assert_says(&x, "<1 501 | the status code; 5xx: an error in the server");
    ck_assert_uint_eq(count_of(&x, "the reason phrase"), 1);
    explained_end(&x);
}
END_TEST

START_TEST(explain_says_whether_content_follows_a_head_9112_6_3)
{
    static const struct {
        const char *answer, *says;
    } cases[] = {
        {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
         "the header section; there is no content |"},
        {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx",
         "the header section; the content follows |"},
        {"HTTP/1.1 204 No Content\r\n\r\n", "the header section; there is no content |"},
        {"HTTP/1.1 200 OK\r\n\r\n", "the content follows, up to the end of the connection |"},
    };
    struct explained x;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        explained_begin(&x, &plain);
        explained_bytes(&x, TRANSCRIPT_RECEIVED, cases[i].answer, strlen(cases[i].answer), 0);
        assert_says(&x, cases[i].says);
        explained_end(&x);
    }
}
END_TEST

START_TEST(explain_reads_sizes_of_chunks_in_hexadecimal_9112_7_1)
{
    struct explained x;

    explained_begin(&x, &plain);
    RECEIVED(&x, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                 "1A;note=\"ignored\"\r\nabcdefghijklmnopqrstuvwxyz\r\n4\r\nWiki\r\n0\r\n\r\n");
    assert_says(&x, "<0 1A;note=\"ignored\"\\r\\n | a chunk's size, in hexadecimal: 26 bytes");
    assert_says(&x, "<1 abcdefghijklmnopqrstuvwxyz | 26 bytes of content");
    assert_says(&x, "<0 4\\r\\n | a chunk's size, in hexadecimal: 4 bytes");
    assert_says(&x, "<1 Wiki | 4 bytes of content");
    assert_says(&x, "<0 0\\r\\n\\r\\n | the last chunk");
    ck_assert_uint_eq(explain_tally(x.explain, 0).payload_bytes[false], 30);
    explained_end(&x);
}
END_TEST

START_TEST(explain_reads_ndjson_and_its_heartbeats)
{
    struct explained x;

    explained_begin(&x, &plain);
    RECEIVED(&x, "HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\n"
                 "Transfer-Encoding: chunked\r\n\r\n"
                 "c\r\n{\"hello\":0}\n\r\n1\r\n\n\r\n"
                 "1e\r\n{\"seq\":7,\"t\":9,\"data\":\"Hello\"}\n\r\n");
    assert_says(&x, "<2 hello | not an update");
    assert_says(&x, "<1 \\n | an empty line: a heartbeat");
    explained_end(&x);
}
END_TEST

START_TEST(explain_says_that_a_stream_was_cut_9112_8)
{
    struct explained x;

    explained_begin(&x, &plain);
    RECEIVED(&x, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nWiki\r\n");
    explained_event(&x, TRANSCRIPT_EOF, 1, "", 0);
    assert_says(&x, "(incomplete response)");
    assert_says(&x, "<0 end of the stream: FIN");
    explained_end(&x);
}
END_TEST

START_TEST(explain_reads_content_that_ends_with_its_connection_9112_6_3)
{
    struct explained x;

    explained_begin(&x, &plain);
    RECEIVED(&x, "HTTP/1.0 200 OK\r\n\r\nall of it");
    assert_silent(&x, "all of it");
    explained_event(&x, TRANSCRIPT_EOF, 1, "", 0);
    assert_says(&x, "<1 all of it | 9 bytes of content");
    explained_end(&x);
}
END_TEST

static void receive_many(struct explained *x, const char *head, size_t count, const char *end)
{
    char *many = malloc(count);

    memset(many, 'x', count);
    explained_bytes(x, TRANSCRIPT_RECEIVED, head, strlen(head), 0);
    explained_bytes(x, TRANSCRIPT_RECEIVED, many, count, 4096);
    explained_bytes(x, TRANSCRIPT_RECEIVED, end, strlen(end), 0);
    free(many);
}

START_TEST(explain_counts_content_that_is_longer_than_is_kept)
{
    static const struct {
        const char *head, *end, *says;
    } cases[] = {
        {"HTTP/1.1 200 OK\r\nContent-Length: 70000\r\n\r\n", "",
         "x \u2026 69680 bytes more | 70000 bytes of content"},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n11170\r\n", "\r\n0\r\n\r\n",
         "x \u2026 69680 bytes more | 70000 bytes of content"},
        {"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\n\r\n", "\n",
         "x \u2026 69680 bytes more | 70000 bytes: one line"},
        {"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\n"
         "Transfer-Encoding: chunked\r\n\r\n11171\r\n",
         "\n\r\n", "x \u2026 69680 bytes more | 70000 bytes: one line"},
    };
    struct explained x;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        explained_begin(&x, &plain);
        receive_many(&x, cases[i].head, 70000, cases[i].end);
        assert_says(&x, cases[i].says);
        ck_assert_uint_eq(explain_tally(x.explain, 0).payload_bytes[false], 70000);
        explained_end(&x);
    }
}
END_TEST

START_TEST(explain_reads_the_fields_of_an_event_stream_9_2_6)
{
    struct explained x;

    explained_begin(&x, &plain);
    RECEIVED(&x, SSE_HEAD ": test stream\n\ndata: first event\nid: 1\n\n"
                          "data:second event\nid\n\nevent: add\ndata:  third event\n\n"
                          "retry: 1000\n\nbogus: x\n");
    assert_says(&x, "<1 : test stream | a comment");
    assert_says(&x, "<1 \\n | an empty line without data before it: no event is dispatched");
    assert_says(&x, "<1 data: first event | the data of the event");
    assert_says(
        &x, "<1 \\n | an empty line dispatches the event: type \"message\", last event ID \"1\"");
    assert_says(&x, "<1 id | the event's ID");
    assert_says(
        &x, "<1 \\n | an empty line dispatches the event: type \"message\", last event ID \"\"");
    assert_says(&x, "dispatches the event: type \"add\"");
    assert_says(&x, "<1 retry: 1000 | how long to wait before reconnecting");
    assert_says(&x, "<1 bogus: x | an unknown field");
    /* "first event", "second event", " third event" */
    ck_assert_uint_eq(explain_tally(x.explain, 0).payload_bytes[false], 11 + 12 + 12);
    explained_end(&x);
}
END_TEST

START_TEST(explain_says_of_what_comes_again_and_again_no_more_than_what_it_is)
{
    struct explained x;

    explained_begin(&x, &plain);
    RECEIVED(&x, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                 "Transfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 10; i++)
        RECEIVED(&x, "2b\r\nid: 1\ndata: {\"seq\":1,\"t\":2,\"data\":\"Hell\"}\n\n\r\n");
    ck_assert_uint_eq(count_of(&x, "<1 id: 1 | "), 10);
    ck_assert_uint_eq(count_of(&x, "<1 id: 1 | the event's ID"), 3);
    ck_assert_uint_eq(count_of(&x, "a chunk's size"), 3);
    ck_assert_uint_eq(count_of(&x, "the data of the event"), 3);
    ck_assert_uint_eq(count_of(&x, "dispatches the event"), 3);
    ck_assert_uint_eq(count_of(&x, "<2 update 1 | "), 10);
    ck_assert_uint_eq(count_of(&x, "seq: its number"), 3);
    RECEIVED(&x, "2\r\n:\n\r\n");
    assert_says(&x, "<1 : | a comment");
    explained_end(&x);
}
END_TEST

START_TEST(explain_in_brief_says_of_repeated_heads_no_more_than_what_they_are)
{
    const struct explain_options brief = {.brief = true};
    struct explained x;

    explained_begin(&x, &brief);
    for (int i = 0; i < 5; i++) {
        SENT(&x, "GET /poll?since=1 HTTP/1.1\r\nHost: a\r\n\r\n");
        RECEIVED(&x, "HTTP/1.1 204 No Content\r\nDate: x\r\n\r\n");
    }
    ck_assert_uint_eq(count_of(&x, ">1 Host: a | "), 5);
    ck_assert_uint_eq(count_of(&x, "the host in the URL"), 3);
    ck_assert_uint_eq(count_of(&x, "<0 HTTP/1.1 204 No Content | "), 5);
    ck_assert_uint_eq(count_of(&x, "the request succeeded, and there is no content"), 3);
    RECEIVED(&x, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    assert_says(&x, "<0 HTTP/1.1 200 OK | the request succeeded");
    assert_says(&x, "Content-Length: 0 | the number of bytes");
    explained_end(&x);
}
END_TEST

START_TEST(explain_counts_every_byte_of_an_event_stream_once)
{
    static const char body[] = "data: a\r\n\r\nid: 3\rdata: b\n\n: c\r\n";
    struct explained x;
    struct explain_tally t;

    for (size_t piece = 0; piece < 4; piece++) {
        explained_begin(&x, &plain);
        RECEIVED(&x, SSE_HEAD);
        explained_bytes(&x, TRANSCRIPT_RECEIVED, body, sizeof body - 1, piece);
        t = explain_tally(x.explain, 0);
        ck_assert_uint_eq(t.payload_bytes[false] + t.framing_bytes[false], sizeof body - 1);
        ck_assert_uint_eq(t.payload_bytes[false], 2);
        explained_end(&x);
    }
}
END_TEST

/* ---- promises ---- */

START_TEST(explain_is_the_same_however_the_bytes_are_cut)
{
    static const char bytes[] =
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
        "10\r\nid: 0\ndata: x\n\nd\r\na\r\nata: y\r\n\r\n\n\r\n0\r\n\r\n"
        "HTTP/1.1 204 No Content\r\nDate: x\r\n\r\n"
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n"
        "\x81\x05Hello\x89\x00\x88\x02\x03\xe8";
    struct explained whole, cut;

    explained_begin(&whole, &plain);
    explained_bytes(&whole, TRANSCRIPT_RECEIVED, bytes, sizeof bytes - 1, 0);
    explained_text(&whole);
    for (size_t piece = 1; piece < sizeof bytes; piece++) {
        explained_begin(&cut, &plain);
        explained_bytes(&cut, TRANSCRIPT_RECEIVED, bytes, sizeof bytes - 1, piece);
        ck_assert_str_eq(explained_text(&cut), (const char *)whole.text.data);
        explained_end(&cut);
    }
    explained_end(&whole);
}
END_TEST

START_TEST(explain_masks_what_differs_and_keeps_lengths_in_step)
{
    const struct explain_options masked = {.mask = true};
    struct explained a, b;

    explained_begin(&a, &masked);
    explained_begin(&b, &masked);
    SENT(&a, WS_REQUEST);
    SENT(&b, WS_REQUEST);
    RECEIVED(&a, "HTTP/1.1 101 S\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                 "Date: Mon, 23 Nov 2026 10:53:42 GMT\r\n\r\n"
                 "\x81\x1e{\"seq\":1,\"t\":12,\"data\":\"Hell\"}");
    RECEIVED(&b, "HTTP/1.1 101 S\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                 "Date: Tue, 24 Nov 2026 10:53:42 GMT\r\n\r\n"
                 "\x81\x20{\"seq\":1,\"t\":3456,\"data\":\"Hell\"}");
    assert_says(&a, "Date: Sun, 06 Nov 1994 08:49:37 GMT");
    assert_says(&a, "length 42");
    assert_says(&a, "\"t\":81234567890123,");
    ck_assert_str_eq(explained_text(&a), explained_text(&b));
    explained_end(&a);
    explained_end(&b);
}
END_TEST

START_TEST(explain_lets_nothing_through_that_a_terminal_obeys)
{
    struct explained x;

    explained_begin(&x, &plain);
    RECEIVED(&x, "HTTP/1.1 200 OK\r\nContent-Length: 21\r\n\r\n"
                 "\x1b[31mred\x9b\xc2\x9b\xe2\x80\xae\r\n\xc3\xa9\x7f\0!");
    assert_says(&x, "\\x1b[31mred\\x9b\\xc2\\x9b\\xe2\\x80\\xae\\r\\n\xc3\xa9\\x7f\\x00!");
    explained_end(&x);
}
END_TEST

START_TEST(explain_forgets_old_connections_and_not_what_they_cost)
{
    struct explained x;

    explained_begin(&x, &plain);
    for (unsigned i = 1; i <= EXPLAIN_CONNECTIONS_MAX + 10; i++)
        explained_event(&x, TRANSCRIPT_CONNECTED, i, "", 0);
    ck_assert_uint_eq(explain_connections(x.explain), EXPLAIN_CONNECTIONS_MAX);
    ck_assert_uint_eq(explain_tally(x.explain, 0).handshakes, EXPLAIN_CONNECTIONS_MAX + 10);
    explained_end(&x);
}
END_TEST

START_TEST(explain_says_which_end_of_a_connection_was_closed)
{
    struct explained x;

    explained_begin(&x, &plain);
    explained_event(&x, TRANSCRIPT_SHUT, 1, "", 0);
    assert_says(&x, ">0 shutdown(): FIN | the client sends no more data; it can still receive");
    explained_event(&x, TRANSCRIPT_SHUT, 2, "close()", 7);
    assert_says(&x, ">0 close(): FIN | the client closes the connection, in both directions");
    explained_end(&x);
}
END_TEST

START_TEST(explain_says_of_bytes_that_are_no_http_that_they_are_not)
{
    struct explained x;

    explained_begin(&x, &plain);
    RECEIVED(&x, "SSH-2.0-OpenSSH_9.2\r\n");
    RECEIVED(&x, "more");
    ck_assert_uint_eq(count_of(&x, "these bytes are not HTTP/1.1"), 1);
    explained_end(&x);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("explain");
    TCase *tc = tcase_create("explain");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tc);
    tcase_add_test(tc, explain_names_every_line_of_a_head_and_its_section);
    tcase_add_test(tc, explain_says_who_decides_when_an_upgrade_is_refused_9110_7_8);
    tcase_add_test(tc, explain_says_when_the_connection_ends_with_the_refusal_9112_9_3);
    tcase_add_test(tc, explain_takes_a_status_line_apart_9112_4);
    tcase_add_test(tc, explain_says_whether_content_follows_a_head_9112_6_3);
    tcase_add_test(tc, explain_reads_sizes_of_chunks_in_hexadecimal_9112_7_1);
    tcase_add_test(tc, explain_reads_ndjson_and_its_heartbeats);
    tcase_add_test(tc, explain_says_that_a_stream_was_cut_9112_8);
    tcase_add_test(tc, explain_reads_content_that_ends_with_its_connection_9112_6_3);
    tcase_add_test(tc, explain_counts_content_that_is_longer_than_is_kept);
    tcase_add_test(tc, explain_reads_the_fields_of_an_event_stream_9_2_6);
    tcase_add_test(tc, explain_says_of_what_comes_again_and_again_no_more_than_what_it_is);
    tcase_add_test(tc, explain_in_brief_says_of_repeated_heads_no_more_than_what_they_are);
    tcase_add_test(tc, explain_counts_every_byte_of_an_event_stream_once);
    tcase_add_test(tc, explain_is_the_same_however_the_bytes_are_cut);
    tcase_add_test(tc, explain_masks_what_differs_and_keeps_lengths_in_step);
    tcase_add_test(tc, explain_lets_nothing_through_that_a_terminal_obeys);
    tcase_add_test(tc, explain_forgets_old_connections_and_not_what_they_cost);
    tcase_add_test(tc, explain_says_which_end_of_a_connection_was_closed);
    tcase_add_test(tc, explain_says_of_bytes_that_are_no_http_that_they_are_not);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
