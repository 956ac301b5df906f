#include <check.h>
#include <stdlib.h>

#include "clients/record/counters.h"

START_TEST(refusals_are_counted_by_status)
{
    struct refusals r = {.n = 0};
    struct buf out = {0};
    struct json json = {.out = &out};

    json_begin(&json, NULL);
    refusals_json(&r, &json, "none");
    refusals_add(&r, 504);
    refusals_add(&r, 502);
    refusals_add(&r, 502);
    refusals_json(&r, &json, "some");
    json_end(&json);
    ck_assert_int_eq(json.err, 0);
    for (int status = 400; status < 400 + 2 * REFUSALS_MAX; status++)
        refusals_add(&r, status);
    refusals_add(&r, 504); /* known ones go on */
    ck_assert_uint_eq(r.n, REFUSALS_MAX);
    ck_assert_uint_eq(r.of[0].count, 2);
    ck_assert_int_eq(buf_add(&out, "", 1), 0);
    ck_assert_str_eq((const char *)out.data, "{\"none\":{},\"some\":{\"504\":1,\"502\":2}}");
    buf_free(&out);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("counters");
    TCase *tc = tcase_create("counters");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tc, refusals_are_counted_by_status);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
