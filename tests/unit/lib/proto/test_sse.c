#include <check.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "tests/unit/guard.h"
#include "lib/proto/sse.h"

enum { ROOMY_BYTES = 1 << 20 };

/* --- a run of the parser, written down as text: "type id=ID data" per event --- */

static void event_log(struct buf *log, const struct sse_event *ev)
{
    buf_printf(log, "%s%s id=%s ", log->len > 0 ? " | " : "", ev->type, ev->last_event_id);
    if (ev->data[ev->data_len] != '\0')
        ck_abort_msg("data is not NUL-terminated");
    buf_add(log, ev->data, ev->data_len);
}

static bool piece_feed(struct sse_parser *p, const uint8_t *piece, size_t len, struct buf *log)
{
    struct sse_event ev;
    size_t at = 0;
    bool got;

    while (at < len) {
        ssize_t n = sse_parser_feed(p, piece + at, len - at, &ev, &got);

        if (n < 0) {
            buf_printf(log, "%sfail %zd", log->len > 0 ? " | " : "", n);
            return false;
        }
        at += (size_t)n;
        if (got)
            event_log(log, &ev);
        if (n == 0 || (!got && at != len))
            ck_abort_msg("%zd bytes consumed, %zu left, and no event", n, len - at);
    }
    return true;
}

/* Feed the first piece, then pieces of piece_bytes, each ending at an unreadable page. */
static void stream_check_cut(const char *stream, size_t len, size_t first, size_t piece_bytes,
                             size_t max_event_bytes, int64_t retry_ms, const char *expected)
{
    struct guard guard = guard_new(len);
    struct buf log = {0};
    struct sse_parser p;
    size_t n = first;
    bool alive = true;

    sse_parser_init(&p, max_event_bytes);
    for (size_t at = 0; alive && at < len; at += n, n = piece_bytes) {
        n = n < len - at ? n : len - at;
        alive = piece_feed(&p, guard_copy(&guard, stream + at, n), n, &log);
    }
    buf_add(&log, "", 1);
    if (strcmp((char *)log.data, expected) != 0)
        ck_abort_msg("cut at %zu, then every %zu: \"%s\" instead of \"%s\"", first, piece_bytes,
                     (char *)log.data, expected);
    if (p.retry_ms != retry_ms)
        ck_abort_msg("retry_ms is %lld", (long long)p.retry_ms);
    sse_parser_free(&p);
    buf_free(&log);
    guard_free(&guard);
}

/* Whole, in two pieces at every split, and byte by byte. */
static void stream_check(const char *stream, size_t len, size_t max_event_bytes, int64_t retry_ms,
                         const char *expected)
{
    for (size_t cut = 1; cut <= len; cut++)
        stream_check_cut(stream, len, cut, len, max_event_bytes, retry_ms, expected);
    stream_check_cut(stream, len, 1, 1, max_event_bytes, retry_ms, expected);
}

/* --- the parser, WHATWG HTML §9.2.5 and §9.2.6 --- */

/* clang-format off */
#define STREAM(text) (text), sizeof(text) - 1
/* clang-format on */

static const struct {
    const char *stream;
    size_t len;
    const char *expected;
} streams[] = {
    /* the four examples of §9.2.6 */
    {STREAM("data: YHOO\ndata: +2\ndata: 10\n\n"), "message id= YHOO\n+2\n10"},
    {STREAM(": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third "
            "event\n\n"),
     "message id=1 first event | message id= second event | message id=  third event"},
    {STREAM("data\n\ndata\ndata\n\ndata:"), "message id=  | message id= \n"},
    {STREAM("data:test\n\ndata: test\n\n"), "message id= test | message id= test"},
    /* line ends */
    {STREAM("data: one\r\rdata: two\n\ndata: three\r\n\r\n"),
     "message id= one | message id= two | message id= three"},
    {STREAM("data: x\r\ndata: y\n\rdata: z\r\r\n"), "message id= x\ny | message id= z"},
    {STREAM("\n\n\r\r\r\n\r\ndata: after blanks\n\n"), "message id= after blanks"},
    {STREAM("data: x\n\r\n"), "message id= x"},
    /* byte order mark: one at the very start, and only there */
    {STREAM("\357\273\277data: marked\n\n"), "message id= marked"},
    {STREAM("\357\273\277\n\ndata: x\n\n"), "message id= x"},
    {STREAM("\357\273\277\357\273\277data: 1\n\ndata: 2\n\n"), "message id= 2"},
    {STREAM("\n\357\273\277data: 1\n\ndata: 2\n\n"), "message id= 2"},
    {STREAM("\357\273data: 1\n\ndata: 2\n\n"), "message id= 2"},
    /* fields */
    {STREAM("data:no space\n\ndata:  two spaces\n\ndata:\ttab\n\n"),
     "message id= no space | message id=  two spaces | message id= \ttab"},
    {STREAM("data: a:b: c\n\n"), "message id= a:b: c"},
    {STREAM("Data: x\n data: x\ndata : x\ndat: x\ndatax: x\nDATA\n\n"), ""},
    {STREAM(":\n: comment\n:data: x\ndata: y\n:\n\n"), "message id= y"},
    {STREAM("event: add\ndata: 1\n\ndata: 2\n\n"), "add id= 1 | message id= 2"},
    {STREAM("event: add\nevent: remove\ndata: 1\n\n"), "remove id= 1"},
    {STREAM("event: add\nevent\ndata: 1\n\n"), "message id= 1"},
    {STREAM("data: \xff\xfe is not repaired\n\n"), "message id= \xff\xfe is not repaired"},
    /* an event without data is not dispatched, and its type is forgotten */
    {STREAM("event: add\n\ndata: x\n\n"), "message id= x"},
    {STREAM("event: add\nid: 5\nretry: 7x\n\n: hello\n\n"), ""},
    {STREAM("data:\n\n"), "message id= "},
    /* the last event ID stays until the stream changes it */
    {STREAM("id: 1\ndata: 1\n\ndata: 2\n\nid: 3\ndata: 3\n\ndata: 4\n\n"),
     "message id=1 1 | message id=1 2 | message id=3 3 | message id=3 4"},
    {STREAM("id: 1\ndata: 1\n\nid:\ndata: 2\n\ndata: 3\n\n"),
     "message id=1 1 | message id= 2 | message id= 3"},
    {STREAM("id: 8\n\ndata: x\n\n"), "message id=8 x"},
    {STREAM("id: 8\ndata: x\nid: 9\n\n"), "message id=9 x"},
    {STREAM("id: 1\nid: 2\0002\ndata: x\n\n"), "message id=1 x"}, /* an ID with NUL is ignored */
    {STREAM("id: 1\nid: \0\ndata: x\n\n"), "message id=1 x"},
    /* what the end of the stream cuts off is discarded */
    {STREAM("data: whole\n\ndata: cut"), "message id= whole"},
    {STREAM("data: whole\n\ndata: cut\n"), "message id= whole"},
    {STREAM("data: whole\r\rdata: cut\r"), "message id= whole"},
    {STREAM("data: whole\n\nid: 2\nevent: cut\r\n"), "message id= whole"},
};

START_TEST(sse_parses_every_stream_in_any_split_9_2_6)
{
    stream_check(streams[_i].stream, streams[_i].len, ROOMY_BYTES, -1, streams[_i].expected);
}
END_TEST

static const struct {
    const char *stream;
    int64_t retry_ms;
} retries[] = {
    {"retry: 3000\n", 3000},
    {"retry:03000\n", 3000},
    {"retry: 0\n", 0},
    {"retry: 1\nretry: 2\n\n", 2},
    {"retry: 5\nretry: 7x\n", 5},
    {"retry: 5\nretry: -7\n", 5},
    {"retry: 5\nretry: +7\n", 5},
    {"retry: 5\nretry: 7.5\n", 5},
    {"retry: 5\nretry:  7\n", 5},
    {"retry: 5\nretry: 7 \n", 5},
    {"retry: 5\nretry: 0x10\n", 5},
    {"retry: 5\nretry\n", 5},
    {"retry: 5\nretry:\n", 5},
    {"retry: 5\nretry: \xd9\xa3\n", 5}, /* a digit, but not an ASCII one */
    {"retry: 9223372036854775807\n", INT64_MAX},
    {"retry: 9223372036854775808\n", INT64_MAX},
    {"retry: 99999999999999999999999999\n", INT64_MAX},
    {"retry: 5", -1}, /* the line has not ended */
};

START_TEST(sse_takes_retry_of_digits_only_9_2_6)
{
    stream_check(retries[_i].stream, strlen(retries[_i].stream), ROOMY_BYTES, retries[_i].retry_ms,
                 "");
}
END_TEST

START_TEST(sse_data_may_hold_nul)
{
    static const char stream[] = "data: a\0b\n\n";
    struct sse_parser p;
    struct sse_event ev;
    bool got;

    sse_parser_init(&p, ROOMY_BYTES);
    ck_assert_int_eq(sse_parser_feed(&p, (const uint8_t *)stream, sizeof stream - 1, &ev, &got),
                     11);
    ck_assert(got);
    ck_assert_uint_eq(ev.data_len, 3);
    ck_assert_mem_eq(ev.data, "a\0b", 4);
    sse_parser_free(&p);
}
END_TEST

START_TEST(sse_refuses_lines_and_data_over_the_limit)
{
    /* exactly at the limit, then one over: a line; a line not ended; data of several lines */
    stream_check(STREAM("data: 789\n\n"), 9, -1, "message id= 789");
    stream_check(STREAM("data: 7890\n\n"), 9, -1, "fail -4");
    stream_check(STREAM("data: ok\n\n:234567890"), 9, -1, "message id= ok | fail -4");
    stream_check(STREAM(":23456789"), 9, -1, "");
    stream_check(STREAM("data:1234\ndata:6789\n\ndata:x\n\n"), 9, -1,
                 "message id= 1234\n6789 | message id= x");
    stream_check(STREAM("data:1234\ndata:6789\ndata\n\n"), 9, -1, "fail -4");
    stream_check(STREAM("data:123\ndata:567\ndata:90\n\n"), 9, -1, "fail -4");
    ck_assert_int_eq(PL_ELIMIT, -4);
}
END_TEST

/* Many lines of CR only: also the shape that a naive search for LF takes quadratic time on. */
START_TEST(sse_reads_long_streams_without_lf)
{
    enum { EVENTS = 100000 };
    struct buf stream = {0};
    struct sse_parser p;
    struct sse_event ev;
    size_t at = 0, count = 0;
    bool got;

    for (size_t i = 0; i < EVENTS; i++)
        buf_add(&stream, "data:x\r\r", 8);
    sse_parser_init(&p, ROOMY_BYTES);
    while (at < stream.len) {
        at += (size_t)sse_parser_feed(&p, stream.data + at, stream.len - at, &ev, &got);
        count += got;
    }
    ck_assert_uint_eq(count, EVENTS);
    sse_parser_free(&p);
    buf_free(&stream);
}
END_TEST

START_TEST(sse_lines_longer_than_any_search_window_are_found)
{
    struct buf stream = {0};
    char data[1601], expected[1700];

    memset(data, 'd', sizeof data - 1);
    for (size_t len = 490; len <= 1600; len += 37) {
        data[len] = '\0';
        stream.len = 0;
        buf_printf(&stream, "data: %s\rdata\r\n\n", data);
        snprintf(expected, sizeof expected, "message id= %s\n", data);
        stream_check_cut((char *)stream.data, stream.len, stream.len, 1, ROOMY_BYTES, -1, expected);
        stream_check_cut((char *)stream.data, stream.len, 7, 100, ROOMY_BYTES, -1, expected);
        data[len] = 'd';
    }
    buf_free(&stream);
}
END_TEST

/* --- the encoder --- */

static void buf_check(struct buf *out, const char *expected)
{
    ck_assert_uint_eq(out->len, strlen(expected));
    ck_assert_mem_eq(out->data, expected, out->len);
    buf_free(out);
}

START_TEST(sse_encodes_each_kind_of_event_9_2_5)
{
    struct buf out = {0};

    ck_assert_int_eq(sse_encode(&out, 17, "k3x9qa", "{\"a\":1}", 7), 0);
    ck_assert_int_eq(
        sse_encode_event(&out, "missed", &(struct cursor){21, "k3x9qa"}, "{\"missed\":4}", 12), 0);
    ck_assert_int_eq(sse_encode_data(&out, "null", 4), 0);
    ck_assert_int_eq(sse_encode_retry(&out, 1000), 0);
    ck_assert_int_eq(sse_encode_comment(&out, "heartbeat"), 0);
    buf_check(&out, "id: 17-k3x9qa\ndata: {\"a\":1}\n\n"
                    "event: missed\nid: 21-k3x9qa\ndata: {\"missed\":4}\n\n"
                    "data: null\n\n"
                    "retry: 1000\n\n"
                    ": heartbeat\n\n");
}
END_TEST

START_TEST(sse_parses_what_it_encodes)
{
    struct buf out = {0};

    sse_encode_retry(&out, 250);
    sse_encode(&out, UINT64_MAX, "", " leading space: and colon", 25);
    sse_encode_data(&out, "keeps the id", 12);
    sse_encode_comment(&out, "");
    sse_encode_event(&out, "hello", &(struct cursor){.seq = 3}, "", 0);
    stream_check((char *)out.data, out.len, ROOMY_BYTES, 250,
                 "message id=18446744073709551615  leading space: and colon"
                 " | message id=18446744073709551615 keeps the id"
                 " | hello id=3 ");
    buf_free(&out);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sse");
    TCase *tc = tcase_create("sse");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tc);
    tcase_add_loop_test(tc, sse_parses_every_stream_in_any_split_9_2_6, 0,
                        sizeof streams / sizeof *streams);
    tcase_add_loop_test(tc, sse_takes_retry_of_digits_only_9_2_6, 0,
                        sizeof retries / sizeof *retries);
    tcase_add_test(tc, sse_data_may_hold_nul);
    tcase_add_test(tc, sse_refuses_lines_and_data_over_the_limit);
    tcase_add_test(tc, sse_reads_long_streams_without_lf);
    tcase_add_test(tc, sse_lines_longer_than_any_search_window_are_found);
    tcase_add_test(tc, sse_encodes_each_kind_of_event_9_2_5);
    tcase_add_test(tc, sse_parses_what_it_encodes);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
