/* TLS records and the names of the handshake messages in them. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "bench/wire/tls_record.h"

/* A ServerHelloDone and a warning alert, close_notify. */
static const uint8_t two[] = {22, 3, 3, 0, 4, 14, 0, 0, 0, 21, 3, 3, 0, 2, 1, 0};

START_TEST(each_record_begins_and_is_whole_however_it_arrives)
{
    for (size_t piece = 1; piece <= sizeof two; piece++) {
        struct tls_records t = {.last = TLS_NEED_MORE};
        unsigned begins = 0, whole = 0;
        enum tls_event event;

        for (size_t at = 0; at < sizeof two; at += piece) {
            size_t left = sizeof two - at, len = left < piece ? left : piece;
            const uint8_t *data = two + at;

            do {
                ssize_t n = tls_records_feed(&t, data, len, &event);

                ck_assert_int_ge(n, 0);
                data += n;
                len -= (size_t)n;
                begins += event == TLS_RECORD_BEGINS;
                whole += event == TLS_RECORD_WHOLE;
                if (event == TLS_RECORD_WHOLE)
                    ck_assert_uint_eq(t.record.len, TLS_RECORD_HEADER_BYTES +
                                                        tls_record_body_bytes(t.record.data));
            } while (event != TLS_NEED_MORE);
            ck_assert_uint_eq(len, 0);
        }
        ck_assert_uint_eq(begins, 2);
        ck_assert_uint_eq(whole, 2);
        buf_free(&t.record);
    }
}
END_TEST

static const struct {
    uint8_t header[TLS_RECORD_HEADER_BYTES];
} invalid[] = {
    {{19, 3, 3, 0, 1}},  /* no such type */
    {{22, 2, 3, 0, 1}},  /* no such version */
    {{22, 3, 3, 0, 0}},  /* empty */
    {{22, 3, 3, 72, 1}}, /* one byte more than is allowed */
};

START_TEST(what_is_no_record_is_refused)
{
    struct tls_records t = {.last = TLS_NEED_MORE};
    enum tls_event event;

    ck_assert_int_eq(tls_records_feed(&t, invalid[_i].header, sizeof invalid[_i].header, &event),
                     PL_EPROTO);
    buf_free(&t.record);
}
END_TEST

START_TEST(messages_have_names)
{
    uint8_t hello[TLS_MESSAGE_HEADER_BYTES + 2 + TLS_RANDOM_BYTES] = {
        TLS_SERVER_HELLO, 0, 0, 34, 3, 3, 0xcf, 0x21};

    ck_assert_uint_eq(tls_message_body_bytes(hello), 34);
    ck_assert_str_eq(tls_message_name(hello, sizeof hello), "ServerHello");
    ck_assert(!tls_message_is_retry(hello, sizeof hello));
    ck_assert_str_eq(tls_message_name(two + TLS_RECORD_HEADER_BYTES, 4), "ServerHelloDone");
    ck_assert_ptr_null(tls_message_name((const uint8_t *)"\xff", 1));
    ck_assert_ptr_null(tls_message_name(two, 0));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("tls_record");
    TCase *t = tcase_create("tls_record");
    SRunner *r = srunner_create(s);
    int failed;

    suite_add_tcase(s, t);
    tcase_add_test(t, each_record_begins_and_is_whole_however_it_arrives);
    tcase_add_loop_test(t, what_is_no_record_is_refused, 0, sizeof invalid / sizeof *invalid);
    tcase_add_test(t, messages_have_names);
    srunner_run_all(r, CK_NORMAL);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
