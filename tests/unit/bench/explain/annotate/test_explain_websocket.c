#include <stdlib.h>

#include "tests/unit/bench/explain/annotate/explain_checks.h"
#include "bench/explain/annotate/explain_frame.h"
#include "lib/proto/ws_frame.h"

/* The opening handshake (RFC 6455 §1.3) and the frames of §5.7. */
static void open_websocket(struct explained *x)
{
    explained_begin(x, &plain);
    SENT(x, WS_REQUEST);
    RECEIVED(x, WS_ANSWER);
}

START_TEST(explain_computes_the_accept_of_the_sample_key_step_by_step_1_3)
{
    struct explained x;

    explained_begin(&x, &plain);
    SENT(&x, WS_REQUEST);
    RECEIVED(&x, WS_ANSWER);
    assert_says(&x, "<2 dGhlIHNhbXBsZSBub25jZQ== | 1.");
    assert_says(&x, "<2 + 258EAFA5-E914-47DA-95CA-C5AB0DC85B11 | 2.");
    assert_says(&x, "<2 b37a4f2cc0624f1690f64606cf385945b2bec4ea | 3.");
    assert_says(&x, "<2 s3pPLMBiTxaQ9kYGzzhZRbK+xOo= | 4.");
    assert_says(&x, "<2 equal | 5.");
    assert_says(&x, "0 the server has decided: upgraded");
    explained_end(&x);
}
END_TEST

START_TEST(explain_says_when_the_accept_is_wrong_4_1)
{
    struct explained x;

    explained_begin(&x, &plain);
    SENT(&x, WS_REQUEST);
    RECEIVED(&x, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                 "Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n");
    assert_says(&x, "NOT equal");
    assert_says(&x, "the client must fail the connection");
    assert_says(&x,
                "the server has decided: upgraded | but Sec-WebSocket-Accept is wrong or missing");
    assert_silent(&x, "the same TCP connection continues");
    explained_end(&x);
    explained_begin(&x, &plain);
    SENT(&x, WS_REQUEST);
    RECEIVED(&x, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                 "Connection: Upgrade\r\n\r\n");
    assert_says(&x,
                "the server has decided: upgraded | but Sec-WebSocket-Accept is wrong or missing");
    explained_end(&x);
}
END_TEST

START_TEST(explain_reads_an_unmasked_text_frame_5_7)
{
    struct explained x;

    open_websocket(&x);
    RECEIVED(&x, "\x81\x05Hello");
    assert_says(&x, "<0 81 05 48 65 6c 6c 6f | a text frame");
    assert_says(&x, "<1 FIN    1 | the last frame of its message");
    assert_says(&x, "<1 MASK   0 | servers must not mask");
    assert_says(&x, "<1 length 5 | up to 125 fits into 7 bits");
    assert_says(&x, "<1 Hello | 5 bytes of payload | ");
    explained_end(&x);
}
END_TEST

START_TEST(explain_unmasks_a_masked_text_frame_5_7)
{
    struct explained x;

    open_websocket(&x);
    SENT(&x, "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58");
    assert_says(&x, ">0 81 85 37 fa 21 3d 7f 9f 4d 51 58 | a text frame");
    assert_says(&x, ">1 key    37 fa 21 3d | ");
    assert_says(&x, "payload as sent    7f 9f 4d 51 58\n"
                    "XOR masking key    37 fa 21 3d 37\n"
                    "= payload          48 65 6c 6c 6f\n"
                    "  as text           H  e  l  l  o\n");
    assert_says(&x, ">1 Hello | 5 bytes of payload, unmasked | RFC 6455 \u00a75.3");
    explained_end(&x);
}
END_TEST

START_TEST(explain_says_what_a_fragment_is_5_4)
{
    struct explained x;

    open_websocket(&x);
    RECEIVED(&x, "\x01\x03Hel\x80\x02lo");
    assert_says(&x, "<1 FIN    0 | a fragment: more of the message follows | RFC 6455 \u00a75.4");
    assert_says(&x,
                "<0 80 02 6c 6f | a continuation frame: continues the message of the frame before");
    explained_end(&x);
}
END_TEST

START_TEST(explain_says_in_how_many_bits_a_length_is_5_2)
{
    static uint8_t frame[10 + 65536] = {0x82, 0x7f, 0, 0, 0, 0, 0, 1, 0, 0};
    static const uint8_t middle[4 + 256] = {0x82, 0x7e, 1, 0};
    struct explained x;

    open_websocket(&x);
    explained_bytes(&x, TRANSCRIPT_RECEIVED, middle, sizeof middle, 0);
    assert_says(&x, "<1 length 256 | the 7 bits are 126: the length is in the next 16 bits");
    explained_end(&x);
    open_websocket(&x);
    explained_bytes(&x, TRANSCRIPT_RECEIVED, frame, sizeof frame, 1000);
    assert_says(&x, "<1 length 65536 | the 7 bits are 127: the length is in the next 64 bits");
    ck_assert_uint_eq(explain_tally(x.explain, 1).payload_bytes[false], 65536);
    ck_assert_uint_eq(explain_tally(x.explain, 1).framing_bytes[false], 10);
    explained_end(&x);
}
END_TEST

START_TEST(explain_says_how_much_is_not_shown_of_what_is_longer_than_is_kept)
{
    static uint8_t frame[10 + 70000] = {0x82, 0x7f, 0, 0, 0, 0, 0, 1, 0x11, 0x70};
    struct explained x;

    memset(frame + 10, 'x', sizeof frame - 10);
    open_websocket(&x);
    explained_bytes(&x, TRANSCRIPT_RECEIVED, frame, sizeof frame, 1000);
    assert_says(&x, "x \u2026 69680 bytes more | 70000 bytes of payload");
    explained_end(&x);
}
END_TEST

START_TEST(explain_says_what_a_field_means_when_it_differs_from_those_before_5_2)
{
    static const uint8_t middle[4 + 200] = {0x81, 0x7e, 0, 200};
    struct explained x;

    open_websocket(&x);
    RECEIVED(&x, "\x81\x05Hello\x81\x05Hello");
    ck_assert_uint_eq(count_of(&x, "<1 FIN    1"), 1);
    ck_assert_uint_eq(count_of(&x, "<1 length "), 1);
    RECEIVED(&x, "\xc1\x01x");
    assert_says(&x, "<1 RSV1-3 100 | reserved, and set");
    explained_bytes(&x, TRANSCRIPT_RECEIVED, middle, sizeof middle, 0);
    assert_says(&x, "<1 length 200 | the 7 bits are 126");
    RECEIVED(&x, "\x89\x00");
    assert_says(&x, "<1 opcode 1001 = 0x9 | ping: a control frame");
    RECEIVED(&x, "\x8a\x00\x88\x00");
    assert_says(&x, "<1 opcode 1010 = 0xa | pong");
    assert_says(&x, "<1 opcode 1000 = 0x8 | close");
    RECEIVED(&x, "\x82\x80\1\2\3\4");
    assert_says(&x, "<1 MASK   1 | a protocol error");
    assert_says(&x, "<1 key    01 02 03 04 | ");
    ck_assert_uint_eq(count_of(&x, "<1 length "), 2);
    explained_end(&x);
}
END_TEST

/* The scale above each drawing. */
static size_t drawings_in(struct explained *x)
{
    return count_of(x, " 0                   1                   2");
}

START_TEST(explain_draws_every_shape_of_frame_and_repeated_ones_no_more)
{
    static const struct explain_options brief = {.brief = true};
    static const uint8_t middle[4 + 200] = {0x81, 0x7e, 0, 200};
    struct explained x;

    explained_begin(&x, &brief);
    SENT(&x, WS_REQUEST);
    RECEIVED(&x, WS_ANSWER);
    RECEIVED(&x, "\x81\x05Hello\x81\x05Hello");
    ck_assert_uint_eq(drawings_in(&x), 1);
    explained_bytes(&x, TRANSCRIPT_RECEIVED, middle, sizeof middle, 0);
    ck_assert_uint_eq(drawings_in(&x), 2);
    RECEIVED(&x, "\xc1\x05Hello\x01\x05Hello");
    ck_assert_uint_eq(drawings_in(&x), 4);
    explained_end(&x);
    open_websocket(&x);
    for (int i = 0; i < 10; i++)
        RECEIVED(&x, "\x81\x05Hello");
    ck_assert_uint_eq(drawings_in(&x), 3);
    ck_assert_uint_eq(count_of(&x, "<1 Hello | 5 bytes"), 10);
    explained_end(&x);
}
END_TEST

START_TEST(explain_reads_close_codes_and_reasons_7_4)
{
    struct explained x;

    open_websocket(&x);
    RECEIVED(&x, "\x88\x05\x03\xe9"
                 "bye");
    assert_says(&x, "<1 close code 1001 | going away");
    assert_says(&x, "<1 bye | the reason");
    explained_end(&x);
    open_websocket(&x);
    RECEIVED(&x, "\x88\x00");
    assert_says(&x, "<1 no close code | the frame has no close code");
    explained_end(&x);
    open_websocket(&x);
    RECEIVED(&x, "\x88\x02\x03\xf4\x88\x02\x03\xf5\x88\x02\x03\xf6");
    assert_says(&x, "<1 close code 1012 | service restart");
    assert_says(&x, "<1 close code 1013 | try again later");
    assert_says(&x, "<1 close code 1014 | bad gateway");
    explained_end(&x);
    open_websocket(&x);
    RECEIVED(&x, "\x88\x02\x03\xed");
    assert_says(&x, "(no valid close code)");
    explained_end(&x);
}
END_TEST

START_TEST(explain_counts_a_round_trip_for_pong_and_close_only_when_asked_5_5)
{
    struct explained x;

    open_websocket(&x);
    ck_assert_uint_eq(explain_tally(x.explain, 0).round_trips, 1);
    RECEIVED(&x, "\x8a\x00");
    ck_assert_uint_eq(explain_tally(x.explain, 0).round_trips, 1);
    SENT(&x, "\x89\x80\x37\xfa\x21\x3d");
    RECEIVED(&x, "\x8a\x00");
    ck_assert_uint_eq(explain_tally(x.explain, 0).round_trips, 2);
    SENT(&x, "\x88\x80\x37\xfa\x21\x3d");
    RECEIVED(&x, "\x88\x00");
    ck_assert_uint_eq(explain_tally(x.explain, 0).round_trips, 3);
    ck_assert_uint_eq(explain_tally(x.explain, 0).frames, 5);
    explained_end(&x);
}
END_TEST

START_TEST(explain_gives_up_on_a_length_not_in_its_shortest_form_5_2)
{
    struct explained x;

    open_websocket(&x);
    RECEIVED(&x, "\x81\x7e\x00\x05Hello");
    assert_says(&x, "(not understood) | the length of a frame does not have its shortest form");
    RECEIVED(&x, "\x81\x05Hello");
    assert_silent(&x, "5 bytes of payload");
    explained_end(&x);
}
END_TEST

START_TEST(explain_draws_the_masked_example_bit_by_bit_5_2)
{
    static const char want[] = " 0                   1                   2                   3\n"
                               " 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1\n"
                               "+-+-+-+-+-------+-+-------------+-------------------------------+\n"
                               "|F|R|R|R| opcode|M| payload len |          masking key          |\n"
                               "|I|S|S|S|       |A|             |                               |\n"
                               "|N|V|V|V|       |S|             |                               |\n"
                               "| |1|2|3|       |K|             |                               |\n"
                               "|1|0|0|0|0 0 0 1|1|0 0 0 0 1 0 1|0 0 1 1 0 1 1 1 1 1 1 1 1 0 1 0|\n"
                               "+-+-+-+-+-------+-+-------------+---------------+---------------+\n"
                               "|          (continued)          |       7f      |       9f      |\n"
                               "|0 0 1 0 0 0 0 1 0 0 1 1 1 1 0 1|0 1 1 1 1 1 1 1|1 0 0 1 1 1 1 1|\n"
                               "+---------------+---------------+---------------+---------------+\n"
                               "|       4d      |       51      |       58      |\n"
                               "|0 1 0 0 1 1 0 1|0 1 0 1 0 0 0 1|0 1 0 1 1 0 0 0|\n"
                               "+---------------+---------------+---------------+\n"
                               "\n"
                               "payload as sent    7f 9f 4d 51 58\n"
                               "XOR masking key    37 fa 21 3d 37\n"
                               "= payload          48 65 6c 6c 6f\n"
                               "  as text           H  e  l  l  o\n";
    const uint8_t wire[] = {0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58};
    struct buf got = {0};
    struct ws_frame f;

    ck_assert_int_eq(ws_frame_decode(&f, wire, sizeof wire), 6);
    ck_assert_int_eq(explain_frame_draw(&got, &f, wire + 6, 5), 0);
    ck_assert_int_eq(buf_add(&got, "", 1), 0);
    ck_assert_str_eq((const char *)got.data, want);
    buf_free(&got);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("explain_websocket");
    TCase *tc = tcase_create("explain_websocket");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tc);
    tcase_add_test(tc, explain_computes_the_accept_of_the_sample_key_step_by_step_1_3);
    tcase_add_test(tc, explain_says_when_the_accept_is_wrong_4_1);
    tcase_add_test(tc, explain_reads_an_unmasked_text_frame_5_7);
    tcase_add_test(tc, explain_unmasks_a_masked_text_frame_5_7);
    tcase_add_test(tc, explain_says_what_a_fragment_is_5_4);
    tcase_add_test(tc, explain_says_in_how_many_bits_a_length_is_5_2);
    tcase_add_test(tc, explain_says_how_much_is_not_shown_of_what_is_longer_than_is_kept);
    tcase_add_test(tc, explain_says_what_a_field_means_when_it_differs_from_those_before_5_2);
    tcase_add_test(tc, explain_draws_every_shape_of_frame_and_repeated_ones_no_more);
    tcase_add_test(tc, explain_reads_close_codes_and_reasons_7_4);
    tcase_add_test(tc, explain_counts_a_round_trip_for_pong_and_close_only_when_asked_5_5);
    tcase_add_test(tc, explain_gives_up_on_a_length_not_in_its_shortest_form_5_2);
    tcase_add_test(tc, explain_draws_the_masked_example_bit_by_bit_5_2);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
