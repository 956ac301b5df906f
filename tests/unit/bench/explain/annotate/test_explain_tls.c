/* TLS explained: which version it is, hellos that are said again, alerts (RFC 8446, RFC 5246). */
#include <stdlib.h>
#include <string.h>

#include "tests/unit/bench/explain/annotate/explain_checks.h"

enum { CLIENT_HELLO = 1, SERVER_HELLO = 2 };

#define VERSIONS_OFFERED "\x00\x2b\x00\x05\x04\x03\x04\x03\x03"
#define VERSION_CHOSEN   "\x00\x2b\x00\x02\x03\x04"
#define ASKED_P384       "\x00\x33\x00\x02\x00\x18"
#define OLD_EXTENSIONS   "\x00\x0b\x00\x02\x01\x00\x00\x16\x00\x00\x00\x17\x00\x00"

static const uint8_t retry_random[32] = {
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
    0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c};

static void put_number(struct buf *b, size_t value, int bytes)
{
    while (bytes-- > 0) {
        uint8_t byte = (uint8_t)(value >> 8 * bytes);

        ck_assert_int_eq(buf_add(b, &byte, 1), 0);
    }
}

/* In a record of its own. */
static void say_hello(struct explained *x, uint8_t type, const uint8_t *random, const void *suites,
                      size_t suites_len, const void *extensions, size_t len)
{
    static const uint8_t any[32] = {1};
    size_t body = 2 + 32 + 1 + suites_len + (type == CLIENT_HELLO ? 2 + 2 : 1) + 2 + len;
    struct buf b = {0};

    put_number(&b, 0x160303, 3);
    put_number(&b, body + 4, 2);
    put_number(&b, type, 1);
    put_number(&b, body, 3);
    put_number(&b, 0x0303, 2);
    ck_assert_int_eq(buf_add(&b, random != NULL ? random : any, 32), 0);
    put_number(&b, 0, 1);
    if (type == CLIENT_HELLO)
        put_number(&b, suites_len, 2);
    ck_assert_int_eq(buf_add(&b, suites, suites_len), 0);
    put_number(&b, type == CLIENT_HELLO ? 0x0100 : 0, type == CLIENT_HELLO ? 2 : 1);
    put_number(&b, len, 2);
    if (len > 0)
        ck_assert_int_eq(buf_add(&b, extensions, len), 0);
    explained_bytes(x, type == CLIENT_HELLO ? TRANSCRIPT_RECORD_SENT : TRANSCRIPT_RECORD_RECEIVED,
                    b.data, b.len, 0);
    buf_free(&b);
}

#define CLIENT_SAYS(x, suites, extensions)                                                         \
    say_hello(x, CLIENT_HELLO, NULL, suites, sizeof(suites) - 1, extensions, sizeof(extensions) - 1)
#define SERVER_SAYS(x, random, suite, extensions)                                                  \
    say_hello(x, SERVER_HELLO, random, suite, 2, extensions, sizeof(extensions) - 1)
#define RECORD_UP(x, bytes) explained_bytes(x, TRANSCRIPT_RECORD_SENT, bytes, sizeof(bytes) - 1, 0)
#define RECORD_DOWN(x, bytes)                                                                      \
    explained_bytes(x, TRANSCRIPT_RECORD_RECEIVED, bytes, sizeof(bytes) - 1, 0)

START_TEST(explain_tells_a_hello_retry_request_from_a_server_hello_8446_4_1_3)
{
    struct explained x;

    explained_begin(&x, &plain);
    CLIENT_SAYS(&x, "\x13\x01", VERSIONS_OFFERED);
    SERVER_SAYS(&x, retry_random, "\x13\x01", VERSION_CHOSEN ASKED_P384);
    assert_says(&x, "<1 HelloRetryRequest | the client must send another ClientHello");
    assert_says(&x,
                "<2 key_share: secp384r1 | the group that the server requires a key share for | "
                "RFC 8446 \u00a74.2.8");
    assert_silent(&x, "ServerHello | ");
    RECORD_UP(&x, "\x14\x03\x03\x00\x01\x01");
    RECORD_DOWN(&x, "\x14\x03\x03\x00\x01\x01");
    assert_says(&x, "change_cipher_spec: no effect in TLS 1.3; ");
    CLIENT_SAYS(&x, "\x13\x01", VERSIONS_OFFERED);
    SERVER_SAYS(&x, NULL, "\x13\x01", VERSION_CHOSEN);
    ck_assert_uint_eq(count_of(&x, ">1 ClientHello | "), 2);
    ck_assert_uint_eq(count_of(&x, "<1 ServerHello | what the server has chosen"), 1);
    assert_silent(&x, "handshake: encrypted");
    explained_event(&x, TRANSCRIPT_SECURED, 1, "TLSv1.3 X full", 14);
    assert_says(&x, "secure, after two more round trips: one of them for the HelloRetryRequest");
    ck_assert_uint_eq(explain_tally(x.explain, 1).round_trips, 2);
    explained_end(&x);
}
END_TEST

START_TEST(explain_cites_rfc_5246_where_it_is_tls_1_2)
{
    struct explained x;

    explained_begin(&x, &plain);
    CLIENT_SAYS(&x, "\xc0\x2b\x00\xff", OLD_EXTENSIONS);
    SERVER_SAYS(&x, NULL, "\xc0\x2b", "");
    RECORD_DOWN(&x, "\x16\x03\x03\x00\x04\x0c\x00\x00\x00");
    RECORD_DOWN(&x, "\x16\x03\x03\x00\x04\x0e\x00\x00\x00");
    RECORD_UP(&x, "\x16\x03\x03\x00\x04\x10\x00\x00\x00");
    RECORD_UP(&x, "\x14\x03\x03\x00\x01\x01");
    RECORD_UP(&x, "\x16\x03\x03\x00\x04\x01\x00\x00\x00");
    explained_event(&x, TRANSCRIPT_SECURED, 1, "TLSv1.2 X full", 14);
    assert_says(&x, ">1 ClientHello | what the client supports | RFC 5246 \u00a77.4.1.2");
    assert_says(&x, "<1 ServerHello | what the server has chosen | RFC 5246 \u00a77.4.1.3");
    assert_says(&x, "RFC 5246 \u00a77.4.3\n"); /* ServerKeyExchange */
    assert_says(&x,
                "<1 ServerHelloDone | the server waits for the client | RFC 5246 \u00a77.4.5\n");
    assert_says(&x, "RFC 5246 \u00a77.4.7\n"); /* ClientKeyExchange */
    assert_says(&x, "change_cipher_spec: from here on this side encrypts | RFC 5246 \u00a77.1\n");
    assert_says(&x, "a TLS record, handshake: encrypted | RFC 5246 \u00a76.2.3\n");
    assert_says(&x, "secure, after two more round trips | RFC 5246 \u00a77.3\n");
    assert_silent(&x, "RFC 8446");
    ck_assert_uint_eq(explain_tally(x.explain, 1).round_trips, 2);
    explained_end(&x);
}
END_TEST

START_TEST(explain_counts_ciphers_only_and_omits_no_extension)
{
    struct explained x;

    explained_begin(&x, &plain);
    CLIENT_SAYS(&x, "\xc0\x2b\xc0\x2c\x00\xff", OLD_EXTENSIONS "\x12\x34\x00\x00");
    assert_says(&x, ">2 2 cipher suites: ECDHE-ECDSA-AES128-GCM-SHA256, \u2026 | ");
    assert_says(&x, ">2 TLS_EMPTY_RENEGOTIATION_INFO_SCSV | not a cipher suite but a signal");
    assert_says(&x, "RFC 5746 \u00a73.3\n");
    assert_says(
        &x, ">2 ec_point_formats | the formats it can read for points of curves; TLS 1.2 only | "
            "RFC 8422 \u00a75.1.2\n");
    assert_says(&x, "RFC 7366 \u00a72\n");   /* encrypt_then_mac */
    assert_says(&x, "RFC 7627 \u00a75.1\n"); /* extended_master_secret */
    assert_says(&x, ">2 extension 4660 | an extension that is not explained here");
    explained_end(&x);
}
END_TEST

START_TEST(explain_names_each_message_of_tls_1_3_by_its_section)
{
    static const struct {
        const char *message, *ref;
    } rows[] = {{"\x08", "\u00a74.3.1"},
                {"\x0b", "\u00a74.4.2"},
                {"\x0f", "\u00a74.4.3"},
                {"\x14", "\u00a74.4.4"},
                {"\x04", "\u00a74.6.1"}};
    struct explained x;

    explained_begin(&x, &plain);
    CLIENT_SAYS(&x, "\x13\x01", VERSIONS_OFFERED);
    SERVER_SAYS(&x, NULL, "\x13\x01", VERSION_CHOSEN);
    assert_says(&x, "RFC 8446 \u00a74.1.2\n");
    assert_says(&x, "RFC 8446 \u00a74.1.3\n");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char bytes[6] = "\x16?\x00\x00\x01";

        bytes[1] = rows[i].message[0];
        explained_event(&x, TRANSCRIPT_TLS_RECEIVED, 1, bytes, sizeof bytes);
        ck_assert_str_eq(x.notes.all[x.notes.count - 1].ref + 9, rows[i].ref);
    }
    explained_end(&x);
}
END_TEST

/* In the clear it is read out of its record, and not told again from inside. */
START_TEST(explain_names_alerts_8446_6_2)
{
    struct explained x;

    explained_begin(&x, &plain);
    CLIENT_SAYS(&x, "\xc0\x2b", "");
    SERVER_SAYS(&x, NULL, "\xc0\x2b", "");
    RECORD_UP(&x, "\x15\x03\x03\x00\x02\x02\x30");
    explained_event(&x, TRANSCRIPT_TLS_SENT, 1, "\x15\x02\x30", 3);
    assert_says(&x, "a TLS record, alert: not encrypted");
    assert_says(&x, ">1 alert 48 unknown_ca | the certificate authority is not trusted | "
                    "RFC 5246 \u00a77.2.2\n");
    ck_assert_uint_eq(count_of(&x, "unknown_ca"), 1);
    explained_end(&x);

    explained_begin(&x, &plain);
    CLIENT_SAYS(&x, "\x13\x01", VERSIONS_OFFERED);
    SERVER_SAYS(&x, NULL, "\x13\x01", VERSION_CHOSEN);
    RECORD_UP(&x, "\x17\x03\x03\x00\x02xx");
    explained_event(&x, TRANSCRIPT_TLS_SENT, 1, "\x15\x02\x30", 3);
    explained_event(&x, TRANSCRIPT_TLS_RECEIVED, 1, "\x15\x01\x00", 3);
    explained_event(&x, TRANSCRIPT_TLS_RECEIVED, 1, "\x15\x02\xee", 3);
    assert_says(&x, ">1 alert 48 unknown_ca (encrypted; visible to the two ends only) | ");
    assert_says(&x, "RFC 8446 \u00a76.2\n");
    assert_says(&x, "<1 alert 0 close_notify (encrypted; visible to the two ends only) | the "
                    "sender sends no more data");
    assert_says(&x, "RFC 8446 \u00a76.1\n");
    assert_says(&x, "<1 alert 238 (encrypted; visible to the two ends only) | an error");
    explained_end(&x);
}
END_TEST

START_TEST(explain_says_how_tls_1_2_resumes_5246_7_3)
{
    struct explained x;

    explained_begin(&x, &plain);
    CLIENT_SAYS(&x, "\xc0\x2b", "");
    SERVER_SAYS(&x, NULL, "\xc0\x2b", "");
    explained_event(&x, TRANSCRIPT_SECURED, 1, "TLSv1.2 X resumed", 17);
    assert_says(&x, "no certificate was sent again | RFC 5246 \u00a77.3\n");
    ck_assert_uint_eq(explain_tally(x.explain, 1).round_trips, 1);
    explained_end(&x);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("explain_tls");
    TCase *tc = tcase_create("explain_tls");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tc);
    tcase_add_test(tc, explain_tells_a_hello_retry_request_from_a_server_hello_8446_4_1_3);
    tcase_add_test(tc, explain_cites_rfc_5246_where_it_is_tls_1_2);
    tcase_add_test(tc, explain_counts_ciphers_only_and_omits_no_extension);
    tcase_add_test(tc, explain_names_each_message_of_tls_1_3_by_its_section);
    tcase_add_test(tc, explain_names_alerts_8446_6_2);
    tcase_add_test(tc, explain_says_how_tls_1_2_resumes_5246_7_3);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
