#include <check.h>
#include <llhttp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lib/proto/chunk.h"

static const size_t lengths[] = {1, 9, 10, 15, 16, 255, 256, 4095, 4096, 65535, 65536, 1048577};

enum { LENGTHS = sizeof lengths / sizeof *lengths };

START_TEST(chunk_is_size_in_hex_data_and_crlf_7_1)
{
    struct buf out = {0};

    ck_assert_int_eq(chunk_encode(&out, "Wiki", 4), 0);
    ck_assert_int_eq(chunk_encode(&out, "pedia in\r\n\r\nchunks.", 19), 0);
    ck_assert_int_eq(buf_add(&out, CHUNK_LAST, CHUNK_LAST_LEN), 0);
    ck_assert_uint_eq(out.len, 9 + 25 + 5);
    ck_assert_mem_eq(out.data, "4\r\nWiki\r\n13\r\npedia in\r\n\r\nchunks.\r\n0\r\n\r\n", out.len);
    buf_free(&out);
}
END_TEST

START_TEST(chunk_overhead_is_what_encode_adds_7_1)
{
    struct buf out = {0};
    char *data = calloc(1, lengths[_i]);

    ck_assert_int_eq(chunk_encode(&out, data, lengths[_i]), 0);
    ck_assert_uint_eq(out.len, lengths[_i] + chunk_overhead_bytes(lengths[_i]));
    free(data);
    buf_free(&out);
}
END_TEST

/* --- an independent reader: llhttp --- */

struct reading {
    struct buf body;
    bool complete;
};

static int on_body(llhttp_t *parser, const char *at, size_t len)
{
    return buf_add(&((struct reading *)parser->data)->body, at, len);
}

static int on_complete(llhttp_t *parser)
{
    ((struct reading *)parser->data)->complete = true;
    return 0;
}

START_TEST(chunks_are_read_back_by_an_independent_reader_7_1)
{
    static const char head[] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    struct buf wire = {0}, sent = {0};
    struct reading reading = {0};
    llhttp_settings_t settings;
    llhttp_t parser;

    buf_add(&wire, head, sizeof head - 1);
    for (size_t i = 0; i < LENGTHS; i++) {
        char *data = malloc(lengths[i]);

        memset(data, (int)('a' + i), lengths[i]);
        buf_add(&sent, data, lengths[i]);
        ck_assert_int_eq(chunk_encode(&wire, data, lengths[i]), 0);
        free(data);
    }
    buf_add(&wire, CHUNK_LAST, CHUNK_LAST_LEN);

    llhttp_settings_init(&settings);
    settings.on_body = on_body;
    settings.on_message_complete = on_complete;
    llhttp_init(&parser, HTTP_RESPONSE, &settings);
    parser.data = &reading;
    ck_assert_int_eq(llhttp_execute(&parser, (char *)wire.data, wire.len), HPE_OK);
    ck_assert(reading.complete);
    ck_assert_uint_eq(reading.body.len, sent.len);
    ck_assert_int_eq(memcmp(reading.body.data, sent.data, sent.len), 0);
    buf_free(&reading.body);
    buf_free(&wire);
    buf_free(&sent);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("chunk");
    TCase *tc = tcase_create("chunk");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tc);
    tcase_add_test(tc, chunk_is_size_in_hex_data_and_crlf_7_1);
    tcase_add_loop_test(tc, chunk_overhead_is_what_encode_adds_7_1, 0, LENGTHS);
    tcase_add_test(tc, chunks_are_read_back_by_an_independent_reader_7_1);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
