#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/proto/ws_frame.h"

enum { CLOSE_MAX_BYTES = WS_HEADER_MAX_BYTES + WS_CONTROL_MAX_BYTES };

/* RFC 6455 §7.4 and the IANA registry "WebSocket Close Code Number" up to 1014. */
START_TEST(ws_close_codes_that_may_be_sent_7_4)
{
    static const uint16_t sendable[] = {1000, 1001, 1002, 1003, 1007, 1008,
                                        1009, 1010, 1011, 1012, 1013, 1014};
    size_t next = 0;

    for (uint32_t code = 0; code <= UINT16_MAX; code++) {
        bool expected = code >= 3000 && code < 5000;

        if (next < sizeof sendable / sizeof *sendable && code == sendable[next]) {
            expected = true;
            next++;
        }
        if (ws_close_code_valid((uint16_t)code) != expected)
            ck_abort_msg("code %u", code);
    }
}
END_TEST

#define BODY(text) (const uint8_t *)(text), sizeof(text) - 1

static const struct {
    const uint8_t *body;
    size_t len;
    int result;
    uint16_t code;
} bodies[] = {
    {BODY(""), PL_OK, WS_CLOSE_NO_STATUS},
    {BODY("\x03"), PL_EPROTO, 0},
    {BODY("\x03\xe8"), PL_OK, 1000},
    {BODY("\x03\xe8over"), PL_OK, 1000},
    {BODY("\x03\xf3\xe2\x82\xac"), PL_OK, 1011},
    {BODY("\x13\x87"), PL_OK, 4999},
    {BODY("\x00\x00"), PL_EPROTO, 0},
    {BODY("\x03\xe7"), PL_EPROTO, 0}, /* 999 */
    {BODY("\x03\xec"), PL_EPROTO, 0}, /* 1004 */
    {BODY("\x03\xed"), PL_EPROTO, 0}, /* 1005 */
    {BODY("\x03\xee"), PL_EPROTO, 0}, /* 1006 */
    {BODY("\x03\xf7"), PL_EPROTO, 0}, /* 1015 */
    {BODY("\x0b\xb7"), PL_EPROTO, 0}, /* 2999 */
    {BODY("\x13\x88"), PL_EPROTO, 0}, /* 5000 */
    {BODY("\x03\xe8\xff"), PL_EUTF8, 0},
    {BODY("\x03\xe8ok\xe2\x82"), PL_EUTF8, 0}, /* ends inside a code point */
};

START_TEST(ws_close_decode_reads_the_code_and_checks_the_reason_5_5_1)
{
    uint16_t code = 0;

    ck_assert_int_eq(ws_close_decode(&code, bodies[_i].body, bodies[_i].len), bodies[_i].result);
    if (bodies[_i].result == PL_OK)
        ck_assert_uint_eq(code, bodies[_i].code);
}
END_TEST

START_TEST(ws_control_encode_writes_the_ping_and_pong_of_5_7)
{
    static const uint8_t ping[] = {0x89, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f};
    static const uint8_t pong[] = {0x8a, 0x85, 0x37, 0xfa, 0x21, 0x3d,
                                   0x7f, 0x9f, 0x4d, 0x51, 0x58};
    static const uint8_t key[4] = {0x37, 0xfa, 0x21, 0x3d};
    uint8_t wire[CLOSE_MAX_BYTES];

    ck_assert_uint_eq(ws_control_encode(wire, WS_PING, "Hello", 5, NULL), sizeof ping);
    ck_assert_mem_eq(wire, ping, sizeof ping);
    ck_assert_uint_eq(ws_control_encode(wire, WS_PONG, "Hello", 5, key), sizeof pong);
    ck_assert_mem_eq(wire, pong, sizeof pong);
    ck_assert_uint_eq(ws_control_encode(wire, WS_PING, NULL, 0, NULL), 2);
    ck_assert_mem_eq(wire, "\x89\x00", 2);
}
END_TEST

START_TEST(ws_close_encode_writes_code_and_reason_5_5_1)
{
    static const uint8_t key[4] = {0, 0, 0, 1};
    uint8_t wire[CLOSE_MAX_BYTES];

    ck_assert_uint_eq(ws_close_encode(wire, WS_CLOSE_NORMAL, "over", NULL), 8);
    ck_assert_mem_eq(wire, "\x88\x06\x03\xe8over", 8);
    ck_assert_uint_eq(ws_close_encode(wire, WS_CLOSE_GOING_AWAY, NULL, key), 8);
    ck_assert_mem_eq(wire, "\x88\x82\x00\x00\x00\x01\x03\xe9", 8);
}
END_TEST

START_TEST(ws_close_encode_has_an_empty_body_where_there_is_no_code_7_4_1)
{
    uint8_t wire[CLOSE_MAX_BYTES];

    ck_assert_uint_eq(ws_close_encode(wire, 0, "not sent", NULL), 2);
    ck_assert_mem_eq(wire, "\x88\x00", 2);
    ck_assert_uint_eq(ws_close_encode(wire, WS_CLOSE_NO_STATUS, NULL, NULL), 2);
    ck_assert_mem_eq(wire, "\x88\x00", 2);
}
END_TEST

/* 123 bytes of reason fit; what is cut must not leave half a code point. */
START_TEST(ws_close_encode_cuts_a_long_reason_between_code_points_5_5)
{
    static const struct {
        size_t ascii_bytes, kept_bytes;
    } cuts[] = {{119, 123}, {120, 120}, {121, 121}, {122, 122}, {123, 123}, {124, 123}};
    uint8_t wire[CLOSE_MAX_BYTES];
    char reason[200];
    uint16_t code;

    for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
        size_t kept = cuts[i].kept_bytes, len;

        memset(reason, 'x', sizeof reason);
        strcpy(reason + cuts[i].ascii_bytes, "\xf0\x9f\x98\x80\xf0\x9f\x98\x80");
        len = ws_close_encode(wire, WS_CLOSE_POLICY_VIOLATION, reason, NULL);
        ck_assert_uint_eq(len, 2 + 2 + kept);
        ck_assert_uint_eq(wire[1], 2 + kept);
        ck_assert_mem_eq(wire + 4, reason, kept);
        ck_assert_int_eq(ws_close_decode(&code, wire + 2, len - 2), PL_OK);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ws_control");
    TCase *tc = tcase_create("ws_control");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tc);
    tcase_add_test(tc, ws_close_codes_that_may_be_sent_7_4);
    tcase_add_loop_test(tc, ws_close_decode_reads_the_code_and_checks_the_reason_5_5_1, 0,
                        sizeof bodies / sizeof *bodies);
    tcase_add_test(tc, ws_control_encode_writes_the_ping_and_pong_of_5_7);
    tcase_add_test(tc, ws_close_encode_writes_code_and_reason_5_5_1);
    tcase_add_test(tc, ws_close_encode_has_an_empty_body_where_there_is_no_code_7_4_1);
    tcase_add_test(tc, ws_close_encode_cuts_a_long_reason_between_code_points_5_5);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
