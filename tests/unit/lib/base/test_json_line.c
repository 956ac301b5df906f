/* lib/base/json_line.c */
#include <check.h>
#include <stdbool.h>
#include <stdlib.h>

#include "lib/base/err.h"
#include "tests/unit/guard.h"
#include "lib/base/json_line.h"

static struct guard memory;

static void set_up(void)
{
    memory = guard_new(256);
}

static void tear_down(void)
{
    guard_free(&memory);
}

static const struct {
    const char *text, *compact;
} good[] = {
    {"{\"a\": [1, 2.50, -0e+1] ,\r\n\t\"b\": {} }\n", "{\"a\":[1,2.50,-0e+1],\"b\":{}}"},
    {" true ", "true"},
    {"null", "null"},
    {"false", "false"},
    {"0", "0"},
    {"-1E5", "-1E5"},
    {"\" a  b \"", "\" a  b \""},
    {"\"\\u00e9\\ud83d\\\" \\\\\"", "\"\\u00e9\\ud83d\\\" \\\\\""},
    {"\"\xc3\xa9\xf0\x9f\x98\x80\x7f\"", "\"\xc3\xa9\xf0\x9f\x98\x80\x7f\""},
    {"[ ]", "[]"},
    {"[[ ], { \"\" : 1 } ]", "[[],{\"\":1}]"},
};

START_TEST(json_line_drops_white_space_and_keeps_the_rest_8259_2)
{
    size_t len = strlen(good[_i].text);
    char *text = (char *)guard_copy(&memory, good[_i].text, len);
    char *dst = malloc(len);
    ssize_t n = json_line_compact(dst, text, len);

    ck_assert_int_eq(n, (ssize_t)strlen(good[_i].compact));
    ck_assert_mem_eq(dst, good[_i].compact, (size_t)n);
    ck_assert_int_eq(json_line_compact(text, text, len), n); /* in place */
    ck_assert_mem_eq(text, good[_i].compact, (size_t)n);
    free(dst);
}
END_TEST

static const char *const bad[] = {
    "",           " ",
    "007",        "-",
    "+1",         ".5",
    "1.",         "1e",
    "1e+",        "0x10",
    "NaN",        "Infinity",
    "tru",        "truex",
    "True",       "nul",
    "1 2",        "1,",
    "[1,]",       "[,1]",
    "[1 2]",      "[1",
    "]",          "[}",
    "{]",         "{\"a\"}",
    "{\"a\":}",   "{\"a\":1,}",
    "{a:1}",      "{1:1}",
    "{,}",        "{\"a\":1",
    "{\"a\" 1}",  "\"",
    "\"\\\"",     "\"\\x\"",
    "\"\\u1\"",   "\"\\u12g4\"",
    "\"\\u123",   "\"a\nb\"",
    "\"a\tb\"",   "\"\x1f\"",
    "'a'",        "// c\n1",
    "[1]//",      "\xef\xbb\xbf[]",
    "{\"a\":1}}", "[\"a\",\"b\":1]",
    "\\",
};

START_TEST(json_line_refuses_what_is_not_json_8259)
{
    size_t len = strlen(bad[_i]);
    char *text = (char *)guard_copy(&memory, bad[_i], len);
    char dst[64];

    ck_assert_int_eq(json_line_compact(dst, text, len), PL_EPROTO);
}
END_TEST

START_TEST(json_line_refuses_a_nul_byte)
{
    char dst[8];

    ck_assert_int_eq(json_line_compact(dst, "\"a\0b\"", 5), PL_EPROTO);
    ck_assert_int_eq(json_line_compact(dst, "1\0", 2), PL_EPROTO);
    ck_assert_int_eq(json_line_compact(dst, "\"\\\0\"", 4), PL_EPROTO);
}
END_TEST

START_TEST(json_line_refuses_text_that_is_not_utf8_8259_8_1)
{
    char dst[16];

    ck_assert_int_eq(json_line_compact(dst, "\"\xff\"", 3), PL_EUTF8);
    ck_assert_int_eq(json_line_compact(dst, "\"\xed\xa0\x80\"", 5), PL_EUTF8);
    ck_assert_int_eq(json_line_compact(dst, "\"\xc0\xaf\"", 4), PL_EUTF8);
    ck_assert_int_eq(json_line_compact(dst, "\"\xc3", 2), PL_EUTF8);
}
END_TEST

/* depth levels of arrays, or of objects. */
static ssize_t nested(size_t depth, bool objects)
{
    char text[8 * (JSON_LINE_MAX_DEPTH + 1) + 1];
    char *at = text;

    for (size_t i = 0; i < depth; i++)
        at = stpcpy(at, !objects ? "[" : i + 1 < depth ? "{\"\":" : "{");
    for (size_t i = 0; i < depth; i++)
        at = stpcpy(at, objects ? "}" : "]");
    return json_line_compact(text, text, (size_t)(at - text));
}

START_TEST(json_line_nests_64_levels_and_not_65)
{
    ck_assert_int_gt(nested(JSON_LINE_MAX_DEPTH, false), 0);
    ck_assert_int_gt(nested(JSON_LINE_MAX_DEPTH, true), 0);
    ck_assert_int_eq(nested(JSON_LINE_MAX_DEPTH + 1, false), PL_ELIMIT);
    ck_assert_int_eq(nested(JSON_LINE_MAX_DEPTH + 1, true), PL_ELIMIT);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("json_line");
    TCase *tc = tcase_create("json_line");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tc);
    tcase_add_unchecked_fixture(tc, set_up, tear_down);
    tcase_add_loop_test(tc, json_line_drops_white_space_and_keeps_the_rest_8259_2, 0,
                        sizeof good / sizeof *good);
    tcase_add_loop_test(tc, json_line_refuses_what_is_not_json_8259, 0, sizeof bad / sizeof *bad);
    tcase_add_test(tc, json_line_refuses_a_nul_byte);
    tcase_add_test(tc, json_line_refuses_text_that_is_not_utf8_8259_8_1);
    tcase_add_test(tc, json_line_nests_64_levels_and_not_65);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
