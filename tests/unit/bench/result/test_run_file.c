/* bench/result/run_file.c: a folder or a file, older runs too, and one line for what is no run. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/file.h"
#include "bench/base/json.h"
#include "bench/result/run_file.h"

static char dir[64], file[PATH_MAX];

static void make_dir(void)
{
    snprintf(dir, sizeof dir, "/tmp/test-run-file-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    ck_assert_int_eq(run_file_path(file, dir, "run", "", ".json", NULL), 0);
}

static void remove_dir(void)
{
    file_remove_folder(dir);
}

static void put(const char *text)
{
    struct err_text e;

    ck_assert_msg(file_write(file, text, strlen(text), &e) == 0, "%s", e.text);
}

START_TEST(a_run_is_read_by_its_folder_or_its_file)
{
    const char *const paths[] = {dir, file};
    struct err_text e = {""};
    cJSON *run;

    put("{\"schema\":1,\"rows\":[{\"id\":\"sse\"},{\"id\":\"stream\"}]}");
    for (size_t i = 0; i < 2; i++) {
        ck_assert_msg(run_file_read(&run, paths[i], &e) == 0, "%s", e.text);
        ck_assert_str_eq(json_text(run_file_row(run, "stream"), "id"), "stream");
        ck_assert_ptr_null(run_file_row(run, "websocket"));
        cJSON_Delete(run);
    }
    put("{\"rows\":[]}"); /* before there was a schema; and nothing was measured */
    ck_assert_int_eq(run_file_read(&run, dir, &e), 0);
    cJSON_Delete(run);
}
END_TEST

START_TEST(what_is_no_run_is_refused_in_one_line)
{
    static const struct {
        const char *text, *part;
    } files[] = {
        {"{\"schema\":2,\"rows\":[]}", "schema 2 is newer"},
        {"{\"schema\":1}", "no measured rows"},
        {"{\"schema\":1,\"rows\":7}", "no measured rows"},
        {"[", "not valid JSON"},
        {"", "not valid JSON"},
    };
    struct err_text e = {""};
    cJSON *run;

    put(files[_i].text);
    ck_assert_int_eq(run_file_read(&run, dir, &e), PL_EINVAL);
    ck_assert_ptr_null(run);
    ck_assert_ptr_eq(strstr(e.text, file), e.text);
    ck_assert_msg(strstr(e.text, files[_i].part) != NULL, "%s", e.text);
    ck_assert_ptr_null(strchr(e.text, '\n'));
    ck_assert_int_eq(run_file_read(&run, dir, NULL), PL_EINVAL);
}
END_TEST

START_TEST(what_is_not_there_is_named)
{
    char name[PATH_MAX + 8];
    struct err_text e = {""};
    cJSON *run;

    ck_assert_int_eq(run_file_read(&run, dir, &e), PL_ESYS);
    ck_assert_ptr_nonnull(strstr(e.text, "run.json: No such file"));
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    ck_assert_int_eq(run_file_read(&run, name, &e), PL_ESYS);
    ck_assert_int_eq(run_file_path(file, name, "run", "", ".json", &e), PL_EINVAL);
    ck_assert_ptr_nonnull(strstr(e.text, "too long"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("run_file");
    TCase *tc = tcase_create("run_file");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tc, make_dir, remove_dir);
    tcase_add_test(tc, a_run_is_read_by_its_folder_or_its_file);
    tcase_add_loop_test(tc, what_is_no_run_is_refused_in_one_line, 0, 5);
    tcase_add_test(tc, what_is_not_there_is_named);
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
