#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/study/formula.h"

/* "[N]" is worth N, "[no]" nothing, "[bad]" is refused. */
static int value_of(void *arg, const char *ref, size_t len, double *out, struct err_text *e)
{
    (void)arg;
    if (strncmp(ref, "bad", len) == 0)
        return err_set(e, PL_EINVAL, "bad reference");
    *out = strncmp(ref, "no", len) == 0 ? NAN : atof(ref);
    return PL_OK;
}

static double value(const char *text)
{
    struct err_text e = {""};
    double out = NAN;

    ck_assert_msg(formula_eval(&out, text, value_of, NULL, &e) == PL_OK, "%s", e.text);
    return out;
}

START_TEST(formula_is_arithmetic)
{
    ck_assert_double_eq(value("1 + 2 * 3 - 4 / 2"), 5);
    ck_assert_double_eq(value("(1 + 2) * 3"), 9);
    ck_assert_double_eq(value("8 / 4 / 2"), 1);
    ck_assert_double_eq(value("-2 * -(3)"), 6);
    ck_assert_double_eq(value("1e3 + 0.5"), 1000.5);
    ck_assert_double_eq(value("[6] / [3]"), 2);
    ck_assert_double_eq(value("max(1, [4], 2) - min(3, 5)"), 1);
    ck_assert_double_eq(value(" 871*8 * 100000 / 1048576 "), 871.0 * 8e5 / 1048576);
}
END_TEST

START_TEST(formula_of_what_is_not_known_is_not_known)
{
    ck_assert(isnan(value("[no] + 1")));
    ck_assert(isnan(value("1 / (2 - 2)")));
    ck_assert(isnan(value("max(1, [no])")));
    ck_assert(isnan(value("min([no], 1)")));
}
END_TEST

static const struct {
    const char *text, *message;
} refusals[] = {
    {"", "'': a number or a [reference] is missing at 1"},
    {"2 +", "'2 +': a number or a [reference] is missing at 4"},
    {"2 3", "'2 3': an operator is missing at 3"},
    {"(2", "'(2': ')' is missing at 3"},
    {"max(2", "'max(2': ')' is missing at 6"},
    {"[2", "'[2': ']' is missing at 3"},
    {"[2[3]]", "'[2[3]]': ']' is missing at 3"},
    {"nan", "'nan': a number or a [reference] is missing at 1"},
    {"1 + [bad]", "bad reference"},
};

START_TEST(formula_refuses_naming_the_place)
{
    struct err_text e = {""};
    double out;

    ck_assert_int_eq(formula_eval(&out, refusals[_i].text, value_of, NULL, &e), PL_EINVAL);
    ck_assert_str_eq(e.text, refusals[_i].message);
}
END_TEST

START_TEST(formula_is_not_nested_without_end)
{
    char text[4000];
    struct err_text e;
    double out;

    memset(text, '(', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    ck_assert_int_eq(formula_eval(&out, text, value_of, NULL, &e), PL_EINVAL);
    ck_assert_ptr_nonnull(strstr(e.text, "nested too deeply at"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("formula");
    TCase *tc = tcase_create("formula");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tc, formula_is_arithmetic);
    tcase_add_test(tc, formula_of_what_is_not_known_is_not_known);
    tcase_add_loop_test(tc, formula_refuses_naming_the_place, 0,
                        sizeof refusals / sizeof *refusals);
    tcase_add_test(tc, formula_is_not_nested_without_end);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
