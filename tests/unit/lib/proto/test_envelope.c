/* lib/proto/envelope.c */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/proto/envelope.h"
#include "lib/base/err.h"
#include "tests/unit/guard.h"

static struct guard memory;

static void set_up(void)
{
    memory = guard_new(512);
}

static void tear_down(void)
{
    guard_free(&memory);
}

/* Scan text where memory ends right behind it. */
static int scan(struct envelope *out, const char *text)
{
    size_t len = strlen(text);

    return envelope_scan(out, (const char *)guard_copy(&memory, text, len), len);
}

/* An update of the default channel, which is the only one. */
static size_t encode(char *dst, uint64_t seq, int64_t t_ns, const char *data, size_t data_len)
{
    return envelope_encode(
        dst,
        &(struct envelope){.seq = seq, .t_ns = t_ns, .n = seq, .data = data, .data_len = data_len});
}

START_TEST(envelope_writes_the_documented_bytes)
{
    static const char wanted[] = "{\"seq\":17,\"t\":81234567890123,\"data\":{\"x\":1}}";
    char text[ENVELOPE_OVERHEAD_BYTES + 7];
    size_t len = encode(text, 17, INT64_C(81234567890123), "{\"x\":1}", 7);

    ck_assert_uint_eq(len, sizeof wanted - 1);
    ck_assert_mem_eq(text, wanted, len);
}
END_TEST

START_TEST(envelope_reads_back_what_it_wrote)
{
    static const uint64_t seqs[] = {0, 1, 9, 10, 99, 1000000007, UINT64_MAX};
    static const int64_t times[] = {0, 5, 81234567890123, INT64_MAX};

    for (size_t i = 0; i < sizeof seqs / sizeof *seqs; i++) {
        for (size_t j = 0; j < sizeof times / sizeof *times; j++) {
            char text[ENVELOPE_OVERHEAD_BYTES + 4];
            size_t len = encode(text, seqs[i], times[j], "\"}\"}", 4);
            struct envelope e;

            ck_assert_int_eq(envelope_scan(&e, (const char *)guard_copy(&memory, text, len), len),
                             0);
            ck_assert_uint_eq(e.seq, seqs[i]);
            ck_assert_int_eq(e.t_ns, times[j]);
            ck_assert_uint_eq(e.data_len, 4);
            ck_assert_mem_eq(e.data, "\"}\"}", 4);
        }
    }
}
END_TEST

START_TEST(envelope_refuses_every_prefix_of_itself)
{
    static const char text[] = "{\"seq\":17,\"t\":81234567890123,\"data\":1}";
    struct envelope e;

    for (size_t len = 0; len < sizeof text - 1; len++) {
        const char *copy = (const char *)guard_copy(&memory, text, len);

        ck_assert_int_eq(envelope_scan(&e, copy, len), PL_EPROTO);
    }
    ck_assert_int_eq(scan(&e, text), 0);
}
END_TEST

#define NAME_64 "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_"

static const struct {
    const char *text;
    struct envelope e;
} named[] = {
    {"{\"seq\":17,\"t\":8,\"channel\":\"doc\",\"data\":1}",
     {.seq = 17, .t_ns = 8, .n = 17, .channel = {"doc", 3}, .data = "1"}},
    {"{\"seq\":17,\"t\":8,\"n\":5,\"data\":1}", {.seq = 17, .t_ns = 8, .n = 5, .data = "1"}},
    {"{\"seq\":17,\"t\":8,\"key\":\"k\",\"data\":1}",
     {.seq = 17, .t_ns = 8, .n = 17, .key = {"k", 1}, .data = "1"}},
    {"{\"seq\":17,\"t\":8,\"from\":\"7\",\"data\":1}",
     {.seq = 17, .t_ns = 8, .n = 17, .from = {"7", 1}, .data = "1"}},
    {"{\"seq\":17,\"t\":8,\"from_t\":9,\"data\":1}",
     {.seq = 17, .t_ns = 8, .n = 17, .from_t_ns = 9, .data = "1"}},
    {"{\"seq\":17,\"t\":8,\"channel\":\"doc\",\"n\":5,\"key\":\"k\",\"from\":\"7\",\"from_n\":42,"
     "\"from_t\":9,\"data\":[1,\"n\"]}",
     {.seq = 17,
      .t_ns = 8,
      .n = 5,
      .channel = {"doc", 3},
      .key = {"k", 1},
      .from = {"7", 1},
      .from_n = 42,
      .from_t_ns = 9,
      .data = "[1,\"n\"]"}},
    {"{\"seq\":18446744073709551615,\"t\":9223372036854775807,\"channel\":\"" NAME_64
     "\",\"n\":18446744073709551614,\"key\":\"" NAME_64 "\",\"from\":\"" NAME_64
     "\",\"from_n\":18446744073709551615,\"from_t\":9223372036854775807,\"data\":\"\"}",
     {.seq = UINT64_MAX,
      .t_ns = INT64_MAX,
      .n = UINT64_MAX - 1,
      .channel = {NAME_64, 64},
      .key = {NAME_64, 64},
      .from = {NAME_64, 64},
      .from_n = UINT64_MAX,
      .from_t_ns = INT64_MAX,
      .data = "\"\""}},
};

START_TEST(envelope_reads_each_member_and_writes_the_same_bytes)
{
    const struct envelope *wanted = &named[_i].e;
    size_t len = strlen(named[_i].text), data_len = strlen(wanted->data);
    char text[ENVELOPE_OVERHEAD_BYTES + ENVELOPE_NAMES_BYTES + 32];
    struct envelope e;

    ck_assert_int_eq(scan(&e, named[_i].text), 0);
    ck_assert_uint_eq(e.seq, wanted->seq);
    ck_assert_int_eq(e.t_ns, wanted->t_ns);
    ck_assert_uint_eq(e.n, wanted->n);
    ck_assert(name_equal(e.channel, wanted->channel));
    ck_assert(name_equal(e.key, wanted->key));
    ck_assert(name_equal(e.from, wanted->from));
    ck_assert_uint_eq(e.from_n, wanted->from_n);
    ck_assert_int_eq(e.from_t_ns, wanted->from_t_ns);
    ck_assert_uint_eq(e.data_len, data_len);
    ck_assert_mem_eq(e.data, wanted->data, data_len);
    ck_assert_uint_eq(envelope_encode(text, &e), len);
    ck_assert_mem_eq(text, named[_i].text, len);
    for (size_t cut = 0; cut < len; cut++)
        ck_assert_int_eq(
            envelope_scan(&e, (const char *)guard_copy(&memory, named[_i].text, cut), cut),
            PL_EPROTO);
}
END_TEST

START_TEST(envelope_leaves_out_what_has_no_value)
{
    static const char said[] = "{\"seq\":5,\"t\":8,\"n\":5,\"from\":\"7\",\"from_n\":0,"
                               "\"from_t\":0,\"data\":1}";
    static const char wanted[] = "{\"seq\":5,\"t\":8,\"from\":\"7\",\"data\":1}";
    char text[ENVELOPE_OVERHEAD_BYTES + ENVELOPE_NAMES_BYTES + 1];
    struct envelope e;

    ck_assert_int_eq(scan(&e, said), 0);
    ck_assert_uint_eq(envelope_encode(text, &e), sizeof wanted - 1);
    ck_assert_mem_eq(text, wanted, sizeof wanted - 1);
}
END_TEST

static const char *const not_envelopes[] = {
    "{\"seq\":1,\"t\":2,\"key\":\"k\",\"channel\":\"a\",\"data\":1}",
    "{\"seq\":1,\"t\":2,\"channel\":\"a\",\"channel\":\"b\",\"data\":1}",
    "{\"seq\":1,\"t\":2,\"n\":1,\"n\":1,\"data\":1}",
    "{\"seq\":1,\"t\":2,\"channel\":\"\",\"data\":1}",
    "{\"seq\":1,\"t\":2,\"channel\":\"a b\",\"data\":1}",
    "{\"seq\":1,\"t\":2,\"channel\":\"a\\\"b\",\"data\":1}",
    "{\"seq\":1,\"t\":2,\"channel\":\"" NAME_64 "x\",\"data\":1}",
    "{\"seq\":1,\"t\":2,\"channel\":null,\"data\":1}",
    "{\"seq\":1,\"t\":2,\"n\":-1,\"data\":1}",
    "{\"seq\":1,\"t\":2,\"n\":1.0,\"data\":1}",
    "{\"seq\":1,\"t\":2,\"n\":18446744073709551616,\"data\":1}",
    "{\"seq\":1,\"t\":2,\"from_t\":9223372036854775808,\"data\":1}",
    "{\"seq\":1,\"t\":2,\"color\":\"red\",\"data\":1}",
    "{\"seq\":1,\"t\":2,\"channel\":\"a\"}",
    "{\"seq\":-1,\"t\":2,\"data\":1}",
    "{\"seq\":01,\"t\":2,\"data\":1}",
    "{\"seq\":1.0,\"t\":2,\"data\":1}",
    "{\"seq\":,\"t\":2,\"data\":1}",
    "{\"seq\":18446744073709551616,\"t\":2,\"data\":1}",
    "{\"seq\":1,\"t\":9223372036854775808,\"data\":1}",
    "{\"seq\":1,\"t\":2,\"data\":}",
    "{\"seq\":1,\"t\":2}",
    "{\"t\":2,\"seq\":1,\"data\":1}",
    "{\"seq\": 1,\"t\":2,\"data\":1}",
    "{\"seq\":1,\"t\":2,\"data\":1} ",
    " {\"seq\":1,\"t\":2,\"data\":1}",
    "{\"hello\":5}",
};

START_TEST(envelope_refuses_what_is_not_one)
{
    struct envelope e;

    ck_assert_int_eq(scan(&e, not_envelopes[_i]), PL_EPROTO);
}
END_TEST

/* The elements of body, each followed by '|', then the last return value's meaning. */
static void walk(const char *body, const char *wanted)
{
    size_t len = strlen(body), at = 0, n = 0;
    const char *copy = (const char *)guard_copy(&memory, body, len);
    const char *item;
    char got[256];
    ssize_t item_len;

    while ((item_len = envelope_array_next(copy, len, &at, &item)) > 0)
        n += (size_t)snprintf(got + n, sizeof got - n, "%.*s|", (int)item_len, item);
    snprintf(got + n, sizeof got - n, "%s", item_len == 0 ? "end" : "broken");
    ck_assert_str_eq(got, wanted);
    ck_assert_int_eq(envelope_array_next(copy, len, &at, &item) <= 0, 1);
}

START_TEST(envelope_array_yields_each_element)
{
    walk("[]", "end");
    walk("[{}]", "{}|end");
    walk("[{\"a\":1},{\"b\":[{}]}]", "{\"a\":1}|{\"b\":[{}]}|end");
    walk("[{\"a\":\"}]\\\"{\\\\\"},{\"\\\\\\\"\":2}]",
         "{\"a\":\"}]\\\"{\\\\\"}|{\"\\\\\\\"\":2}|end");
}
END_TEST

START_TEST(envelope_array_tells_what_is_broken)
{
    walk("", "broken");
    walk("[", "broken");
    walk("]", "broken");
    walk("{}", "broken");
    walk("[1]", "broken");
    walk("[,]", "broken");
    walk("[{}", "{}|broken");
    walk("[{},", "{}|broken");
    walk("[{},]", "{}|broken");
    walk("[{}{}]", "{}|broken");
    walk("[{}]]", "{}|broken");
    walk("[{\"a]", "broken");
    walk("[{\"a\\\"}]", "broken");
    walk("[{{}]", "broken");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("envelope");
    TCase *tc = tcase_create("envelope");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tc);
    tcase_add_unchecked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, envelope_writes_the_documented_bytes);
    tcase_add_test(tc, envelope_reads_back_what_it_wrote);
    tcase_add_test(tc, envelope_refuses_every_prefix_of_itself);
    tcase_add_loop_test(tc, envelope_reads_each_member_and_writes_the_same_bytes, 0,
                        sizeof named / sizeof *named);
    tcase_add_test(tc, envelope_leaves_out_what_has_no_value);
    tcase_add_loop_test(tc, envelope_refuses_what_is_not_one, 0,
                        sizeof not_envelopes / sizeof *not_envelopes);
    tcase_add_test(tc, envelope_array_yields_each_element);
    tcase_add_test(tc, envelope_array_tells_what_is_broken);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
