#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "tests/unit/guard.h"
#include "bench/wire/pcapng.h"

/* A packet at the client's end, and one at the server's, which other programs see or do not. */
static struct buf make_file(bool hidden)
{
    static const uint8_t data[] = {0x45, 0, 0, 5, 1};
    struct pcapng_packet p = {.interface = PCAPNG_CLIENT,
                              .outbound = true,
                              .unix_ns = INT64_C(1700000000123456789),
                              .id = UINT64_C(0x1122334455667788),
                              .data = data,
                              .len = sizeof data,
                              .comments = {"sse, connection 1", "dropped by the link: loss"}};
    struct buf file = {0};

    pcapng_write_header(&file, "what it is");
    pcapng_write_packet(&file, &p);
    p = (struct pcapng_packet){
        .interface = PCAPNG_SERVER, .other_end = hidden, .unix_ns = 7, .data = data, .len = 4};
    pcapng_write_packet(&file, &p);
    return file;
}

static bool text_is(const struct pcapng_text *t, const char *expected)
{
    return t->len == strlen(expected) && memcmp(t->at, expected, t->len) == 0;
}

START_TEST(what_the_link_wrote_is_read_back)
{
    struct buf file = make_file(_i == 1);
    struct pcapng_reader r;
    struct pcapng_record p;

    ck_assert_int_eq(pcapng_read_header(&r, file.data, file.len), 0);
    ck_assert(text_is(&r.comment, "what it is"));
    ck_assert_int_eq(pcapng_read_packet(&r, &p), 1);
    ck_assert_int_eq(p.interface, PCAPNG_CLIENT);
    ck_assert(p.outbound);
    ck_assert_int_eq(p.unix_ns, INT64_C(1700000000123456789));
    ck_assert_uint_eq(p.id, UINT64_C(0x1122334455667788));
    ck_assert_uint_eq(p.len, 5);
    ck_assert_uint_eq(p.data[4], 1);
    ck_assert(text_is(&p.comments[0], "sse, connection 1"));
    ck_assert(text_is(&p.comments[1], "dropped by the link: loss"));
    ck_assert_int_eq(pcapng_read_packet(&r, &p), 1);
    ck_assert_int_eq(p.interface, PCAPNG_SERVER);
    ck_assert(!p.outbound);
    ck_assert_int_eq(p.unix_ns, 7);
    ck_assert_uint_eq(p.comments[0].len, 0);
    ck_assert_int_eq(pcapng_read_packet(&r, &p), 0);
    ck_assert_int_eq(pcapng_read_packet(&r, &p), 0);
    buf_free(&file);
}
END_TEST

static int read_all(const uint8_t *data, size_t len, int *packets, const char **error)
{
    struct pcapng_reader r;
    struct pcapng_record p;
    int rc = pcapng_read_header(&r, data, len);

    *packets = 0;
    while (rc >= 0 && (rc = pcapng_read_packet(&r, &p)) > 0)
        ++*packets;
    *error = r.error;
    return rc;
}

START_TEST(a_file_cut_anywhere_ends_there_and_nothing_behind_is_read)
{
    struct buf file = make_file(false);
    struct guard g = guard_new(file.len);
    const char *error;
    int packets, wholes = 0;

    for (size_t len = 0; len < file.len; len++) {
        int rc = read_all(guard_copy(&g, file.data, len), len, &packets, &error);

        if (rc == 0)
            wholes++; /* between two packets */
        else
            ck_assert_int_eq(rc, PL_EOF);
        ck_assert_int_lt(packets, 2);
    }
    ck_assert_int_eq(wholes, 2);
    guard_free(&g);
    buf_free(&file);
}
END_TEST

/* Where things are in make_file(): each block's length stands at its start. */
static size_t block_at(const struct buf *file, int n)
{
    size_t at = 0;

    while (n-- > 0)
        at += file->data[at + 4] + (size_t)file->data[at + 5] * 256;
    return at;
}

static const struct {
    int block;
    size_t offset;
    uint8_t value;
    const char *error;
} damages[] = {
    {0, 0, 0x0B, "it does not begin with a section header"},
    {0, 8, 0x1A, "it is not little-endian"},
    {0, 12, 2, "its version is not 1"},
    {0, 4, 3, "a block's length is impossible"},
    {0, 26, 0xff, "an option reaches beyond its block"},
    {1, 0, 6, "it does not describe two interfaces first"},
    {1, 8, 1, "its packets are not raw IP"},
    {1, 20, 'k', "its interfaces are not client and server"},
    {1, 32, 6, "its times are not in nanoseconds"},
    {3, 0, 3, "a block that is not a packet's"},
    {3, 8, 2, "a packet of an unknown interface"},
    {3, 15, 0x80, "a packet's time is impossible"},
    {3, 24, 4, "a packet is not there as a whole"},
    {4, 32, 3, "a packet lacks its direction or its number"},
};

START_TEST(damage_is_refused_with_its_reason)
{
    struct buf file = make_file(false);
    const char *error;
    int packets;

    file.data[block_at(&file, damages[_i].block) + damages[_i].offset] = damages[_i].value;
    ck_assert_int_eq(read_all(file.data, file.len, &packets, &error), PL_EPROTO);
    ck_assert_str_eq(error, damages[_i].error);
    buf_free(&file);
}
END_TEST

START_TEST(a_length_at_a_blocks_end_must_repeat_the_one_at_its_start_3_1)
{
    struct buf file = make_file(false);
    const char *error;
    int packets;

    file.data[file.len - 4] ^= 4;
    ck_assert_int_eq(read_all(file.data, file.len, &packets, &error), PL_EPROTO);
    ck_assert_str_eq(error, "a block's two lengths differ");
    ck_assert_int_eq(packets, 1);
    buf_free(&file);
}
END_TEST

/* One packet of one byte, with option 77 before those that matter. */
START_TEST(unknown_options_are_stepped_over)
{
    static const uint8_t block[] = {6, 0, 0,    0, 68, 0, 0, 0, 0, 0, 0, 0, 0, 0,  0, 0,  9,
                                    0, 0, 0,    1, 0,  0, 0, 1, 0, 0, 0, 0, 0, 0,  0, 77, 0,
                                    1, 0, 0xff, 0, 0,  0, 2, 0, 4, 0, 1, 0, 0, 0,  5, 0,  8,
                                    0, 3, 0,    0, 0,  0, 0, 0, 0, 0, 0, 0, 0, 68, 0, 0,  0};
    struct buf file = {0};
    struct pcapng_reader r;
    struct pcapng_record p;

    ck_assert_uint_eq(sizeof block, 68);
    pcapng_write_header(&file, NULL);
    buf_add(&file, block, sizeof block);
    ck_assert_int_eq(pcapng_read_header(&r, file.data, file.len), 0);
    ck_assert_uint_eq(r.comment.len, 0);
    ck_assert_int_eq(pcapng_read_packet(&r, &p), 1);
    ck_assert_uint_eq(p.id, 3);
    ck_assert_int_eq(p.unix_ns, 9);
    ck_assert(!p.outbound);
    buf_free(&file);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("pcapng");
    TCase *tc = tcase_create("pcapng");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tc);
    tcase_add_loop_test(tc, what_the_link_wrote_is_read_back, 0, 2);
    tcase_add_test(tc, a_file_cut_anywhere_ends_there_and_nothing_behind_is_read);
    tcase_add_loop_test(tc, damage_is_refused_with_its_reason, 0, sizeof damages / sizeof *damages);
    tcase_add_test(tc, a_length_at_a_blocks_end_must_repeat_the_one_at_its_start_3_1);
    tcase_add_test(tc, unknown_options_are_stepped_over);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
