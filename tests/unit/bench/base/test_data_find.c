/* bench/base/data_find.c: where files are found that come along */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/base/data_find.h"

START_TEST(files_and_folders_of_the_source_tree_are_found)
{
    char path[256];

    ck_assert(data_find(path, sizeof path, DATA_SCENARIOS, "smoke.json"));
    ck_assert_str_eq(path, "bench/scenarios/smoke.json");
    ck_assert(data_find(path, sizeof path, DATA_STUDIES, "rfc-6202.json"));
    ck_assert(data_find(path, sizeof path, DATA_LINKS, ""));
    ck_assert_str_eq(path, "bench/link/profiles");
    ck_assert(data_find(path, sizeof path, DATA_CHARTS, "style.gp"));
    ck_assert(!data_find(path, sizeof path, DATA_CHARTS, "nonesuch.gp"));
}
END_TEST

/* Tests are built three folders below the tree. */
START_TEST(the_tree_of_the_program_is_found_from_elsewhere)
{
    char path[4096];

    ck_assert_int_eq(chdir("/"), 0);
    ck_assert(data_find(path, sizeof path, DATA_SCENARIOS, "smoke.json"));
    ck_assert_int_eq(access(path, R_OK), 0);
}
END_TEST

START_TEST(a_folder_that_the_environment_names_is_the_only_one)
{
    char path[256];

    ck_assert_int_eq(setenv("PUSHLAB_LINKS", "bench/scenarios", 1), 0);
    ck_assert(data_find(path, sizeof path, DATA_LINKS, "smoke.json"));
    ck_assert_str_eq(path, "bench/scenarios/smoke.json");
    ck_assert(!data_find(path, sizeof path, DATA_LINKS, "4g.link"));
    ck_assert(data_find(path, sizeof path, DATA_SCENARIOS, "smoke.json"));
}
END_TEST

START_TEST(a_path_that_is_too_long_is_not_found)
{
    char path[10];

    ck_assert(!data_find(path, sizeof path, DATA_SCENARIOS, "smoke.json"));
}
END_TEST

START_TEST(a_list_has_every_file_once_and_those_in_folders_last)
{
    struct data_list list;
    bool folders = false;

    ck_assert_int_eq(data_list_make(&list, DATA_SCENARIOS), 0);
    ck_assert_uint_gt(list.n, 10);
    for (size_t i = 0; i < list.n; i++) {
        const char *slash = strchr(list.at[i].name, '/');

        ck_assert_int_eq(access(list.at[i].path, R_OK), 0);
        if (i > 0 && (slash != NULL) == folders)
            ck_assert_int_lt(strcmp(list.at[i - 1].name, list.at[i].name), 0);
        ck_assert(slash != NULL || !folders);
        folders = slash != NULL;
    }
    ck_assert(folders);
    ck_assert_str_eq(data_list_nearest(&list, "somke"), "smoke");
    ck_assert_str_eq(data_list_nearest(&list, "balancers/kinsd.json"), "balancers/kinds");
    ck_assert_ptr_null(data_list_nearest(&list, "frobnicate"));
    data_list_free(&list);
}
END_TEST

START_TEST(a_word_is_a_name_with_or_without_its_suffix_or_a_file)
{
    char path[4096];

    data_find_word(path, sizeof path, DATA_STUDIES, "rfc-6202");
    ck_assert_str_eq(path, "bench/studies/rfc-6202.json");
    data_find_word(path, sizeof path, DATA_STUDIES, "rfc-6202.json");
    ck_assert_str_eq(path, "bench/studies/rfc-6202.json");
    data_find_word(path, sizeof path, DATA_STUDIES, "README.md");
    ck_assert_str_eq(path, "README.md");
    data_find_word(path, sizeof path, DATA_STUDIES, "nonesuch");
    ck_assert_str_eq(path, "nonesuch");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("data_find");
    TCase *t = tcase_create("data_find");
    SRunner *r = srunner_create(s);
    int failed;

    tcase_add_test(t, files_and_folders_of_the_source_tree_are_found);
    tcase_add_test(t, the_tree_of_the_program_is_found_from_elsewhere);
    tcase_add_test(t, a_folder_that_the_environment_names_is_the_only_one);
    tcase_add_test(t, a_list_has_every_file_once_and_those_in_folders_last);
    tcase_add_test(t, a_word_is_a_name_with_or_without_its_suffix_or_a_file);
    tcase_add_test(t, a_path_that_is_too_long_is_not_found);
    suite_add_tcase(s, t);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
