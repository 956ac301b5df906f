/* bench/result/folder.c: half a run never looks whole, and no whole run is overwritten. */
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/base/file.h"
#include "bench/result/folder.h"
#include "bench/base/json.h"

static char results[64];
static struct folder folder;
static struct err_text error;

static void set_up(void)
{
    snprintf(results, sizeof results, "/tmp/pushlab-test-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(results));
    folder = (struct folder){0};
}

static void tear_down(void)
{
    file_remove_folder(results);
}

static void open_folder(void)
{
    int rc = folder_open(&folder, results, "x", &error);

    ck_assert_msg(rc == 0, "%s", error.text);
}

static void save(const char *text)
{
    cJSON *run = cJSON_Parse(text);

    ck_assert_int_eq(folder_save(&folder, run, &error), 0);
    cJSON_Delete(run);
}

static bool exists(const char *dir, const char *name)
{
    char path[PATH_MAX];

    snprintf(path, sizeof path, "%.2000s/%s", dir, name);
    return access(path, F_OK) == 0;
}

START_TEST(folder_is_hidden_until_it_is_published)
{
    open_folder();
    ck_assert_ptr_nonnull(strstr(folder.path, "/.tmp-"));
    save("{\"rows\":[]}");
    ck_assert(!exists(results, folder.name));
    ck_assert(!exists(results, "latest"));
    ck_assert_int_eq(folder_publish(&folder, true, &error), 0);
    ck_assert(exists(results, folder.name));
    ck_assert(exists(folder.path, "run.json"));
    ck_assert(exists(folder.path, "summary.csv"));
    ck_assert(exists(results, "latest/run.json"));
}
END_TEST

START_TEST(folder_of_a_partial_run_leaves_latest_alone)
{
    char path[PATH_MAX], complete[sizeof folder.name], target[256] = "";

    open_folder();
    save("{\"rows\":[]}");
    ck_assert_int_eq(folder_publish(&folder, false, &error), 0);
    ck_assert(exists(folder.path, "run.json"));
    ck_assert(!exists(results, "latest"));
    open_folder();
    save("{\"rows\":[]}");
    ck_assert_int_eq(folder_publish(&folder, true, &error), 0);
    strcpy(complete, folder.name);
    open_folder();
    save("{\"rows\":[]}");
    ck_assert_int_eq(folder_publish(&folder, false, &error), 0);
    snprintf(path, sizeof path, "%.2000s/latest", results);
    ck_assert_int_gt(readlink(path, target, sizeof target - 1), 0);
    ck_assert_str_eq(target, complete);
}
END_TEST

START_TEST(folder_takes_another_name_when_its_own_is_taken)
{
    char first[sizeof folder.name], path[PATH_MAX], target[256];
    ssize_t len;

    open_folder();
    save("{\"n\":1}");
    strcpy(first, folder.name);
    ck_assert_int_eq(folder_publish(&folder, true, &error), 0);
    open_folder();
    strcpy(folder.name, first); /* as if within the same second */
    save("{\"n\":2}");
    ck_assert_int_eq(folder_publish(&folder, true, &error), 0);
    ck_assert_str_ne(folder.name, first);
    ck_assert_ptr_eq(strstr(folder.name, first), folder.name);
    snprintf(path, sizeof path, "%s/latest", results);
    len = readlink(path, target, sizeof target - 1);
    ck_assert_int_gt(len, 0);
    target[len] = '\0';
    ck_assert_str_eq(target, folder.name); /* relative: results/ can be moved */
}
END_TEST

/* Make RESULTS/NAME, with a run.json or without. */
static void leave(const char *name, bool with_run)
{
    char path[PATH_MAX];
    FILE *f;

    snprintf(path, sizeof path, "%.2000s/%s", results, name);
    ck_assert_int_eq(mkdir(path, 0777), 0);
    if (!with_run)
        return;
    strcat(path, "/run.json");
    f = fopen(path, "w");
    ck_assert_ptr_nonnull(f);
    fclose(f);
}

START_TEST(folder_knows_the_last_run_of_its_scenario)
{
    char path[PATH_MAX], expected[PATH_MAX];

    open_folder();
    save("{\"rows\":[]}");
    leave("20010101T000000Z-other-x", true);
    leave("20010101T000000Z-xx", true);
    ck_assert_int_eq(folder_publish(&folder, true, &error), 0);
    ck_assert(!folder_before(&folder, path));
    leave("20010101T000000Z-x", true);
    leave("20020101T000000Z-x", true);
    leave("20030101T000000Z-x", false);
    leave("99990101T000000Z-x", true); /* after this one */
    ck_assert(folder_before(&folder, path));
    snprintf(expected, sizeof expected, "%.2000s/20020101T000000Z-x", results);
    ck_assert_str_eq(path, expected);
}
END_TEST

START_TEST(folder_that_is_discarded_leaves_nothing)
{
    open_folder();
    save("{}");
    folder_discard(&folder);
    ck_assert_int_ne(access(folder.path, F_OK), 0);
}
END_TEST

START_TEST(folder_drops_the_files_of_a_row)
{
    char path[PATH_MAX];

    open_folder();
    folder_row_file(&folder, path, "latency-", "sse", ".hlog");
    ck_assert_int_eq(file_write(path, "x", 1, &error), 0);
    folder_row_file(&folder, path, "latency-", "stream", ".hlog");
    ck_assert_int_eq(file_write(path, "x", 1, &error), 0);
    folder_drop_row(&folder, "sse");
    ck_assert(!exists(folder.path, "latency-sse.hlog"));
    ck_assert(exists(folder.path, "latency-stream.hlog"));
}
END_TEST

static void write_row_file(const char *prefix, const char *id, const char *suffix, char text)
{
    char path[PATH_MAX];

    folder_row_file(&folder, path, prefix, id, suffix);
    ck_assert_int_eq(file_write(path, &text, 1, &error), 0);
}

START_TEST(folder_moves_the_files_of_a_row)
{
    struct buf text = {0};
    char path[PATH_MAX];

    open_folder();
    write_row_file("latency-", "sse", ".hlog", 'n');
    write_row_file("latency-", "sse~", ".hlog", 'o');
    write_row_file("wire-", "sse~", ".pcapng", 'o');
    ck_assert_int_eq(folder_move_row(&folder, "sse", "sse~", &error), 0);
    ck_assert(!exists(folder.path, "latency-sse.hlog"));
    ck_assert(!exists(folder.path, "wire-sse~.pcapng")); /* nothing of two attempts together */
    folder_row_file(&folder, path, "latency-", "sse~", ".hlog");
    ck_assert_int_eq(file_read(&text, path, 10, &error), 0);
    ck_assert_str_eq((const char *)text.data, "n");
    buf_free(&text);
}
END_TEST

START_TEST(folder_says_which_path_cannot_be_made)
{
    char path[128], wanted[200];

    snprintf(path, sizeof path, "%s/file", results);
    ck_assert_int_eq(file_write(path, "x", 1, &error), 0);
    snprintf(wanted, sizeof wanted, "mkdir %s: Not a directory", path);
    ck_assert_int_eq(folder_open(&folder, path, "x", &error), PL_ESYS);
    ck_assert_str_eq(error.text, wanted);
    ck_assert_int_eq(folder_open(&folder, "", "x", &error), PL_EINVAL);
}
END_TEST

START_TEST(file_write_that_fails_leaves_what_was_there)
{
    char path[128];
    struct buf text = {0};
    struct rlimit limit, none = {0};

    snprintf(path, sizeof path, "%s/file", results);
    ck_assert_int_eq(file_write(path, "old", 3, &error), 0);
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &limit);
    none.rlim_max = limit.rlim_max;
    setrlimit(RLIMIT_FSIZE, &none); /* as a full disk */
    ck_assert_int_eq(file_write(path, "new", 3, &error), PL_ESYS);
    setrlimit(RLIMIT_FSIZE, &limit);
    ck_assert_int_eq(file_read(&text, path, 100, &error), 0);
    ck_assert_str_eq((const char *)text.data, "old");
    buf_free(&text);
    ck_assert_int_eq(file_read(&text, path, 2, &error), PL_ELIMIT);
    buf_free(&text);
}
END_TEST

START_TEST(json_text_is_utf8_whatever_came_in)
{
    static const struct {
        const char *in, *out;
    } texts[] = {
        {"plain µs", "plain µs"}, {"\xff", "?"},        {"a\xc3", "a?"},
        {"\xc3(", "?("},          {"\xe2\x82x", "??x"}, {"\xed\xa0\x80 ", "??? "},
        {"\xf0\x9f\x98", "???"},  {"\xc0\xaf", "??"},   {"", ""},
    };

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        cJSON *o = cJSON_CreateObject();

        json_add_text(o, "t", texts[i].in);
        ck_assert_str_eq(json_text(o, "t"), texts[i].out);
        cJSON_Delete(o);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("folder");
    TCase *tc = tcase_create("folder");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tc);
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, folder_is_hidden_until_it_is_published);
    tcase_add_test(tc, folder_of_a_partial_run_leaves_latest_alone);
    tcase_add_test(tc, folder_takes_another_name_when_its_own_is_taken);
    tcase_add_test(tc, folder_knows_the_last_run_of_its_scenario);
    tcase_add_test(tc, folder_that_is_discarded_leaves_nothing);
    tcase_add_test(tc, folder_drops_the_files_of_a_row);
    tcase_add_test(tc, folder_moves_the_files_of_a_row);
    tcase_add_test(tc, folder_says_which_path_cannot_be_made);
    tcase_add_test(tc, file_write_that_fails_leaves_what_was_there);
    tcase_add_test(tc, json_text_is_utf8_whatever_came_in);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
