#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/base/visible.h"

START_TEST(visible_cut_fits_the_columns)
{
    static const struct {
        const char *text;
        size_t columns;
        const char *out;
    } vectors[] = {
        {"abc", 3, "abc"},
        {"abcd", 3, "ab…"},
        {"äöü", 3, "äöü"},
        {"äöüß", 3, "äö…"},
        {"a\033[31mb", 10, "a?[31mb"}, /* no escape sequence gets through */
        {"a\x7f\xc2\x9b"
         "b",
         10, "a???b"}, /* DEL, and CSI as a C1 control */
        {"a\xff"
         "b\xe2\x82",
         10, "a?b??"},                            /* not UTF-8, cut short */
        {"5\u202e6", 10, "5???6"},                /* right-to-left override */
        {"\u2066a\u2069\u061c", 20, "???a?????"}, /* isolates, the Arabic letter mark */
        {"a\u2028b", 10, "a???b"},                /* line separator */
        {"x\U000e0041", 10, "x????"},             /* a tag */
        {"\U0001f600 א ä", 10, "\U0001f600 א ä"},
        {"", 3, ""},
        {"abc", 0, ""},
    };
    char out[64];

    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        size_t len = visible_cut(out, vectors[i].text, strlen(vectors[i].text), vectors[i].columns);

        ck_assert_str_eq(out, vectors[i].out);
        ck_assert_uint_eq(len, strlen(out));
    }
}
END_TEST

START_TEST(a_line_stays_one_line)
{
    char line[] = "\033]0;owned\007a\nb\xc2\x9b"
                  "31m";

    visible_make(line);
    ck_assert_str_eq(line, "?]0;owned?a?b??31m");
}
END_TEST

START_TEST(every_code_point_is_shown_whole_or_not_at_all)
{
    static const struct {
        const char *text;
        size_t bytes;
    } vectors[] = {{"a", 1},  {"\xc2\xa0", 2}, {"\u20ac", 3},       {"\U0001f600", 4},
                   {"\t", 0}, {"\x80", 0},     {"\xed\xa0\x80", 0}, {"\xf8", 0}};

    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        ck_assert_uint_eq(visible_bytes(vectors[i].text, strlen(vectors[i].text)),
                          vectors[i].bytes);
        if (vectors[i].bytes > 1)
            ck_assert_uint_eq(visible_bytes(vectors[i].text, vectors[i].bytes - 1), 0);
    }
}
END_TEST

/* Error lines quote options, files and peers. */
START_TEST(an_error_line_is_safe_to_print)
{
    struct err_text e;

    ck_assert_int_eq(err_set(&e, PL_EINVAL, "'%s' is not a URL", "\033[2J\u202e"), PL_EINVAL);
    ck_assert_str_eq(e.text, "'?[2J??"
                             "?' is not a URL");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("visible");
    TCase *tc = tcase_create("visible");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tc, visible_cut_fits_the_columns);
    tcase_add_test(tc, a_line_stays_one_line);
    tcase_add_test(tc, every_code_point_is_shown_whole_or_not_at_all);
    tcase_add_test(tc, an_error_line_is_safe_to_print);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
