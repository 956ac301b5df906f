#include <check.h>
#include <stdlib.h>
#include <zlib.h>

#include "lib/base/err.h"
#include "tests/unit/guard.h"
#include "lib/hdr/hdr.h"
#include "lib/base/rng.h"

/* 1 x 0, 2 x 3, 300 x 5 and 1 x 4096 in 1..3.6e9 with 3 figures, worked out by hand: 0 and 2
 * empty buckets, 4096 is at index 3072 (the 2048 of bucket 0, the 1024 of bucket 1). */
static const uint8_t example[] = {
    0x1c, 0x84, 0x93, 0x13,                         /* cookie */
    0,    0,    0,    9,                            /* payload length */
    0,    0,    0,    0,                            /* normalizing index offset */
    0,    0,    0,    3,                            /* significant figures */
    0,    0,    0,    0,    0,    0,    0,    1,    /* lowest */
    0,    0,    0,    0,    0xd6, 0x93, 0xa4, 0x00, /* highest */
    0x3f, 0xf0, 0,    0,    0,    0,    0,    0,    /* 1.0 */
    0x02,                                           /* index 0: 1, zigzag 2 */
    0x03,                                           /* two empty: -2, zigzag 3 */
    0x04,                                           /* index 3: 2, zigzag 4 */
    0x00,                                           /* a lone empty one */
    0xd8, 0x04,                                     /* index 5: 300, zigzag 600 */
    0xf3, 0x2f,                                     /* 6..3071: -3066, zigzag 6131 */
    0x02,                                           /* index 3072: 1 */
};
enum { HEADER_BYTES = 40, PAYLOAD_LENGTH_AT = 7 };

static void record_example(struct hdr *h)
{
    ck_assert_int_eq(hdr_init(h, 1, 3600000000, 3), PL_OK);
    hdr_record(h, 0, 1);
    hdr_record(h, 3, 2);
    hdr_record(h, 5, 300);
    hdr_record(h, 4097, 1);
}

static void assert_same(const struct hdr *a, const struct hdr *b)
{
    ck_assert_int_eq(a->lowest_discernible_value, b->lowest_discernible_value);
    ck_assert_int_eq(a->highest_trackable_value, b->highest_trackable_value);
    ck_assert_int_eq(a->significant_figures, b->significant_figures);
    ck_assert_int_eq(a->counts_len, b->counts_len);
    ck_assert_mem_eq(a->counts, b->counts, (size_t)a->counts_len * sizeof *a->counts);
    ck_assert_int_eq(a->total_count, b->total_count);
    ck_assert_int_eq(hdr_min(a), hdr_min(b));
    ck_assert_int_eq(hdr_max(a), hdr_max(b));
}

/* The example's header before another payload. */
static struct buf with_payload(const void *payload, size_t len)
{
    struct buf b = {0};

    buf_add(&b, example, HEADER_BYTES);
    buf_add(&b, payload, len);
    b.data[PAYLOAD_LENGTH_AT] = (uint8_t)len;
    return b;
}

static int decode_payload(struct hdr *h, const void *payload, size_t len)
{
    struct buf b = with_payload(payload, len);
    int rc = hdr_decode(h, b.data, b.len);

    buf_free(&b);
    return rc;
}

static struct buf compressed(const uint8_t *plain, size_t len)
{
    uLongf packed = compressBound(len);
    struct buf b = {0};

    buf_reserve(&b, 8 + packed);
    ck_assert_int_eq(compress(b.data + 8, &packed, plain, len), Z_OK);
    memcpy(b.data, "\x1c\x84\x93\x14\0\0", 6);
    b.data[6] = (uint8_t)(packed >> 8);
    b.data[7] = (uint8_t)packed;
    b.len = 8 + packed;
    return b;
}

START_TEST(hdr_encodes_the_example_worked_out_by_hand)
{
    struct buf out = {0};
    struct hdr h;

    record_example(&h);
    ck_assert_int_eq(hdr_encode(&h, &out), PL_OK);
    ck_assert_uint_eq(out.len, sizeof example);
    ck_assert_mem_eq(out.data, example, sizeof example);
    buf_free(&out);
    hdr_free(&h);
}
END_TEST

START_TEST(hdr_decodes_the_example_and_reads_no_further)
{
    struct guard g = guard_new(sizeof example);
    struct hdr h, expected;

    record_example(&expected);
    ck_assert_int_eq(hdr_decode(&h, guard_copy(&g, example, sizeof example), sizeof example),
                     PL_OK);
    assert_same(&h, &expected);
    hdr_free(&h);
    hdr_free(&expected);
    guard_free(&g);
}
END_TEST

START_TEST(hdr_encoding_appends_to_what_is_there)
{
    struct buf out = {0};
    struct hdr h;

    record_example(&h);
    buf_add(&out, "before", 6);
    ck_assert_int_eq(hdr_encode(&h, &out), PL_OK);
    ck_assert_mem_eq(out.data, "before", 6);
    ck_assert_mem_eq(out.data + 6, example, sizeof example);
    buf_free(&out);
    hdr_free(&h);
}
END_TEST

START_TEST(hdr_encodes_an_empty_histogram_as_one_zero)
{
    struct buf out = {0};
    struct hdr h, back;

    ck_assert_int_eq(hdr_init(&h, 1, 3600000000, 3), PL_OK);
    ck_assert_int_eq(hdr_encode(&h, &out), PL_OK);
    ck_assert_uint_eq(out.len, HEADER_BYTES + 1);
    ck_assert_uint_eq(out.data[HEADER_BYTES], 0);
    ck_assert_int_eq(hdr_decode(&back, out.data, out.len), PL_OK);
    assert_same(&h, &back);
    hdr_free(&h);
    hdr_free(&back);
    buf_free(&out);
}
END_TEST

/* LEB128-64b9B: 7 bits in each of eight bytes, 8 in the ninth. */
START_TEST(hdr_words_have_one_to_nine_bytes)
{
    for (int bit = 0; bit < 63; bit++) {
        int64_t count = INT64_C(1) << bit;
        size_t bytes = (size_t)(bit + 1) / 7 + 1; /* zigzag shifts it up by one */
        struct buf out = {0};
        struct hdr h, back;

        ck_assert_int_eq(hdr_init(&h, 1, 100, 1), PL_OK);
        hdr_record(&h, 0, count);
        ck_assert_int_eq(hdr_encode(&h, &out), PL_OK);
        ck_assert_uint_eq(out.len - HEADER_BYTES, bytes > 9 ? 9 : bytes);
        ck_assert_int_eq(hdr_decode(&back, out.data, out.len), PL_OK);
        ck_assert_int_eq(back.counts[0], count);
        hdr_free(&h);
        hdr_free(&back);
        buf_free(&out);
    }
}
END_TEST

START_TEST(hdr_decodes_the_largest_count)
{
    struct hdr h;

    ck_assert_int_eq(decode_payload(&h, "\xfe\xff\xff\xff\xff\xff\xff\xff\xff", 9), PL_OK);
    ck_assert_int_eq(h.counts[0], INT64_MAX);
    ck_assert_int_eq(h.total_count, INT64_MAX);
    ck_assert_int_eq(hdr_value_at_percentile(&h, 100), 0);
    hdr_free(&h);
}
END_TEST

START_TEST(hdr_decodes_what_was_encoded_whatever_it_was)
{
    static const int64_t highest[] = {2, 2047, 2048, 1000000, 3600000000, INT64_MAX};
    struct rng r;

    rng_seed(&r, (uint64_t)_i);
    for (size_t c = 0; c < sizeof highest / sizeof *highest; c++) {
        struct buf plain = {0}, packed = {0};
        struct hdr h, back;
        int figures = 1 + (int)(rng_next(&r) % 4);

        ck_assert_int_eq(hdr_init(&h, 1, highest[c], figures), PL_OK);
        for (uint64_t n = rng_next(&r) % 500; n > 0; n--)
            hdr_record(&h, (int64_t)(rng_next(&r) >> (1 + rng_next(&r) % 63)),
                       (int64_t)(rng_next(&r) >> (16 + rng_next(&r) % 48)));
        ck_assert_int_eq(hdr_encode(&h, &plain), PL_OK);
        ck_assert_int_eq(hdr_decode(&back, plain.data, plain.len), PL_OK);
        assert_same(&h, &back);
        hdr_free(&back);
        ck_assert_int_eq(hdr_encode_compressed(&h, &packed), PL_OK);
        ck_assert_int_eq(hdr_decode_compressed(&back, packed.data, packed.len), PL_OK);
        assert_same(&h, &back);
        hdr_free(&back);
        hdr_free(&h);
        buf_free(&plain);
        buf_free(&packed);
    }
}
END_TEST

START_TEST(hdr_decode_rejects_every_truncation)
{
    struct guard g = guard_new(sizeof example);
    struct hdr h;

    for (size_t len = 0; len < sizeof example; len++) {
        ck_assert_int_eq(hdr_decode(&h, guard_copy(&g, example, len), len), PL_EPROTO);
        ck_assert_ptr_null(h.counts);
    }
    guard_free(&g);
}
END_TEST

/* The payload length may agree with a payload that ends in the middle of a word. */
START_TEST(hdr_decode_rejects_half_a_word)
{
    struct hdr h;

    ck_assert_int_eq(decode_payload(&h, "\x02\x80", 2), PL_EPROTO);
    ck_assert_int_eq(decode_payload(&h, "\xff\xff\xff\xff\xff\xff\xff\xff", 8), PL_EPROTO);
}
END_TEST

static const struct {
    size_t at;
    uint8_t byte;
} wrong_header[] = {
    {0, 0x1d},  /* cookie */
    {3, 0x14},  /* that of the compressed form */
    {3, 0x12},  /* that of V1 */
    {7, 8},     /* payload shorter than what is there */
    {7, 10},    /* and longer */
    {4, 0x80},  /* and far longer */
    {11, 1},    /* shifted */
    {15, 0},    /* no figures */
    {15, 6},    /* too many */
    {12, 0xff}, /* negative */
    {23, 0},    /* lowest 0 */
    {16, 0x80}, /* lowest negative */
    {16, 0x7f}, /* lowest above highest */
    {24, 0x80}, /* highest negative */
    {32, 0x40}, /* ratio 2.0 and more */
};

START_TEST(hdr_decode_rejects_a_wrong_header)
{
    uint8_t bytes[sizeof example];
    struct hdr h;

    memcpy(bytes, example, sizeof example);
    bytes[wrong_header[_i].at] = wrong_header[_i].byte;
    ck_assert_int_eq(hdr_decode(&h, bytes, sizeof bytes), PL_EPROTO);
    ck_assert_ptr_null(h.counts);
}
END_TEST

START_TEST(hdr_decode_accepts_any_word_size_nibble)
{
    uint8_t bytes[sizeof example];
    struct hdr h;

    memcpy(bytes, example, sizeof example);
    for (unsigned nibble = 0; nibble < 16; nibble++) {
        bytes[3] = (uint8_t)(nibble << 4 | 3);
        ck_assert_int_eq(hdr_decode(&h, bytes, sizeof bytes), PL_OK);
        hdr_free(&h);
    }
}
END_TEST

/* 23552 counts: zigzag of -23552 is 47103, of -23553 is 47105. */
START_TEST(hdr_decode_rejects_counts_past_the_end)
{
    struct hdr h;

    ck_assert_int_eq(decode_payload(&h, "\xff\xef\x02", 3), PL_OK);
    ck_assert_int_eq(h.total_count, 0);
    hdr_free(&h);
    ck_assert_int_eq(decode_payload(&h, "\x81\xf0\x02", 3), PL_EPROTO);
    ck_assert_int_eq(decode_payload(&h, "\xff\xef\x02\x02", 4), PL_EPROTO);
    ck_assert_int_eq(decode_payload(&h, "\xff\xef\x02\x00", 4), PL_EPROTO);
    ck_assert_int_eq(decode_payload(&h, "\x02\xff\xef\x02", 4), PL_EPROTO);
    /* -2^63: its negative is no int64_t */
    ck_assert_int_eq(decode_payload(&h, "\xff\xff\xff\xff\xff\xff\xff\xff\xff", 9), PL_EPROTO);
}
END_TEST

START_TEST(hdr_decode_rejects_counts_that_overflow_together)
{
    struct hdr h;

    ck_assert_int_eq(decode_payload(&h, "\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x02", 10), PL_EPROTO);
    ck_assert_int_eq(decode_payload(&h, "\x02\xfe\xff\xff\xff\xff\xff\xff\xff\xff", 10), PL_EPROTO);
}
END_TEST

START_TEST(hdr_decode_compressed_takes_the_example)
{
    struct buf packed = compressed(example, sizeof example);
    struct guard g = guard_new(packed.len);
    struct hdr h, expected;

    record_example(&expected);
    ck_assert_int_eq(hdr_decode_compressed(&h, guard_copy(&g, packed.data, packed.len), packed.len),
                     PL_OK);
    assert_same(&h, &expected);
    hdr_free(&h);
    hdr_free(&expected);
    buf_free(&packed);
    guard_free(&g);
}
END_TEST

START_TEST(hdr_decode_compressed_rejects_every_truncation)
{
    struct buf packed = compressed(example, sizeof example);
    struct guard g = guard_new(packed.len);
    struct hdr h;

    for (size_t len = 0; len < packed.len; len++) {
        uint8_t *at = guard_copy(&g, packed.data, len);

        ck_assert_int_eq(hdr_decode_compressed(&h, at, len), PL_EPROTO);
        if (len >= 8) { /* and with a length that agrees */
            at[7] = (uint8_t)(len - 8);
            ck_assert_int_eq(hdr_decode_compressed(&h, at, len), PL_EPROTO);
        }
        ck_assert_ptr_null(h.counts);
    }
    buf_free(&packed);
    guard_free(&g);
}
END_TEST

/* zlib's Adler-32 covers the content; cookie and length are checked here. The third byte's
 * high nibble is the word size in the cookie. */
START_TEST(hdr_decode_compressed_rejects_any_other_byte)
{
    struct buf packed = compressed(example, sizeof example);
    struct hdr h;

    for (size_t i = 0; i < packed.len; i++) {
        packed.data[i] ^= 0x08;
        ck_assert_int_eq(hdr_decode_compressed(&h, packed.data, packed.len), PL_EPROTO);
        packed.data[i] ^= 0x08;
    }
    buf_free(&packed);
}
END_TEST

START_TEST(hdr_decode_compressed_rejects_what_follows_the_stream)
{
    struct buf packed = compressed(example, sizeof example);
    struct hdr h;

    buf_add(&packed, "x", 1);
    ck_assert_int_eq(hdr_decode_compressed(&h, packed.data, packed.len), PL_EPROTO);
    packed.data[7]++;
    ck_assert_int_eq(hdr_decode_compressed(&h, packed.data, packed.len), PL_EPROTO);
    buf_free(&packed);
}
END_TEST

/* 64 MB of zeros in 64 KB: given up when no histogram could need as much. */
START_TEST(hdr_decode_compressed_gives_up_on_a_bomb)
{
    enum { BOMB_BYTES = 64 << 20 };
    uint8_t *zeros = calloc(1, BOMB_BYTES);
    struct buf bomb;
    struct hdr h;

    ck_assert_ptr_nonnull(zeros);
    bomb = compressed(zeros, BOMB_BYTES);
    bomb.data[5] = (uint8_t)((bomb.len - 8) >> 16);
    ck_assert_int_eq(hdr_decode_compressed(&h, bomb.data, bomb.len), PL_EPROTO);
    buf_free(&bomb);
    free(zeros);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("hdr_codec");
    TCase *tc = tcase_create("hdr_codec");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tc);
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, hdr_encodes_the_example_worked_out_by_hand);
    tcase_add_test(tc, hdr_decodes_the_example_and_reads_no_further);
    tcase_add_test(tc, hdr_encoding_appends_to_what_is_there);
    tcase_add_test(tc, hdr_encodes_an_empty_histogram_as_one_zero);
    tcase_add_test(tc, hdr_words_have_one_to_nine_bytes);
    tcase_add_test(tc, hdr_decodes_the_largest_count);
    tcase_add_loop_test(tc, hdr_decodes_what_was_encoded_whatever_it_was, 0, 20);
    tcase_add_test(tc, hdr_decode_rejects_every_truncation);
    tcase_add_test(tc, hdr_decode_rejects_half_a_word);
    tcase_add_loop_test(tc, hdr_decode_rejects_a_wrong_header, 0,
                        sizeof wrong_header / sizeof *wrong_header);
    tcase_add_test(tc, hdr_decode_accepts_any_word_size_nibble);
    tcase_add_test(tc, hdr_decode_rejects_counts_past_the_end);
    tcase_add_test(tc, hdr_decode_rejects_counts_that_overflow_together);
    tcase_add_test(tc, hdr_decode_compressed_takes_the_example);
    tcase_add_test(tc, hdr_decode_compressed_rejects_every_truncation);
    tcase_add_test(tc, hdr_decode_compressed_rejects_any_other_byte);
    tcase_add_test(tc, hdr_decode_compressed_rejects_what_follows_the_stream);
    tcase_add_test(tc, hdr_decode_compressed_gives_up_on_a_bomb);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
