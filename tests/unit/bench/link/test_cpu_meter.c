/* The processor time of a window: work counts, busy-waiting counts apart. */
#include <check.h>
#include <cjson/cJSON.h>
#include <stdlib.h>
#include <time.h>

#include "bench/base/json.h"
#include "bench/link/cpu_meter.h"
#include "lib/base/clock.h"

/* Use so much processor time, however slow it is. */
static void burn(int64_t ns)
{
    clock_t until = clock() + (clock_t)(ns * CLOCKS_PER_SEC / NS_PER_S);

    while (clock() < until)
        ;
}

static cJSON *read_meter(const struct cpu_meter *m)
{
    struct buf text = {0};
    struct writer w = {.out = &text};
    cJSON *root;

    cpu_meter_json(m, &w);
    root = cJSON_ParseWithLength((const char *)text.data, text.len);
    ck_assert_ptr_nonnull(root);
    buf_free(&text);
    return root;
}

START_TEST(a_window_has_its_work_and_its_busy_waiting)
{
    struct cpu_meter m = {.spinning = false};
    cJSON *root;

    burn(5 * NS_PER_MS); /* before the row: in nothing */
    cpu_meter_reset(&m);
    cpu_meter_set_window(&m, 1000, 2000);
    burn(20 * NS_PER_MS); /* before the window */
    cpu_meter_wake(&m, 999);
    cpu_meter_wake(&m, 1000);
    burn(40 * NS_PER_MS);
    cpu_meter_spin(&m, true);
    cpu_meter_spin(&m, true);
    burn(30 * NS_PER_MS);
    root = read_meter(&m);
    ck_assert(cJSON_IsNull(json_at(root, "window")));
    cJSON_Delete(root);
    cpu_meter_wake(&m, 2500); /* the first wake after the end, still spinning */
    cpu_meter_spin(&m, false);
    burn(10 * NS_PER_MS);
    root = read_meter(&m);
    ck_assert_double_ge(json_number(root, "window.cpu_us"), 40000);
    ck_assert_double_lt(json_number(root, "window.cpu_us"), 50000);
    ck_assert_double_ge(json_number(root, "window.spin_us"), 30000);
    ck_assert_double_lt(json_number(root, "window.spin_us"), 40000);
    ck_assert_double_ge(json_number(root, "cpu_us"), 70000);
    ck_assert_double_lt(json_number(root, "cpu_us"), 85000);
    cJSON_Delete(root);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("cpu_meter");
    TCase *tc = tcase_create("meter");
    SRunner *r = srunner_create(s);
    int failed;

    tcase_add_test(tc, a_window_has_its_work_and_its_busy_waiting);
    suite_add_tcase(s, tc);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
