#include <check.h>
#include <stdlib.h>

#include "lib/proto/transport_info.h"

START_TEST(each_is_found_by_its_name)
{
    for (size_t i = 0; i < TRANSPORT_COUNT; i++) {
        ck_assert_uint_eq(transport_infos[i].id, i);
        ck_assert_str_eq(transport_infos[i].name, transport_names[i]);
        ck_assert_ptr_eq(transport_info_find(transport_names[i]), &transport_infos[i]);
    }
    ck_assert_ptr_null(transport_names[TRANSPORT_COUNT]);
    ck_assert_ptr_null(transport_info_find("carrier-pigeon"));
}
END_TEST

START_TEST(a_row_is_complete_and_shares_nothing)
{
    for (size_t i = 0; i < TRANSPORT_COUNT; i++) {
        const struct transport_info *t = &transport_infos[i];

        ck_assert_int_eq(t->path[0], '/');
        ck_assert_str_ne(t->label, "");
        ck_assert_str_ne(t->short_label, "");
        ck_assert_str_ne(t->how, "");
        for (size_t k = 0; k < i; k++) {
            ck_assert_str_ne(t->path, transport_infos[k].path);
            ck_assert_uint_ne(t->rgb, transport_infos[k].rgb);
            ck_assert_uint_ne(t->ansi256, transport_infos[k].ansi256);
            ck_assert_uint_ne(t->symbol, transport_infos[k].symbol);
        }
    }
}
END_TEST

START_TEST(only_polls_can_close_after_each_response)
{
    ck_assert(transport_info_polls(&transport_infos[TRANSPORT_SHORT_POLL]));
    ck_assert(transport_info_polls(&transport_infos[TRANSPORT_LONG_POLL]));
    ck_assert(!transport_info_polls(&transport_infos[TRANSPORT_STREAM]));
    ck_assert(!transport_info_polls(&transport_infos[TRANSPORT_SSE]));
    ck_assert(!transport_info_polls(&transport_infos[TRANSPORT_WEBSOCKET]));
    ck_assert_str_eq(connection_modes[CONNECTION_CLOSE], "close");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("transport_info");
    TCase *tc = tcase_create("transport_info");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tc);
    tcase_add_test(tc, each_is_found_by_its_name);
    tcase_add_test(tc, a_row_is_complete_and_shares_nothing);
    tcase_add_test(tc, only_polls_can_close_after_each_response);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
