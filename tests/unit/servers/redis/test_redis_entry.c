/* servers/redis/redis_entry.c: updates as they lie in Redis, and posts as they go there. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "servers/redis/redis_entry.h"

static struct owned {
    struct owned *next;
    char text[];
} * owned;

/* A copy behind which memory ends, so that the sanitizers see who reads on. */
static struct redis_text own(const char *text)
{
    size_t len = strlen(text);
    struct owned *copy = malloc(sizeof *copy + len);

    copy->next = owned;
    owned = copy;
    return (struct redis_text){memcpy(copy->text, text, len), len};
}

static void tear_down(void)
{
    while (owned != NULL) {
        struct owned *next = owned->next;

        free(owned);
        owned = next;
    }
}

static int read_entry(struct redis_entry *out, const char *id, const char *const *fields)
{
    struct redis_text texts[24];
    size_t n = 0;

    for (; fields[n] != NULL; n++)
        texts[n] = own(fields[n]);
    return redis_entry_read(out, own(id), texts, n);
}

static const char *const whole[] = {
    "n",      "5", "t",    "81234", "channel", "doc",
    "key",    "k", "from", "7",     "from_n",  "18446744073709551615",
    "from_t", "9", "data", "[1]",   NULL};

static void expect_name(struct name name, const char *text)
{
    ck_assert_uint_eq(name.len, strlen(text));
    ck_assert(name.len == 0 || memcmp(name.text, text, name.len) == 0);
}

START_TEST(entry_says_all_that_an_update_has)
{
    struct redis_entry e;

    ck_assert_int_eq(read_entry(&e, "0-17", whole), 0);
    ck_assert_uint_eq(e.as.seq, 17);
    ck_assert_uint_eq(e.as.n, 5);
    ck_assert_int_eq(e.as.t_ns, 81234);
    expect_name(e.post.channel, "doc");
    expect_name(e.post.key, "k");
    expect_name(e.post.from, "7");
    ck_assert_uint_eq(e.post.from_n, UINT64_MAX);
    ck_assert_int_eq(e.post.from_t_ns, 9);
    ck_assert_uint_eq(e.post.data_len, 3);
    ck_assert_mem_eq(e.post.data, "[1]", 3);
}
END_TEST

START_TEST(entry_needs_n_t_and_data_only)
{
    struct redis_entry e;

    /* without field i; from_n without from is not sound */
    for (size_t i = 0; whole[i] != NULL; i += 2) {
        const char *fields[24];
        bool needed = i == 0 || i == 2 || i == 8 || i == 14;
        size_t n = 0;

        for (size_t k = 0; whole[k] != NULL; k++) {
            if (k != i && k != i + 1)
                fields[n++] = whole[k];
        }
        fields[n] = NULL;
        ck_assert_msg(read_entry(&e, "0-17", fields) == (needed ? PL_EPROTO : 0), "%s", whole[i]);
    }
}
END_TEST

START_TEST(entry_is_refused_for_any_value_that_is_none)
{
    static const char *const bad[][4] = {
        {"", "0", "-1", "18"},                  /* n, which is not above seq */
        {"", "x", "-1", "9223372036854775808"}, /* t */
        {"", "a b", "\n", "\"x"},               /* channel */
        {"", "a b", "{", "ü"},                  /* key */
        {"", " ", "a,b", "\\"},                 /* from */
        {"", "-1", "01", "18446744073709551616"},
        {"", "1.5", "1e3", "9223372036854775808"},
        {"", "[1]\n", "[1] ", "1,2"}, /* data: one value on one line */
    };
    struct redis_entry e;

    for (size_t i = 0; i < 8; i++) {
        for (size_t k = 0; k < 4; k++) {
            const char *fields[24];

            memcpy(fields, whole, sizeof whole);
            fields[2 * i + 1] = bad[i][k];
            ck_assert_msg(read_entry(&e, "0-17", fields) == PL_EPROTO, "%s=%s", whole[2 * i],
                          bad[i][k]);
        }
    }
}
END_TEST

START_TEST(entry_is_refused_for_its_id)
{
    static const char *const bad[] = {"",    "0",     "0-",    "17",    "1-17",
                                      "0-0", "00-17", "0-17 ", "0-017", "0-9223372036854775808"};
    struct redis_entry e;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(read_entry(&e, bad[i], whole) == PL_EPROTO, "%s", bad[i]);
}
END_TEST

START_TEST(entry_is_refused_for_fields_out_of_order_twice_unknown_or_odd)
{
    static const char *const bad[][10] = {
        {"t", "1", "n", "1", "data", "1", NULL},
        {"n", "1", "n", "1", "t", "1", "data", "1", NULL},
        {"n", "1", "t", "1", "data", "1", "data", "1", NULL},
        {"n", "1", "t", "1", "colour", "red", "data", "1", NULL},
        {"n", "1", "t", "1", "data", "1", "more", NULL},
        {"n", "1", "t", "1", "data", NULL},
        {NULL},
    };
    struct redis_entry e;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(read_entry(&e, "0-17", bad[i]) == PL_EPROTO, "row %zu", i);
}
END_TEST

START_TEST(latest_says_the_same_in_one_value)
{
    struct redis_entry e;

    ck_assert_int_eq(
        redis_entry_read_latest(&e, own("doc k"), own("17 5 81234 42 9 7\n{\"a\":\"b c\"}")), 0);
    ck_assert_uint_eq(e.as.seq, 17);
    ck_assert_uint_eq(e.as.n, 5);
    ck_assert_int_eq(e.as.t_ns, 81234);
    expect_name(e.post.channel, "doc");
    expect_name(e.post.key, "k");
    expect_name(e.post.from, "7");
    ck_assert_uint_eq(e.post.from_n, 42);
    ck_assert_int_eq(e.post.from_t_ns, 9);
    ck_assert_mem_eq(e.post.data, "{\"a\":\"b c\"}", e.post.data_len);
    ck_assert_int_eq(redis_entry_read_latest(&e, own(" "), own("1 1 0 0 0 \n1")), 0);
    expect_name(e.post.channel, "");
    expect_name(e.post.key, "");
    expect_name(e.post.from, "");
}
END_TEST

START_TEST(latest_is_refused_when_broken)
{
    static const char *const bad[][2] = {
        {"", "1 1 0 0 0 \n1"},      {"doc", "1 1 0 0 0 \n1"},
        {"a b c", "1 1 0 0 0 \n1"}, {" ", ""},
        {" ", "1 1 0 0 0 \n"},      {" ", "1 1 0 0 0 \n1\n"},
        {" ", "1 1 0 0 0\n1"},      {" ", "0 1 0 0 0 \n1"},
        {" ", "1 2 0 0 0 \n1"},     {" ", "1 1 0 5 0 \n1"},
        {" ", "1 1 0 0 0 a b\n1"},  {" ", "1 1 0 0 0 1"},
        {" ", "1 1 -1 0 0 \n1"},    {" ", "1  1 0 0 0 \n1"},
        {" ", "1 1 0 0 x \n1"},
    };
    struct redis_entry e;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(redis_entry_read_latest(&e, own(bad[i][0]), own(bad[i][1])) == PL_EPROTO,
                      "row %zu", i);
}
END_TEST

static void expect_args(const struct post *p, const char *feed, const char *const *wanted)
{
    char *text = malloc(p->data_len + REDIS_POST_OVERHEAD_BYTES);
    struct redis_text args[REDIS_POST_ARGS];

    redis_post_args(args, text, p, 81234, feed, 3);
    for (size_t i = 0; i < REDIS_POST_ARGS; i++) {
        ck_assert_msg(args[i].len == strlen(wanted[i]) &&
                          memcmp(args[i].text, wanted[i], args[i].len) == 0,
                      "%zu: '%.*s'", i, (int)args[i].len, args[i].text);
        ck_assert(args[i].text >= text);
        ck_assert(args[i].text + args[i].len <= text + p->data_len + REDIS_POST_OVERHEAD_BYTES);
    }
    free(text);
}

START_TEST(post_goes_with_by_whom_it_is_known_when_it_comes_again)
{
    struct post p = {.channel = {"doc", 3},
                     .key = {"k", 1},
                     .from = {"7", 1},
                     .from_n = 42,
                     .from_t_ns = 9,
                     .data = "{}",
                     .data_len = 2};

    expect_args(&p, NULL,
                (const char *[]){"doc", "k", "7", "42", "9", "81234", "doc 7", "42", "{}"});
    expect_args(&p, "feed:1", /* it has a number of its own */
                (const char *[]){"doc", "k", "7", "42", "9", "81234", "doc 7", "42", "{}"});
    p.channel.len = 0;
    expect_args(&p, NULL, (const char *[]){"", "k", "7", "42", "9", "81234", " 7", "42", "{}"});
    p.from_n = 0;
    expect_args(&p, NULL, (const char *[]){"", "k", "7", "0", "9", "81234", "", "0", "{}"});
    expect_args(&p, "feed:1",
                (const char *[]){"", "k", "7", "0", "9", "81234", "feed:1", "3", "{}"});
}
END_TEST

START_TEST(post_with_the_longest_names_and_numbers_has_room)
{
    static const char name[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_";
    struct post p = {.channel = {name, 64},
                     .key = {name, 64},
                     .from = {name, 64},
                     .from_n = UINT64_MAX,
                     .from_t_ns = INT64_MAX,
                     .data = "1",
                     .data_len = 1};
    char sender[200];

    snprintf(sender, sizeof sender, "%s %s", name, name);
    expect_args(&p, NULL,
                (const char *[]){name, name, name, "18446744073709551615", "9223372036854775807",
                                 "81234", sender, "18446744073709551615", "1"});
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("redis_entry");
    TCase *tc = tcase_create("redis_entry");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tc, NULL, tear_down);
    tcase_add_test(tc, entry_says_all_that_an_update_has);
    tcase_add_test(tc, entry_needs_n_t_and_data_only);
    tcase_add_test(tc, entry_is_refused_for_any_value_that_is_none);
    tcase_add_test(tc, entry_is_refused_for_its_id);
    tcase_add_test(tc, entry_is_refused_for_fields_out_of_order_twice_unknown_or_odd);
    tcase_add_test(tc, latest_says_the_same_in_one_value);
    tcase_add_test(tc, latest_is_refused_when_broken);
    tcase_add_test(tc, post_goes_with_by_whom_it_is_known_when_it_comes_again);
    tcase_add_test(tc, post_with_the_longest_names_and_numbers_has_room);
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
