#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/err.h"
#include "lib/base/file_put.h"

static char folder[64];

static void set_up(void)
{
    snprintf(folder, sizeof folder, "/tmp/pushlab-file-put-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_assert_int_eq(chdir(folder), 0);
}

static void tear_down(void)
{
    char command[96];

    snprintf(command, sizeof command, "rm -rf %s", folder);
    ck_assert_int_eq(system(command), 0);
}

static size_t entries(void)
{
    DIR *d = opendir(".");
    size_t n = 0;

    while (readdir(d) != NULL)
        n++;
    closedir(d);
    return n - 2;
}

static void holds(const char *path, const char *text)
{
    char got[32] = "";
    int fd = open(path, O_RDONLY);

    ck_assert_int_ge(read(fd, got, sizeof got - 1), 0);
    close(fd);
    ck_assert_str_eq(got, text);
}

START_TEST(a_file_is_replaced_and_nothing_else_is_left)
{
    struct stat st;

    umask(022);
    ck_assert_int_eq(file_put_try("f"), PL_OK);
    ck_assert_uint_eq(entries(), 0);
    ck_assert_int_eq(file_put("f", "old", 3), PL_OK);
    ck_assert_int_eq(file_put("f", "new", 3), PL_OK);
    holds("f", "new");
    ck_assert_uint_eq(entries(), 1);
    ck_assert_int_eq(stat("f", &st), 0);
    ck_assert_int_eq(st.st_mode & 0777, 0644);
}
END_TEST

/* Whatever name somebody could guess: the file behind the link stays as it is. */
START_TEST(a_planted_link_is_replaced_rather_than_followed)
{
    ck_assert_int_eq(file_put("victim", "kept", 4), PL_OK);
    ck_assert_int_eq(symlink("victim", "f.part"), 0);
    ck_assert_int_eq(symlink("victim", "f.tmp"), 0);
    ck_assert_int_eq(symlink("victim", "f"), 0);
    ck_assert_int_eq(file_put("f", "new", 3), PL_OK);
    holds("victim", "kept");
    holds("f", "new");
}
END_TEST

START_TEST(a_device_stays_a_device)
{
    struct stat st;

    ck_assert_int_eq(file_put_try("/dev/full"), PL_OK);
    ck_assert_int_eq(file_put("/dev/full", "x", 1), PL_ESYS);
    ck_assert_int_eq(errno, ENOSPC);
    ck_assert_int_eq(file_put("/dev/null", "x", 1), PL_OK);
    ck_assert_int_eq(stat("/dev/full", &st), 0);
    ck_assert(S_ISCHR(st.st_mode));
}
END_TEST

START_TEST(what_cannot_be_written_is_told_before_and_after)
{
    ck_assert_int_eq(file_put("no/such/folder", "x", 1), PL_ESYS);
    ck_assert_int_eq(errno, ENOENT);
    ck_assert_int_eq(file_put_try("no/such/folder"), PL_ESYS);
    ck_assert_int_eq(file_put(".", "x", 1), PL_ESYS);
    ck_assert_int_eq(errno, EISDIR);
    ck_assert_int_eq(file_put_try("."), PL_ESYS);
    ck_assert_uint_eq(entries(), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("file_put");
    TCase *tc = tcase_create("file_put");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, a_file_is_replaced_and_nothing_else_is_left);
    tcase_add_test(tc, a_planted_link_is_replaced_rather_than_followed);
    tcase_add_test(tc, a_device_stays_a_device);
    tcase_add_test(tc, what_cannot_be_written_is_told_before_and_after);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
