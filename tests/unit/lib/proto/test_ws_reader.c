#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/lib/proto/ws_wire.h"

/* --- RFC 6455 §5.7 --- */

START_TEST(ws_reads_the_examples_5_7)
{
    bytes_check(WS_CLIENT, 5, BYTES("\x81\x05Hello"), "text Hello");
    bytes_check(WS_SERVER, 5, BYTES("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"), "text Hello");
    bytes_check(WS_CLIENT, 5, BYTES("\x01\x03Hel\x80\x02lo"), "text Hello");
    bytes_check(WS_CLIENT, 5, BYTES("\x89\x05Hello"), "ping Hello");
    bytes_check(WS_SERVER, 5, BYTES("\x8a\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"), "pong Hello");
}
END_TEST

static const size_t lengths[] = {0, 1, 125, 126, 127, 256, 65535, 65536, 100000};

/* One message, in pieces that cut header and payload alike. */
static void length_check(enum ws_role role, const struct frame *f, size_t piece_bytes)
{
    struct buf wire = {0};
    struct guard guard;
    struct ws_event ev;
    struct ws_reader r;

    frame_write(&wire, role, f);
    guard = guard_new(wire.len);
    ws_reader_init(&r, role, f->len);
    for (size_t at = 0, n; at < wire.len; at += n) {
        n = wire.len - at < piece_bytes ? wire.len - at : piece_bytes;
        if (ws_reader_feed(&r, guard_copy(&guard, wire.data + at, n), n, &ev) != (ssize_t)n)
            ck_abort_msg("at byte %zu of %zu", at, wire.len);
        if (at + n < wire.len && ev.type != WS_EVENT_NONE)
            ck_abort_msg("an event after %zu of %zu bytes", at + n, wire.len);
    }
    ck_assert_int_eq(ev.type, WS_EVENT_MESSAGE);
    ck_assert_uint_eq(ev.len, f->len);
    ck_assert_int_eq(memcmp(ev.data, f->payload, f->len), 0);
    ws_reader_free(&r);
    guard_free(&guard);
    buf_free(&wire);
}

START_TEST(ws_reads_payloads_of_every_length_form_5_2)
{
    static const size_t piece_bytes[] = {1, 3, 1000, 65536, ROOMY_BYTES};
    struct frame f = {0x82, malloc(lengths[_i] + 1), lengths[_i]};

    for (size_t i = 0; i < f.len; i++)
        ((char *)f.payload)[i] = (char)(i * 31);
    for (size_t p = 0; p < COUNT(piece_bytes); p++) {
        length_check(WS_SERVER, &f, piece_bytes[p]);
        length_check(WS_CLIENT, &f, piece_bytes[p]);
    }
    free((char *)f.payload);
}
END_TEST

START_TEST(ws_rejects_lengths_not_in_their_shortest_form_5_2)
{
    bytes_check(WS_CLIENT, ROOMY_BYTES, BYTES("\x82\x7e\x00\x7d"), "fail 1002");
    bytes_check(WS_CLIENT, ROOMY_BYTES, BYTES("\x82\x7f\0\0\0\0\0\0\xff\xff"), "fail 1002");
    bytes_check(WS_CLIENT, ROOMY_BYTES, BYTES("\x82\x7f\x80\0\0\0\0\0\0\0"), "fail 1002");
}
END_TEST

/* --- masking --- */

START_TEST(ws_server_rejects_unmasked_client_frame_5_1)
{
    bytes_check(WS_SERVER, ROOMY_BYTES, BYTES("\x81\x05Hello"), "fail 1002");
    bytes_check(WS_SERVER, ROOMY_BYTES, BYTES("\x89\x00"), "fail 1002");
}
END_TEST

START_TEST(ws_client_rejects_masked_server_frame_5_1)
{
    bytes_check(WS_CLIENT, ROOMY_BYTES, BYTES("\x81\x85\0\0\0\0Hello"), "fail 1002");
    bytes_check(WS_CLIENT, ROOMY_BYTES, BYTES("\x8a\x80\0\0\0\0"), "fail 1002");
}
END_TEST

/* --- reserved bits and opcodes --- */

START_TEST(ws_rejects_reserved_bits_without_an_extension_5_2)
{
    for (int rsv = 1; rsv <= 7; rsv++) {
        for (uint8_t opcode = 0; opcode < 16; opcode++) {
            struct frame f = {(uint8_t)(0x80 | rsv << 4 | opcode), "x", 1};

            frames_check(&f, 1, ROOMY_BYTES, "fail 1002");
        }
    }
}
END_TEST

START_TEST(ws_rejects_reserved_opcodes_5_2)
{
    static const uint8_t reserved[] = {3, 4, 5, 6, 7, 0xb, 0xc, 0xd, 0xe, 0xf};

    for (size_t i = 0; i < COUNT(reserved); i++) {
        struct frame f = {0x80 | reserved[i], "", 0};

        frames_check(&f, 1, ROOMY_BYTES, "fail 1002");
    }
}
END_TEST

/* --- fragmentation --- */

START_TEST(ws_reassembles_fragments_5_4)
{
    static const struct frame frames[] = {FRAME(0x02, "a"), FRAME(0x00, ""), FRAME(0x00, "bc"),
                                          FRAME(0x80, "def"), FRAME(0x81, "next")};
    static const struct frame empty[] = {FRAME(0x01, ""), FRAME(0x00, ""), FRAME(0x80, "")};

    frames_check(frames, COUNT(frames), ROOMY_BYTES, "binary abcdef | text next");
    frames_check(empty, COUNT(empty), ROOMY_BYTES, "text ");
}
END_TEST

START_TEST(ws_delivers_control_frames_between_fragments_5_4)
{
    static const struct frame frames[] = {
        FRAME(0x01, "one "), FRAME(0x89, "p1"), FRAME(0x00, "two "),        FRAME(0x8a, ""),
        FRAME(0x89, "p2"),   FRAME(0x80, "3"),  FRAME(0x88, "\x03\xe8over")};

    frames_check(frames, COUNT(frames), ROOMY_BYTES,
                 "ping p1 | pong  | ping p2 | text one two 3 | close 1000 over");
}
END_TEST

START_TEST(ws_rejects_a_continuation_of_nothing_5_4)
{
    static const struct frame first[] = {FRAME(0x80, "x")};
    static const struct frame after_whole[] = {FRAME(0x81, "x"), FRAME(0x00, "y")};
    static const struct frame after_last[] = {FRAME(0x01, "x"), FRAME(0x80, "y"), FRAME(0x80, "")};

    frames_check(first, COUNT(first), ROOMY_BYTES, "fail 1002");
    frames_check(after_whole, COUNT(after_whole), ROOMY_BYTES, "text x | fail 1002");
    frames_check(after_last, COUNT(after_last), ROOMY_BYTES, "text xy | fail 1002");
}
END_TEST

START_TEST(ws_rejects_a_new_message_inside_a_message_5_4)
{
    static const struct frame text[] = {FRAME(0x01, "x"), FRAME(0x81, "y")};
    static const struct frame binary[] = {FRAME(0x02, ""), FRAME(0x89, ""), FRAME(0x02, "y")};

    frames_check(text, COUNT(text), ROOMY_BYTES, "fail 1002");
    frames_check(binary, COUNT(binary), ROOMY_BYTES, "ping  | fail 1002");
}
END_TEST

/* --- control frames --- */

START_TEST(ws_accepts_control_payloads_up_to_125_bytes_5_5)
{
    char payload[126], expected[sizeof "ping " + 125];
    struct frame f = {0x89, payload, 125};

    memset(payload, 'p', sizeof payload);
    snprintf(expected, sizeof expected, "ping %.125s", payload);
    frames_check(&f, 1, 0, expected);
    for (uint8_t opcode = 8; opcode <= 10; opcode++) {
        f = (struct frame){0x80 | opcode, payload, 126};
        frames_check(&f, 1, ROOMY_BYTES, "fail 1002");
    }
}
END_TEST

START_TEST(ws_rejects_fragmented_control_frames_5_5)
{
    for (uint8_t opcode = 8; opcode <= 10; opcode++) {
        struct frame f = {opcode, "", 0};

        frames_check(&f, 1, ROOMY_BYTES, "fail 1002");
    }
}
END_TEST

static const struct {
    struct frame close;
    const char *expected;
} closes[] = {
    {FRAME(0x88, ""), "close 1005 "},
    {FRAME(0x88, "\x03\xe8"), "close 1000 "},
    {FRAME(0x88, "\x03\xf3why"), "close 1011 why"},
    {FRAME(0x88, "\x0b\xb8"), "close 3000 "},
    {FRAME(0x88, "\x13\x87"), "close 4999 "},
    {FRAME(0x88, "\x03"), "fail 1002"},
    {FRAME(0x88, "\x00\x00"), "fail 1002"},
    {FRAME(0x88, "\x03\xe7"), "fail 1002"}, /* 999 */
    {FRAME(0x88, "\x03\xed"), "fail 1002"}, /* 1005 */
    {FRAME(0x88, "\x03\xee"), "fail 1002"}, /* 1006 */
    {FRAME(0x88, "\x03\xf7"), "fail 1002"}, /* 1015 */
    {FRAME(0x88, "\x07\xd0"), "fail 1002"}, /* 2000 */
    {FRAME(0x88, "\xff\xff"), "fail 1002"},
    {FRAME(0x88, "\x03\xe8\xc0\x80"), "fail 1007"},
    {FRAME(0x88, "\x03\xe8 \xe2\x82"), "fail 1007"},
};

START_TEST(ws_checks_close_frames_5_5_1_7_4)
{
    frames_check(&closes[_i].close, 1, ROOMY_BYTES, closes[_i].expected);
}
END_TEST

START_TEST(ws_discards_what_follows_a_close_frame_1_4)
{
    static const struct frame frames[] = {FRAME(0x88, "\x03\xe9"), FRAME(0x81, "late"),
                                          FRAME(0xff, "nonsense")};

    frames_check(frames, COUNT(frames), ROOMY_BYTES, "close 1001 ");
}
END_TEST

/* --- size limits --- */

START_TEST(ws_accepts_a_message_of_exactly_the_limit_10_4)
{
    static const struct frame whole[] = {FRAME(0x82, "12345"), FRAME(0x82, "67890")};
    static const struct frame sum[] = {FRAME(0x02, "12"), FRAME(0x00, "3"), FRAME(0x80, "45")};

    frames_check(whole, COUNT(whole), 5, "binary 12345 | binary 67890");
    frames_check(sum, COUNT(sum), 5, "binary 12345");
}
END_TEST

START_TEST(ws_rejects_a_message_one_byte_over_the_limit_7_4_1)
{
    static const struct frame whole[] = {FRAME(0x82, "123456")};
    static const struct frame sum[] = {FRAME(0x02, "12"), FRAME(0x00, "3"), FRAME(0x80, "456")};
    static const struct frame first[] = {FRAME(0x01, "123456")};

    frames_check(whole, COUNT(whole), 5, "fail 1009");
    frames_check(sum, COUNT(sum), 5, "fail 1009");
    frames_check(first, COUNT(first), 5, "fail 1009");
}
END_TEST

START_TEST(ws_rejects_an_oversize_frame_by_its_header_alone_7_4_1)
{
    bytes_check(WS_CLIENT, 5, BYTES("\x82\x06"), "fail 1009");
    bytes_check(WS_SERVER, 5, BYTES("\x82\x86\1\2\3\4"), "fail 1009");
    bytes_check(WS_CLIENT, 5, BYTES("\x02\x02zz\x89\x00\x00\x04"), "ping  | fail 1009");
    bytes_check(WS_CLIENT, SIZE_MAX, BYTES("\x02\x01z\x80\x7f\x7f\xff\xff\xff\xff\xff\xff\xff"),
                "");
    bytes_check(WS_CLIENT, INT64_MAX, BYTES("\x02\x01z\x80\x7f\x7f\xff\xff\xff\xff\xff\xff\xff"),
                "fail 1009");
}
END_TEST

/* --- text --- */

START_TEST(ws_accepts_code_points_split_across_fragments_8_1)
{
    static const struct frame frames[] = {FRAME(0x01, "\xe2"), FRAME(0x89, "\xff"),
                                          FRAME(0x00, "\x82"), FRAME(0x00, ""),
                                          FRAME(0x80, "\xac\xf0\x9f\x98\x80")};

    frames_check(frames, COUNT(frames), ROOMY_BYTES,
                 "ping \xff | text \xe2\x82\xac\xf0\x9f\x98\x80");
}
END_TEST

START_TEST(ws_rejects_text_that_is_not_utf8_8_1)
{
    static const struct frame whole[] = {FRAME(0x81, "ab\xc0\x80")};
    static const struct frame unfinished[] = {FRAME(0x81, "ab\xe2\x82")};
    static const struct frame unfinished_sum[] = {FRAME(0x01, "ab\xe2"), FRAME(0x80, "\x82")};
    static const struct frame across[] = {FRAME(0x01, "\xed"), FRAME(0x00, "\xa0")};
    static const struct frame binary[] = {FRAME(0x82, "ab\xc0\x80")};

    frames_check(whole, COUNT(whole), ROOMY_BYTES, "fail 1007");
    frames_check(unfinished, COUNT(unfinished), ROOMY_BYTES, "fail 1007");
    frames_check(unfinished_sum, COUNT(unfinished_sum), ROOMY_BYTES, "fail 1007");
    frames_check(across, COUNT(across), ROOMY_BYTES, "fail 1007");
    frames_check(binary, COUNT(binary), ROOMY_BYTES, "binary ab\xc0\x80");
}
END_TEST

START_TEST(ws_fails_text_at_its_first_wrong_byte_8_1)
{
    /* a frame of ten bytes that is never completed: the wrong byte is the fifth on the wire */
    ck_assert_uint_eq(
        bytes_until_failure(WS_CLIENT, ROOMY_BYTES, BYTES("\x81\x0axy\xffzz"), "fail 1007"), 5);
    bytes_check(WS_CLIENT, ROOMY_BYTES, BYTES("\x81\x0axy\xffzz"), "fail 1007");
    /* in the second fragment, after a ping; masked */
    ck_assert_uint_eq(
        bytes_until_failure(WS_SERVER, ROOMY_BYTES,
                            BYTES("\x01\x81\0\0\0\0\xf4\x89\x80\0\0\0\0\x00\x89\1\0\0\0\x91zzz"),
                            "ping  | fail 1007"),
        20);
}
END_TEST

START_TEST(ws_fails_frames_as_soon_as_their_header_is_whole)
{
    ck_assert_uint_eq(bytes_until_failure(WS_CLIENT, 9, BYTES("\x82\x0azzzz"), "fail 1009"), 2);
    ck_assert_uint_eq(bytes_until_failure(WS_CLIENT, 9, BYTES("\x89\x7e\x00\x7ezzzz"), "fail 1002"),
                      4);
    ck_assert_uint_eq(bytes_until_failure(WS_SERVER, 9, BYTES("\xc1\x81\0\0\0\0z"), "fail 1002"),
                      6);
}
END_TEST

/* --- memory and accounts --- */

START_TEST(ws_reader_hands_out_whole_frames_where_they_lie)
{
    uint8_t wire[] = "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58\x8a\x81\0\0\0\0p";
    struct ws_event ev;
    struct ws_reader r;

    ws_reader_init(&r, WS_SERVER, ROOMY_BYTES);
    ck_assert_int_eq(ws_reader_feed(&r, wire, sizeof wire - 1, &ev), 11);
    ck_assert_ptr_eq(ev.data, wire + 6);
    ck_assert_int_eq(ws_reader_feed(&r, wire + 11, sizeof wire - 1 - 11, &ev), 7);
    ck_assert_ptr_eq(ev.data, wire + 17);
    ck_assert_ptr_null(r.assembly);
}
END_TEST

START_TEST(ws_reader_holds_no_memory_between_messages)
{
    static const char wire[] = "\x01\x02xy\x80\x01z";
    struct ws_event ev;
    struct ws_reader r;
    uint8_t byte;

    ck_assert_uint_le(sizeof r, 24);
    ws_reader_init(&r, WS_CLIENT, ROOMY_BYTES);
    for (size_t i = 0; i < sizeof wire - 1; i++) {
        byte = (uint8_t)wire[i];
        ck_assert_int_eq(ws_reader_feed(&r, &byte, 1, &ev), 1);
        ck_assert_ptr_nonnull(r.assembly);
    }
    ck_assert_int_eq(ev.type, WS_EVENT_MESSAGE);
    ck_assert_int_eq(ws_reader_feed(&r, &byte, 0, &ev), 0);
    ck_assert_int_eq(ev.type, WS_EVENT_NONE);
    ck_assert_ptr_null(r.assembly);
}
END_TEST

START_TEST(ws_reader_counts_the_header_bytes_of_each_event)
{
    static const struct frame frames[] = {FRAME(0x01, "ab"), FRAME(0x89, ""), FRAME(0x00, ""),
                                          FRAME(0x80, "c"), FRAME(0x81, "whole")};
    static const uint32_t expected[] = {2, 6, 2}; /* ping, three fragments, one frame */

    for (int role = WS_SERVER; role <= WS_CLIENT; role++) {
        struct buf wire = {0};
        struct ws_event ev;
        struct ws_reader r;
        size_t at = 0;

        for (size_t i = 0; i < COUNT(frames); i++)
            frame_write(&wire, (enum ws_role)role, &frames[i]);
        ws_reader_init(&r, (enum ws_role)role, ROOMY_BYTES);
        for (size_t i = 0; i < COUNT(expected); i++) {
            uint32_t with_masks = expected[i] / 2 * (role == WS_SERVER ? 6 : 2);

            at += (size_t)ws_reader_feed(&r, wire.data + at, wire.len - at, &ev);
            ck_assert_uint_eq(ev.framing_bytes, with_masks);
        }
        ck_assert_uint_eq(at, wire.len);
        ws_reader_free(&r);
        buf_free(&wire);
    }
}
END_TEST

static TCase *framing_case(void)
{
    TCase *tc = tcase_create("framing");

    tcase_add_test(tc, ws_reads_the_examples_5_7);
    tcase_add_loop_test(tc, ws_reads_payloads_of_every_length_form_5_2, 0, COUNT(lengths));
    tcase_add_test(tc, ws_rejects_lengths_not_in_their_shortest_form_5_2);
    tcase_add_test(tc, ws_server_rejects_unmasked_client_frame_5_1);
    tcase_add_test(tc, ws_client_rejects_masked_server_frame_5_1);
    tcase_add_test(tc, ws_rejects_reserved_bits_without_an_extension_5_2);
    tcase_add_test(tc, ws_rejects_reserved_opcodes_5_2);
    tcase_add_test(tc, ws_reassembles_fragments_5_4);
    tcase_add_test(tc, ws_delivers_control_frames_between_fragments_5_4);
    tcase_add_test(tc, ws_rejects_a_continuation_of_nothing_5_4);
    tcase_add_test(tc, ws_rejects_a_new_message_inside_a_message_5_4);
    tcase_add_test(tc, ws_accepts_control_payloads_up_to_125_bytes_5_5);
    tcase_add_test(tc, ws_rejects_fragmented_control_frames_5_5);
    tcase_add_loop_test(tc, ws_checks_close_frames_5_5_1_7_4, 0, COUNT(closes));
    tcase_add_test(tc, ws_discards_what_follows_a_close_frame_1_4);
    return tc;
}

static TCase *message_case(void)
{
    TCase *tc = tcase_create("messages");

    tcase_add_test(tc, ws_accepts_a_message_of_exactly_the_limit_10_4);
    tcase_add_test(tc, ws_rejects_a_message_one_byte_over_the_limit_7_4_1);
    tcase_add_test(tc, ws_rejects_an_oversize_frame_by_its_header_alone_7_4_1);
    tcase_add_test(tc, ws_accepts_code_points_split_across_fragments_8_1);
    tcase_add_test(tc, ws_rejects_text_that_is_not_utf8_8_1);
    tcase_add_test(tc, ws_fails_text_at_its_first_wrong_byte_8_1);
    tcase_add_test(tc, ws_fails_frames_as_soon_as_their_header_is_whole);
    tcase_add_test(tc, ws_reader_hands_out_whole_frames_where_they_lie);
    tcase_add_test(tc, ws_reader_holds_no_memory_between_messages);
    tcase_add_test(tc, ws_reader_counts_the_header_bytes_of_each_event);
    return tc;
}

int main(void)
{
    Suite *suite = suite_create("ws_reader");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, framing_case());
    suite_add_tcase(suite, message_case());
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
