/* bench/base/machine_text.c: what the kernel writes about processor time */
#include <check.h>
#include <math.h>
#include <stdlib.h>

#include "bench/base/machine_text.h"

static const char pressure[] = "some avg10=0.69 avg60=2.41 avg300=1.53 total=23148414\n"
                               "full avg10=0.10 avg60=0.20 avg300=0.30 total=17\n";
static const char stat[] = "cpu  27247 0 14602 307347 1762 0 157 287 0 0\n"
                           "cpu0 12693 0 6834 155788 228 0 24 136 0 0\n"
                           "intr 1\n";
static const char v2[] = "usage_usec 300\nnr_periods 9\nnr_throttled 4\nthrottled_usec 5120\n";
static const char v1[] = "nr_periods 9\nnr_throttled 4\nthrottled_time 5120000\n";

static const struct {
    const char *text, *line, *key;
    int n;
    double number; /* NAN: none */
} numbers[] = {
    {pressure, "some ", "total=", 1, 23148414},
    {pressure, "some ", "avg60=", 1, 2.41},
    {pressure, "full ", "total=", 1, 17},
    {pressure, "none ", "total=", 1, NAN},
    {pressure, "some ", "absent=", 1, NAN},
    {"some avg10=0\nfull total=17\n", "some ", "total=", 1, NAN}, /* another line's */
    {stat, "cpu ", "", 8, 287},
    {stat, "cpu0 ", "", 8, 136},
    {stat, "cpu ", "", 11, NAN},
    {stat, "intr ", "", 2, NAN},
    {v2, "throttled_usec ", "", 1, 5120},
    {v2, "nr_throttled ", "", 1, 4},
    {v1, "throttled_usec ", "", 1, NAN},
    {v1, "throttled_time ", "", 1, 5120000},
    {"68043968 29714352 197\n", "", "", 1, 68043968},
    {"68043968 29714352 197\n", "", "", 2, 29714352},
    {"68043968 29714352 197\n", "", "", 3, 197},
    {"68043968 29714352 197\n", "", "", 4, NAN},
    {"-1\n", "", "", 1, -1},
    {"", "", "", 1, NAN},
    {"\n5\n", "", "", 1, NAN},
};

START_TEST(numbers_are_found_by_line_key_and_place)
{
    double number =
        machine_text_number(numbers[_i].text, numbers[_i].line, numbers[_i].key, numbers[_i].n);

    if (isnan(numbers[_i].number))
        ck_assert_double_nan(number);
    else
        ck_assert_double_eq(number, numbers[_i].number);
}
END_TEST

START_TEST(a_quota_is_in_cores)
{
    ck_assert_double_eq(machine_text_quota("20000 100000\n"), 0.2);
    ck_assert_double_eq(machine_text_quota("300000 100000\n"), 3);
    ck_assert_double_infinite(machine_text_quota("max 100000\n"));
    ck_assert_double_nan(machine_text_quota(""));
    ck_assert_double_nan(machine_text_quota("20000\n"));
}
END_TEST

static const struct {
    const char *text, *controller, *path; /* path NULL: none */
} cgroups[] = {
    {"0::/user.slice/x\n", "", "/user.slice/x"},
    {"0::/user.slice/x\n", "cpu", NULL},
    {"9:name=systemd:/s\n3:cpuset:/set\n2:cpuacct:/a\n1:cpu:/c\n0::/u\n", "cpu", "/c"},
    {"9:name=systemd:/s\n3:cpuset:/set\n2:cpuacct:/a\n1:cpu:/c\n0::/u\n", "", "/u"},
    {"4:cpu,cpuacct:/docker/1f:2\n", "cpu", "/docker/1f:2"},
    {"4:cpuacct,cpu:/d\n", "cpu", "/d"},
    {"3:cpuset:/set\n", "cpu", NULL},
    {"0::/12345678901234567890\n", "", NULL}, /* does not fit */
    {"0::", "", ""},
    {"0:", "", NULL},
    {"", "", NULL},
};

START_TEST(a_cgroup_is_found_by_its_controller)
{
    char path[20] = "untouched";
    bool found = machine_text_cgroup(cgroups[_i].text, cgroups[_i].controller, path, sizeof path);

    ck_assert_int_eq(found, cgroups[_i].path != NULL);
    if (found)
        ck_assert_str_eq(path, cgroups[_i].path);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("machine_text");
    TCase *t = tcase_create("texts");
    SRunner *r = srunner_create(s);
    int failed;

    tcase_add_loop_test(t, numbers_are_found_by_line_key_and_place, 0,
                        (int)(sizeof numbers / sizeof *numbers));
    tcase_add_test(t, a_quota_is_in_cores);
    tcase_add_loop_test(t, a_cgroup_is_found_by_its_controller, 0,
                        (int)(sizeof cgroups / sizeof *cgroups));
    suite_add_tcase(s, t);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
