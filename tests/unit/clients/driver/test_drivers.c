#include <check.h>
#include <stdlib.h>

#include "clients/driver/drivers.h"

START_TEST(every_transport_has_its_driver)
{
    for (size_t i = 0; i < TRANSPORT_COUNT; i++)
        ck_assert_ptr_eq(drivers[i]->info, &transport_infos[i]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("drivers");
    TCase *tc = tcase_create("drivers");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tc, every_transport_has_its_driver);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
