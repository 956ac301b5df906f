#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "tests/unit/guard.h"
#include "lib/proto/ws_frame.h"

/* Headers as they stand on the wire. The first six are from RFC 6455 §5.7. */
static const struct {
    uint8_t wire[WS_HEADER_MAX_BYTES];
    struct ws_frame frame;
} headers[] = {
    /* unmasked text */
    {{0x81, 0x05}, {.fin = true, .opcode = WS_TEXT, .payload_bytes = 5, .header_bytes = 2}},
    /* masked text */
    {{0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d},
     {.fin = true,
      .opcode = WS_TEXT,
      .masked = true,
      .masking_key = {0x37, 0xfa, 0x21, 0x3d},
      .payload_bytes = 5,
      .header_bytes = 6}},
    /* first fragment */
    {{0x01, 0x03}, {.opcode = WS_TEXT, .payload_bytes = 3, .header_bytes = 2}},
    /* last fragment */
    {{0x80, 0x02}, {.fin = true, .opcode = WS_CONTINUATION, .payload_bytes = 2, .header_bytes = 2}},
    /* 256 bytes of binary */
    {{0x82, 0x7e, 0x01, 0x00},
     {.fin = true, .opcode = WS_BINARY, .payload_bytes = 256, .header_bytes = 4}},
    /* 64 KiB of binary */
    {{0x82, 0x7f, 0, 0, 0, 0, 0, 1, 0, 0},
     {.fin = true, .opcode = WS_BINARY, .payload_bytes = 65536, .header_bytes = 10}},
    /* no payload */
    {{0x89, 0x00}, {.fin = true, .opcode = WS_PING, .payload_bytes = 0, .header_bytes = 2}},
    /* one byte */
    {{0x8a, 0x01}, {.fin = true, .opcode = WS_PONG, .payload_bytes = 1, .header_bytes = 2}},
    /* the longest 7-bit length */
    {{0x88, 0x7d}, {.fin = true, .opcode = WS_CLOSE, .payload_bytes = 125, .header_bytes = 2}},
    /* the shortest 16-bit length */
    {{0x82, 0x7e, 0x00, 0x7e},
     {.fin = true, .opcode = WS_BINARY, .payload_bytes = 126, .header_bytes = 4}},
    /* the longest 16-bit length */
    {{0x82, 0xfe, 0xff, 0xff, 1, 2, 3, 4},
     {.fin = true,
      .opcode = WS_BINARY,
      .masked = true,
      .masking_key = {1, 2, 3, 4},
      .payload_bytes = 65535,
      .header_bytes = 8}},
    /* the longest 64-bit length */
    {{0x82, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xa, 0xb, 0xc, 0xd},
     {.fin = true,
      .opcode = WS_BINARY,
      .masked = true,
      .masking_key = {0xa, 0xb, 0xc, 0xd},
      .payload_bytes = INT64_MAX,
      .header_bytes = 14}},
    /* every reserved bit */
    {{0x7b, 0x00}, {.rsv = 7, .opcode = 0xb, .header_bytes = 2}},
    /* RSV1 only */
    {{0xc1, 0x00}, {.fin = true, .rsv = 4, .opcode = WS_TEXT, .header_bytes = 2}},
};

enum { HEADERS = sizeof headers / sizeof *headers };

START_TEST(ws_frame_decodes_a_header_once_it_is_whole_5_2)
{
    const struct ws_frame *want = &headers[_i].frame;
    struct guard guard = guard_new(WS_HEADER_MAX_BYTES);
    struct ws_frame got = {0};

    for (size_t len = 0; len < want->header_bytes; len++)
        ck_assert_int_eq(ws_frame_decode(&got, guard_copy(&guard, headers[_i].wire, len), len), 0);
    ck_assert_int_eq(ws_frame_decode(&got, guard_copy(&guard, headers[_i].wire, want->header_bytes),
                                     want->header_bytes),
                     want->header_bytes);
    ck_assert_int_eq(got.fin, want->fin);
    ck_assert_uint_eq(got.rsv, want->rsv);
    ck_assert_uint_eq(got.opcode, want->opcode);
    ck_assert_int_eq(got.masked, want->masked);
    if (want->masked)
        ck_assert_mem_eq(got.masking_key, want->masking_key, 4);
    ck_assert_uint_eq(got.payload_bytes, want->payload_bytes);
    ck_assert_uint_eq(got.header_bytes, want->header_bytes);
    guard_free(&guard);
}
END_TEST

START_TEST(ws_frame_encodes_the_header_in_its_shortest_form_5_2)
{
    uint8_t wire[WS_HEADER_MAX_BYTES] = {0};
    size_t len = ws_frame_encode(wire, &headers[_i].frame);

    ck_assert_uint_eq(len, headers[_i].frame.header_bytes);
    ck_assert_mem_eq(wire, headers[_i].wire, len);
}
END_TEST

static const struct {
    uint8_t len, wire[10];
} too_long_forms[] = {
    {4, {0x82, 0x7e, 0x00, 0x00}},
    {4, {0x82, 0x7e, 0x00, 0x7d}},
    {10, {0x82, 0x7f, 0, 0, 0, 0, 0, 0, 0, 0}},
    {10, {0x82, 0x7f, 0, 0, 0, 0, 0, 0, 0, 125}},
    {10, {0x82, 0x7f, 0, 0, 0, 0, 0, 0, 0, 126}},
    {10, {0x82, 0x7f, 0, 0, 0, 0, 0, 0, 0xff, 0xff}},
    {10, {0x82, 0x7f, 0x80, 0, 0, 0, 0, 0, 0, 0}}, /* the top bit */
    {10, {0x82, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}},
};

START_TEST(ws_frame_rejects_a_length_not_in_its_shortest_form_5_2)
{
    struct ws_frame f;
    size_t len = too_long_forms[_i].len;

    ck_assert_int_eq(ws_frame_decode(&f, too_long_forms[_i].wire, len - 1), 0);
    ck_assert_int_eq(ws_frame_decode(&f, too_long_forms[_i].wire, len), PL_EPROTO);
}
END_TEST

START_TEST(ws_mask_turns_the_example_into_hello_5_7)
{
    static const uint8_t key[4] = {0x37, 0xfa, 0x21, 0x3d};
    uint8_t data[] = {0x7f, 0x9f, 0x4d, 0x51, 0x58};

    ws_mask(data, sizeof data, key, 0);
    ck_assert_mem_eq(data, "Hello", 5);
}
END_TEST

/* §5.3: j = i MOD 4; transformed-octet-i = original-octet-i XOR masking-key-octet-j. */
static uint8_t masked_octet(uint8_t original, const uint8_t key[4], uint64_t i)
{
    return original ^ key[i % 4];
}

START_TEST(ws_mask_is_the_same_at_every_alignment_length_and_offset_5_3)
{
    static const uint8_t key[4] = {0x11, 0x82, 0x43, 0xf4};
    static const uint64_t offsets[] = {0, 1, 2, 3, 4, 5, 6, 7, 65537, (UINT64_C(1) << 32) + 3};
    uint8_t area[64];

    for (size_t align = 0; align < 16; align++) {
        for (size_t len = 0; len <= 40; len++) {
            uint64_t offset = offsets[(align + len) % (sizeof offsets / sizeof *offsets)];

            for (size_t i = 0; i < sizeof area; i++)
                area[i] = (uint8_t)(i * 7 + 1);
            ws_mask(area + align, len, key, offset);
            for (size_t i = 0; i < sizeof area; i++) {
                bool inside = i >= align && i < align + len;
                uint8_t original = (uint8_t)(i * 7 + 1);

                if (inside)
                    original = masked_octet(original, key, offset + i - align);
                if (area[i] != original)
                    ck_abort_msg("alignment %zu, length %zu, byte %zu", align, len, i);
            }
        }
    }
}
END_TEST

START_TEST(ws_mask_twice_in_any_two_pieces_is_the_identity_5_3)
{
    static const uint8_t key[4] = {0xde, 0xad, 0xbe, 0xef};
    uint8_t text[] = "The quick brown fox jumps over the lazy dog";
    size_t len = sizeof text - 1;

    for (size_t cut = 0; cut <= len; cut++) {
        ws_mask(text, len, key, 0);
        ws_mask(text, cut, key, 0);
        ws_mask(text + cut, len - cut, key, cut);
        ck_assert_str_eq((char *)text, "The quick brown fox jumps over the lazy dog");
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ws_frame");
    TCase *tc = tcase_create("ws_frame");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tc);
    tcase_add_loop_test(tc, ws_frame_decodes_a_header_once_it_is_whole_5_2, 0, HEADERS);
    tcase_add_loop_test(tc, ws_frame_encodes_the_header_in_its_shortest_form_5_2, 0, HEADERS);
    tcase_add_loop_test(tc, ws_frame_rejects_a_length_not_in_its_shortest_form_5_2, 0,
                        sizeof too_long_forms / sizeof *too_long_forms);
    tcase_add_test(tc, ws_mask_turns_the_example_into_hello_5_7);
    tcase_add_test(tc, ws_mask_is_the_same_at_every_alignment_length_and_offset_5_3);
    tcase_add_test(tc, ws_mask_twice_in_any_two_pieces_is_the_identity_5_3);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
