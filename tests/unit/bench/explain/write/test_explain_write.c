#include <stdlib.h>
#include <string.h>

#include "tests/unit/bench/explain/annotate/explain_checks.h"
#include "bench/explain/write/explain_picture.h"
#include "bench/explain/write/explain_write.h"
#include "bench/wire/packet.h"

static void write_all(struct explained *x, struct buf out[3])
{
    const struct explain_report r = {.topic = "websocket",
                                     .about = "about",
                                     .network = "over a road",
                                     .times = "times",
                                     .notes = &x->notes,
                                     .explain = x->explain};

    ck_assert_int_eq(explain_write_text(&out[0], &r, EXPLAIN_TEXT_ALL), 0);
    ck_assert_int_eq(explain_write_markdown(&out[1], &r), 0);
    ck_assert_int_eq(explain_write_json(&out[2], &r), 0);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(buf_add(&out[i], "", 1), 0);
}

static const char *sum_line(const struct explained *x, const char *name)
{
    static struct explain_sum_line lines[EXPLAIN_SUM_LINES];
    const struct explain_report r = {.notes = &x->notes, .explain = x->explain, .wire = true};
    size_t count = explain_sum(lines, &r);

    for (size_t i = 0; i < count; i++)
        if (strcmp(lines[i].name, name) == 0)
            return lines[i].value;
    return NULL;
}

START_TEST(explain_counts_what_is_sent_again_apart_from_headers)
{
    const struct explain_options wire = {.wire = true};
    struct wire_segment p = {
        .connection = 1, .up = true, .flags = PACKET_ACK, .payload_bytes = 18, .ip_bytes = 70};
    struct explained x;

    explained_begin(&x, &wire);
    SENT(&x, "GET / HTTP/1.0\r\n\r\n");
    ck_assert_ptr_null(sum_line(&x, "lost"));
    p.lost = true;
    explain_packet(x.explain, &p);
    ck_assert_str_eq(sum_line(&x, "lost"), "1 of them");
    ck_assert_ptr_null(sum_line(&x, "sent again"));
    p.lost = false;
    p.again = true;
    p.again_bytes = 18;
    explain_packet(x.explain, &p);
    ck_assert_str_eq(sum_line(&x, "sent again"), "18 bytes, in 1 packet");
    ck_assert_str_eq(sum_line(&x, "TCP/IP headers"), "104 bytes; all packets together: 140 bytes");
    ck_assert_ptr_null(sum_line(&x, "not read"));
    explained_end(&x);
}
END_TEST

START_TEST(explain_fits_a_hundred_columns)
{
    struct buf out[3] = {{0}, {0}, {0}};
    struct explained x;
    size_t column = 0;

    explained_begin(&x, &plain);
    SENT(&x, WS_REQUEST);
    RECEIVED(&x, WS_ANSWER);
    SENT(&x, "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58");
    write_all(&x, out);
    for (const char *c = (const char *)out[0].data; *c != '\0'; c++) {
        column = *c == '\n' ? 0 : column + (((unsigned char)*c & 0xc0) != 0x80);
        ck_assert_uint_le(column, EXPLAIN_COLUMNS);
    }
    for (int i = 0; i < 3; i++)
        buf_free(&out[i]);
    explained_end(&x);
}
END_TEST

START_TEST(explain_links_sections_in_markdown_and_escapes_what_it_would_take_for_its_own)
{
    struct buf out[3] = {{0}, {0}, {0}};
    struct explained x;

    explained_begin(&x, &plain);
    SENT(&x, "GET /a|b`c HTTP/1.1\r\nHost: x\r\n\r\n");
    write_all(&x, out);
    ck_assert_ptr_ne(strstr((const char *)out[1].data, "`` GET /a\\|b`c HTTP/1.1 ``"), NULL);
    ck_assert_ptr_ne(strstr((const char *)out[1].data,
                            "[RFC 9112 \u00a73](https://www.rfc-editor.org/rfc/rfc9112#section-3)"),
                     NULL);
    for (int i = 0; i < 3; i++)
        buf_free(&out[i]);
    explained_end(&x);
}
END_TEST

START_TEST(explain_fences_code_with_more_backticks_than_are_in_it)
{
    struct buf out[3] = {{0}, {0}, {0}};
    struct explained x;

    explained_begin(&x, &plain);
    SENT(&x, "GET /`` HTTP/1.1\r\nHost: x\r\nX: ```a`\r\nY: `\r\n\r\n");
    write_all(&x, out);
    ck_assert_ptr_ne(strstr((const char *)out[1].data, "| ``` GET /`` HTTP/1.1 ``` |"), NULL);
    ck_assert_ptr_ne(strstr((const char *)out[1].data, "`` Y: ` ``"), NULL);
    ck_assert_ptr_ne(strstr((const char *)out[1].data, "```` X: ```a` ````"), NULL);
    for (int i = 0; i < 3; i++)
        buf_free(&out[i]);
    explained_end(&x);
}
END_TEST

START_TEST(explain_tells_programs_the_fields_of_frames_and_packets)
{
    const struct explain_options wire = {.wire = true};
    struct wire_segment p = {.connection = 1,
                             .up = true,
                             .flags = PACKET_SYN,
                             .first_sequence = 6,
                             .lost = true,
                             .arrived_ns = INT64_MAX};
    struct buf out[3] = {{0}, {0}, {0}};
    struct explained x;
    const char *json;

    explained_begin(&x, &wire);
    explain_packet(x.explain, &p);
    SENT(&x, WS_REQUEST);
    RECEIVED(&x, WS_ANSWER);
    SENT(&x, "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58");
    write_all(&x, out);
    json = (const char *)out[2].data;
    ck_assert_ptr_ne(strstr(json, "\"frame\":\t{\n"), NULL);
    ck_assert_ptr_ne(strstr(json, "\"fin\":\ttrue"), NULL);
    ck_assert_ptr_ne(strstr(json, "\"rsv\":\t0"), NULL);
    ck_assert_ptr_ne(strstr(json, "\"opcode\":\t1"), NULL);
    ck_assert_ptr_ne(strstr(json, "\"mask\":\ttrue"), NULL);
    ck_assert_ptr_ne(strstr(json, "\"masking_key\":\t\"37fa213d\""), NULL);
    ck_assert_ptr_ne(strstr(json, "\"payload_length\":\t5"), NULL);
    ck_assert_ptr_ne(strstr(json, "\"flags\":\t[\"SYN\"]"), NULL);
    ck_assert_ptr_ne(strstr(json, "\"lost\":\ttrue"), NULL);
    ck_assert_ptr_ne(strstr(json, "\"seq\":\t0"), NULL);
    for (int i = 0; i < 3; i++)
        buf_free(&out[i]);
    explained_end(&x);
}
END_TEST

START_TEST(explain_sketches_a_ladder_where_no_wire_was_seen)
{
    static const char kernel[] = "rtt_us=20000",
                      request[] = "GET /poll HTTP/1.1\r\nHost: x\r\n\r\n";
    static const char answer[] = "HTTP/1.1 204 No Content\r\n\r\n";
    const struct transcript_event events[] = {
        {TRANSCRIPT_OPEN, 1, 0, (const uint8_t *)"a:1", 3},
        {TRANSCRIPT_KERNEL, 1, 20000000, (const uint8_t *)kernel, sizeof kernel - 1},
        {TRANSCRIPT_CONNECTED, 1, 20000000, (const uint8_t *)"b:2", 3},
        {TRANSCRIPT_SENT, 1, 21000000, (const uint8_t *)request, sizeof request - 1},
        {TRANSCRIPT_RECEIVED, 1, 41000000, (const uint8_t *)answer, sizeof answer - 1},
        {TRANSCRIPT_SHUT, 1, 42000000, NULL, 0},
        {TRANSCRIPT_EOF, 1, 62000000, NULL, 0},
    };
    struct err_text e = {""};
    struct ladder l;

    ck_assert_int_eq(explain_picture_ladder(&l, events, sizeof events / sizeof *events, &e), 0);
    ck_assert_uint_eq(l.count, 7);
    ck_assert_uint_eq(l.span_count, 2);
    ck_assert_int_eq(l.steps[1].sent_ns, 10000000);
    ck_assert_int_eq(l.spans[1].end_ns, 41000000);
    ck_assert(l.sketched);
    ladder_free(&l);
    ck_assert_int_eq(explain_picture_ladder(&l, events, 1, &e), PL_EINVAL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("explain_write");
    TCase *tc = tcase_create("explain_write");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tc);
    tcase_add_test(tc, explain_counts_what_is_sent_again_apart_from_headers);
    tcase_add_test(tc, explain_fits_a_hundred_columns);
    tcase_add_test(tc,
                   explain_links_sections_in_markdown_and_escapes_what_it_would_take_for_its_own);
    tcase_add_test(tc, explain_fences_code_with_more_backticks_than_are_in_it);
    tcase_add_test(tc, explain_tells_programs_the_fields_of_frames_and_packets);
    tcase_add_test(tc, explain_sketches_a_ladder_where_no_wire_was_seen);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
