/* lib/proto/post.c, and what it stands on: names, fields, json_skip_value() */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/err.h"
#include "lib/base/fields.h"
#include "tests/unit/guard.h"
#include "lib/base/json_line.h"
#include "lib/proto/post.h"

#define NAME_64 "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_"

static struct guard memory;

static void set_up(void)
{
    memory = guard_new(512);
}

static void tear_down(void)
{
    guard_free(&memory);
}

/* text where memory ends right behind it. */
static const char *guarded(const char *text)
{
    return (const char *)guard_copy(&memory, text, strlen(text));
}

static int scan(struct post *out, const char *text)
{
    return post_scan(out, guarded(text), strlen(text));
}

static struct name name_of(const char *text)
{
    return (struct name){text, text == NULL ? 0 : strlen(text)};
}

/* ---- names ---- */

START_TEST(name_takes_1_to_64_of_its_characters)
{
    static const char *const good[] = {
        "a", "Z", "0", "-", "_", ".", ":", "/", "room-1/cursors", "metric/cpu.load:1_2", NAME_64};

    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        ck_assert(name_valid(guarded(good[i]), strlen(good[i])));
    ck_assert(!name_valid("", 0));
    ck_assert(!name_valid(NAME_64 "x", 65));
}
END_TEST

START_TEST(name_takes_no_other_character_wherever_it_stands)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:/";

    for (int c = 0; c < 256; c++) {
        bool wanted = c != 0 && strchr(allowed, c) != NULL;

        for (size_t at = 0; at < 3; at++) {
            char text[] = "abc";

            text[at] = (char)c;
            ck_assert_msg(name_valid(text, 3) == wanted, "byte %d at %zu", c, at);
        }
    }
}
END_TEST

START_TEST(name_equals_by_bytes_and_length)
{
    ck_assert(name_equal(name_of("ab"), name_of("ab")));
    ck_assert(!name_equal(name_of("ab"), name_of("abc")));
    ck_assert(!name_equal(name_of("ab"), name_of("aB")));
    ck_assert(name_equal(name_of(NULL), (struct name){"", 0}));
    ck_assert(!name_equal(name_of(NULL), name_of("a")));
}
END_TEST

/* ---- fields ---- */

START_TEST(field_number_is_a_whole_one_up_to_its_maximum)
{
    static const struct {
        const char *text;
        uint64_t max, value;
        size_t taken; /* 0: refused */
    } cases[] = {
        {"0", UINT64_MAX, 0, 1},
        {"0,", UINT64_MAX, 0, 1},
        {"42}", UINT64_MAX, 42, 2},
        {"18446744073709551615", UINT64_MAX, UINT64_MAX, 20},
        {"18446744073709551616", UINT64_MAX, 0, 0},
        {"99999999999999999999", UINT64_MAX, 0, 0},
        {"9223372036854775807", INT64_MAX, INT64_MAX, 19},
        {"9223372036854775808", INT64_MAX, 0, 0},
        {"00", UINT64_MAX, 0, 0},
        {"01", UINT64_MAX, 0, 0},
        {"-1", UINT64_MAX, 0, 0},
        {"+1", UINT64_MAX, 0, 0},
        {" 1", UINT64_MAX, 0, 0},
        {"", UINT64_MAX, 0, 0},
        {"x", UINT64_MAX, 0, 0},
        {"1.5", UINT64_MAX, 1, 1}, /* what follows is the next member's to refuse */
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *at = guarded(cases[i].text), *end = at + strlen(cases[i].text);
        uint64_t value = 0;
        const char *after = field_u64(at, end, &value, cases[i].max);

        ck_assert_ptr_eq(after, cases[i].taken > 0 ? at + cases[i].taken : NULL);
        ck_assert_uint_eq(value, cases[i].value);
    }
}
END_TEST

START_TEST(field_steps_pass_a_failure_on)
{
    struct name name;
    uint64_t value;

    ck_assert_ptr_null(field_skip(NULL, NULL, FIELD_KEY("x")));
    ck_assert_ptr_null(field_u64(NULL, NULL, &value, 1));
    ck_assert_ptr_null(field_name(NULL, NULL, &name));
}
END_TEST

/* ---- skipping values ---- */

static const struct {
    const char *text;
    int taken; /* -1: has no end */
} values[] = {
    {"1", 1},
    {"-0.5e+7,", 7},
    {"true}", 4},
    {"null]", 4},
    {"\"\"", 2},
    {"\"a\",\"b\"", 3},
    {"\"\\\"\",1", 4},
    {"\"\\\\\",1", 4},
    {"\"\\\\\\\"\"}", 6},
    {"\"}]{[\"}", 6},
    {"{}", 2},
    {"[]", 2},
    {"{\"a\":[1,{\"b\":\"]}\"}]},\"x\":1", 20},
    {"[[],[\"\\\"]\"]]]", 12},
    {"\"", -1},
    {"\"a", -1},
    {"\"\\\"", -1},
    {"{", -1},
    {"[", -1},
    {"{\"a\":[}", -1},
    {"[\"]", -1},
    {"[}", -1},
    {"{]", -1},
    {",", -1},
    {"}", -1},
    {"", -1},
};

START_TEST(json_skip_finds_where_a_value_ends)
{
    const char *at = guarded(values[_i].text), *end = at + strlen(values[_i].text);

    ck_assert_ptr_eq(json_skip_value(at, end), values[_i].taken < 0 ? NULL : at + values[_i].taken);
}
END_TEST

START_TEST(json_skip_counts_backslashes_in_linear_time)
{
    enum { PAIRS = 200000 };
    char *text = malloc(2 * PAIRS + 2);

    text[0] = '"';
    for (size_t i = 0; i < PAIRS; i++)
        memcpy(text + 1 + 2 * i, "\\\"", 2);
    ck_assert_ptr_null(json_skip_value(text, text + 1 + 2 * PAIRS));
    text[1 + 2 * PAIRS] = '"';
    ck_assert_ptr_eq(json_skip_value(text, text + 2 * PAIRS + 2), text + 2 * PAIRS + 2);
    free(text);
}
END_TEST

/* ---- posts ---- */

static const struct {
    const char *text;
    struct post post;
} posts[] = {
    {"{\"publish\":{},\"data\":1}", {.data = "1"}},
    {"{\"publish\":{\"channel\":\"doc\"},\"data\":{\"a\":[]}}",
     {.channel = {"doc", 3}, .data = "{\"a\":[]}"}},
    {"{\"publish\":{\"key\":\"k/1\"},\"data\":null}", {.key = {"k/1", 3}, .data = "null"}},
    {"{\"publish\":{\"from\":\"7\"},\"data\":\"\"}", {.from = {"7", 1}, .data = "\"\""}},
    {"{\"publish\":{\"from\":\"7\",\"from_n\":42},\"data\":[]}",
     {.from = {"7", 1}, .from_n = 42, .data = "[]"}},
    {"{\"publish\":{\"from_t\":9223372036854775807},\"data\":\"}\"}",
     {.from_t_ns = INT64_MAX, .data = "\"}\""}},
    {"{\"publish\":{\"channel\":\"doc\",\"key\":\"cursor/7\",\"from\":\"7\",\"from_n\":"
     "18446744073709551615,\"from_t\":81234},\"data\":\"},\\\"data\\\":2}\"}",
     {.channel = {"doc", 3},
      .key = {"cursor/7", 8},
      .from = {"7", 1},
      .from_n = UINT64_MAX,
      .from_t_ns = 81234,
      .data = "\"},\\\"data\\\":2}\""}},
    {"{\"publish\":{\"channel\":\"" NAME_64 "\",\"key\":\"" NAME_64 "\",\"from\":\"" NAME_64
     "\"},\"data\":true}",
     {.channel = {NAME_64, 64}, .key = {NAME_64, 64}, .from = {NAME_64, 64}, .data = "true"}},
};

START_TEST(post_reads_each_member_and_writes_the_same_bytes)
{
    const struct post *wanted = &posts[_i].post;
    size_t len = strlen(posts[_i].text);
    char text[512];
    struct post p;

    ck_assert_int_eq(scan(&p, posts[_i].text), 0);
    ck_assert(name_equal(p.channel, wanted->channel));
    ck_assert(name_equal(p.key, wanted->key));
    ck_assert(name_equal(p.from, wanted->from));
    ck_assert_uint_eq(p.from_n, wanted->from_n);
    ck_assert_int_eq(p.from_t_ns, wanted->from_t_ns);
    ck_assert_uint_eq(p.data_len, strlen(wanted->data));
    ck_assert_mem_eq(p.data, wanted->data, p.data_len);
    ck_assert_uint_eq(post_encode(text, &p), len);
    ck_assert_mem_eq(text, posts[_i].text, len);
}
END_TEST

START_TEST(post_refuses_every_prefix_of_itself)
{
    const char *text = posts[_i].text;
    struct post p;

    for (size_t len = 0; len < strlen(text); len++)
        ck_assert_int_eq(post_scan(&p, (const char *)guard_copy(&memory, text, len), len),
                         PL_EPROTO);
}
END_TEST

START_TEST(post_fits_the_room_it_asks_for)
{
    struct post p = {.channel = {NAME_64, 64},
                     .key = {NAME_64, 64},
                     .from = {NAME_64, 64},
                     .from_n = UINT64_MAX,
                     .from_t_ns = INT64_MAX,
                     .data = "1",
                     .data_len = 1};
    size_t room = 1 + POST_OVERHEAD_BYTES + 3 * NAME_MAX_BYTES;
    char *text = malloc(room);

    ck_assert_uint_le(post_encode(text, &p), room);
    free(text);
}
END_TEST

static const char *const not_posts[] = {
    /* members that would stand beside seq and t if they were believed */
    "{\"publish\":{},\"data\":1,\"seq\":9}",
    "{\"publish\":{},\"data\":1,\"data\":2}",
    "{\"publish\":{},\"data\":1},{\"publish\":{},\"data\":2}",
    "{\"publish\":{},\"data\":1}}",
    "{\"publish\":{},\"data\":{}},\"t\":1}",
    "{\"publish\":{},\"seq\":9,\"data\":1}",
    "{\"publish\":{\"seq\":9},\"data\":1}",
    "{\"publish\":{\"n\":9},\"data\":1}",
    "{\"seq\":9,\"publish\":{},\"data\":1}",
    /* members twice, out of order, unknown */
    "{\"publish\":{\"channel\":\"a\",\"channel\":\"b\"},\"data\":1}",
    "{\"publish\":{\"key\":\"k\",\"channel\":\"a\"},\"data\":1}",
    "{\"publish\":{\"from_t\":1,\"from\":\"7\"},\"data\":1}",
    "{\"publish\":{\"color\":\"red\"},\"data\":1}",
    "{\"data\":1,\"publish\":{}}",
    "{\"publish\":{},\"publish\":{},\"data\":1}",
    /* commas */
    "{\"publish\":{,\"channel\":\"a\"},\"data\":1}",
    "{\"publish\":{\"channel\":\"a\",},\"data\":1}",
    "{\"publish\":{\"channel\":\"a\"\"key\":\"k\"},\"data\":1}",
    "{\"publish\":{},,\"data\":1}",
    /* names that would break out of their string, or are none */
    "{\"publish\":{\"channel\":\"\"},\"data\":1}",
    "{\"publish\":{\"channel\":\"a b\"},\"data\":1}",
    "{\"publish\":{\"channel\":\"a,b\"},\"data\":1}",
    "{\"publish\":{\"channel\":\"a\\\"},\\\"data\\\":2\"},\"data\":1}",
    "{\"publish\":{\"channel\":\"a\\u0062\"},\"data\":1}",
    "{\"publish\":{\"channel\":\"\xc3\xa9\"},\"data\":1}",
    "{\"publish\":{\"key\":\"a\\n\"},\"data\":1}",
    "{\"publish\":{\"from\":\"" NAME_64 "x\"},\"data\":1}",
    "{\"publish\":{\"channel\":1},\"data\":1}",
    "{\"publish\":{\"channel\":null},\"data\":1}",
    "{\"publish\":{\"channel\":[\"a\"]},\"data\":1}",
    /* numbers */
    "{\"publish\":{\"from_n\":1},\"data\":1}",
    "{\"publish\":{\"from\":\"7\",\"from_n\":-1},\"data\":1}",
    "{\"publish\":{\"from\":\"7\",\"from_n\":1.0},\"data\":1}",
    "{\"publish\":{\"from\":\"7\",\"from_n\":1e3},\"data\":1}",
    "{\"publish\":{\"from\":\"7\",\"from_n\":01},\"data\":1}",
    "{\"publish\":{\"from\":\"7\",\"from_n\":\"1\"},\"data\":1}",
    "{\"publish\":{\"from\":\"7\",\"from_n\":18446744073709551616},\"data\":1}",
    "{\"publish\":{\"from_t\":9223372036854775808},\"data\":1}",
    /* the rest */
    "{\"publish\":{}}",
    "{\"publish\":{},\"data\":}",
    "{\"publish\":1,\"data\":1}",
    "{\"publish\":[],\"data\":1}",
    "{ \"publish\":{},\"data\":1}",
    "{\"publish\":{},\"data\":1} ",
    "[{\"publish\":{},\"data\":1}]",
    "1",
    "",
};

START_TEST(post_refuses_what_is_not_one)
{
    struct post p;

    ck_assert_int_eq(scan(&p, not_posts[_i]), PL_EPROTO);
}
END_TEST

START_TEST(post_form_is_told_by_the_first_bytes)
{
    static const struct {
        const char *text;
        enum post_form form;
    } cases[] = {
        {"{\"publish\":{},\"data\":1}", POST_ONE},
        {"{\"publish\":{", POST_ONE}, /* broken, but meant as one */
        {"[{\"publish\":{},\"data\":1}]", POST_LIST},
        {"[{\"publish\":{},\"data\":1},2]", POST_LIST},
        {"{\"publish\":1}", POST_PLAIN},
        {"{\"publish\":[]}", POST_PLAIN},
        {"{\"a\":1,\"publish\":{}}", POST_PLAIN},
        {"{\"published\":{}}", POST_PLAIN},
        {"[1,{\"publish\":{},\"data\":1}]", POST_PLAIN},
        {"[[{\"publish\":{},\"data\":1}]]", POST_PLAIN},
        {"\"{\\\"publish\\\":{\"", POST_PLAIN},
        {"[]", POST_PLAIN},
        {"{}", POST_PLAIN},
        {"", POST_PLAIN},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ck_assert_int_eq(post_form_of(guarded(cases[i].text), strlen(cases[i].text)),
                         cases[i].form);
}
END_TEST

#define COUNT(table) (sizeof(table) / sizeof *(table))

static TCase *case_of_parts(void)
{
    TCase *tc = tcase_create("parts");

    tcase_add_unchecked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, name_takes_1_to_64_of_its_characters);
    tcase_add_test(tc, name_takes_no_other_character_wherever_it_stands);
    tcase_add_test(tc, name_equals_by_bytes_and_length);
    tcase_add_test(tc, field_number_is_a_whole_one_up_to_its_maximum);
    tcase_add_test(tc, field_steps_pass_a_failure_on);
    tcase_add_loop_test(tc, json_skip_finds_where_a_value_ends, 0, COUNT(values));
    tcase_add_test(tc, json_skip_counts_backslashes_in_linear_time);
    return tc;
}

static TCase *case_of_posts(void)
{
    TCase *tc = tcase_create("post");

    tcase_add_unchecked_fixture(tc, set_up, tear_down);
    tcase_add_loop_test(tc, post_reads_each_member_and_writes_the_same_bytes, 0, COUNT(posts));
    tcase_add_loop_test(tc, post_refuses_every_prefix_of_itself, 0, COUNT(posts));
    tcase_add_test(tc, post_fits_the_room_it_asks_for);
    tcase_add_loop_test(tc, post_refuses_what_is_not_one, 0, COUNT(not_posts));
    tcase_add_test(tc, post_form_is_told_by_the_first_bytes);
    return tc;
}

int main(void)
{
    Suite *suite = suite_create("post");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, case_of_parts());
    suite_add_tcase(suite, case_of_posts());
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
