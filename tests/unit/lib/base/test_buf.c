/* lib/base/buf.c */
#include <check.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"

START_TEST(buf_keeps_what_was_added_while_it_grows)
{
    struct buf b = {0};

    for (int i = 0; i < 1000; i++)
        ck_assert_int_eq(buf_printf(&b, "%03d", i), 0);
    ck_assert_uint_eq(b.len, 3000);
    ck_assert_mem_eq(b.data, "000001002", 9);
    ck_assert_mem_eq(b.data + 2997, "999", 3);
    buf_free(&b);
}
END_TEST

START_TEST(buf_drain_drops_the_front_and_keeps_the_capacity)
{
    struct buf b = {0};
    size_t cap;

    ck_assert_int_eq(buf_add(&b, "abcdef", 6), 0);
    cap = b.cap;
    buf_drain(&b, 4);
    ck_assert_uint_eq(b.len, 2);
    ck_assert_mem_eq(b.data, "ef", 2);
    buf_drain(&b, 2);
    ck_assert_uint_eq(b.len, 0);
    ck_assert_uint_eq(b.cap, cap);
    buf_free(&b);
}
END_TEST

START_TEST(buf_refuses_a_size_that_overflows_and_keeps_its_data)
{
    struct buf b = {0};

    ck_assert_int_eq(buf_add(&b, "abc", 3), 0);
    ck_assert_int_eq(buf_reserve(&b, SIZE_MAX), PL_ENOMEM);
    ck_assert_uint_eq(b.len, 3);
    ck_assert_mem_eq(b.data, "abc", 3);
    buf_free(&b);
}
END_TEST

START_TEST(buf_owns_nothing_until_something_is_added)
{
    struct buf b = {0};

    ck_assert_int_eq(buf_add(&b, NULL, 0), 0);
    buf_drain(&b, 0);
    ck_assert_ptr_null(b.data);
    ck_assert_int_eq(buf_add(&b, "x", 1), 0);
    buf_free(&b);
    ck_assert_ptr_null(b.data);
    ck_assert_uint_eq(b.cap, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("buf");
    TCase *tc = tcase_create("buf");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tc);
    tcase_add_test(tc, buf_keeps_what_was_added_while_it_grows);
    tcase_add_test(tc, buf_drain_drops_the_front_and_keeps_the_capacity);
    tcase_add_test(tc, buf_refuses_a_size_that_overflows_and_keeps_its_data);
    tcase_add_test(tc, buf_owns_nothing_until_something_is_added);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
