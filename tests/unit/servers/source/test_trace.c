/* Trace files: one update a line with its time offset. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "servers/source/trace.h"

/* The trace in a file of these lines; NULL as trace_load(). */
static struct model *load(const char *lines, bool loop, struct err_text *e)
{
    char path[] = "/tmp/pushlab-trace-XXXXXX";
    ssize_t len = (ssize_t)strlen(lines);
    int fd = mkstemp(path);
    struct model *m;

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, lines, strlen(lines)), len);
    close(fd);
    m = trace_load(path, loop, e);
    unlink(path);
    return m;
}

static void expect_next(struct model *m, int64_t due_ns, const char *data)
{
    struct post post;

    ck_assert_int_eq(m->due_ns, due_ns);
    m->next(m, &post);
    ck_assert_uint_eq(post.data_len, strlen(data));
    ck_assert_mem_eq(post.data, data, post.data_len);
}

START_TEST(reads_offsets_and_data)
{
    struct err_text e;
    struct model *m = load("{\"at_ms\":0,\"data\":{\"a\":[1,2]}}\n"
                           " { \"at_ms\" : 12.5 , \"data\" : \"x}\" } \r\n"
                           "  \n" /* blank */
                           "{\"at_ms\":12.5,\"data\":1.50}\n",
                           false, &e);

    ck_assert_ptr_nonnull(m);
    expect_next(m, 0, "{\"a\":[1,2]}");
    expect_next(m, 12500000, "\"x}\"");
    expect_next(m, 12500000, "1.50"); /* numbers stand as they were written */
    ck_assert_int_eq(m->due_ns, INT64_MAX);
    model_free(m);
}
END_TEST

static const struct {
    const char *line, *reason;
} bad[] = {
    {"not json", "line 2: not a JSON value"},
    {"[1]", "line 2: expected"},
    {"{\"data\":1,\"at_ms\":9}", "line 2: expected"},
    {"{\"at_ms\":\"9\",\"data\":1}", "line 2: expected"},
    {"{\"at_ms\":-1,\"data\":1}", "line 2: expected"},
    {"{\"at_ms\":9}", "line 2: expected"},
    {"{\"at_ms\":9,\"data\":1,\"more\":2}", "line 2: unknown key after data"},
    {"{\"at_ms\":9,\"data\":{},\"more\":{}}", "line 2: unknown key after data"},
    {"{\"at_ms\":4,\"data\":1}", "line 2: at_ms goes back in time"},
};

START_TEST(refuses_what_is_no_trace_and_names_the_line)
{
    char lines[128];
    struct err_text e;
    const char *reason;

    snprintf(lines, sizeof lines, "{\"at_ms\":5,\"data\":1}\n%s\n", bad[_i].line);
    ck_assert_ptr_null(load(lines, false, &e));
    reason = strstr(e.text, "line ");
    ck_assert_ptr_nonnull(reason);
    ck_assert_mem_eq(reason, bad[_i].reason, strlen(bad[_i].reason));
}
END_TEST

START_TEST(loop_period_is_last_offset_plus_average_gap)
{
    struct err_text e;
    struct model *m = load("{\"at_ms\":0,\"data\":1}", true, &e);

    for (int64_t i = 0; i < 3; i++)
        expect_next(m, i * 1000000000, "1");
    model_free(m);
    m = load("{\"at_ms\":0,\"data\":1}\n{\"at_ms\":10,\"data\":2}\n{\"at_ms\":40,\"data\":3}\n",
             true, &e);
    for (int64_t round_ns = 0; round_ns < 180000000; round_ns += 60000000) {
        expect_next(m, round_ns, "1");
        expect_next(m, round_ns + 10000000, "2");
        expect_next(m, round_ns + 40000000, "3");
    }
    model_free(m);
}
END_TEST

START_TEST(file_errors_name_the_file)
{
    char path[] = "/tmp/pushlab-trace-XXXXXX";
    int fd = mkstemp(path);
    struct err_text e;

    ck_assert_int_ge(fd, 0);
    ck_assert_ptr_null(trace_load(path, false, &e)); /* empty */
    ck_assert_ptr_nonnull(strstr(e.text, path));
    ck_assert_int_eq(dprintf(fd, "{\"at_ms\":0,\"data\":1}\noops\n") > 0, 1);
    ck_assert_ptr_null(trace_load(path, false, &e));
    ck_assert_ptr_nonnull(strstr(e.text, "line 2: not a JSON value"));
    close(fd);
    unlink(path);
    ck_assert_ptr_null(trace_load(path, false, &e));
    ck_assert_ptr_nonnull(strstr(e.text, "No such file"));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("trace");
    TCase *tc = tcase_create("trace");
    SRunner *r;
    int failed;

    tcase_add_test(tc, reads_offsets_and_data);
    tcase_add_loop_test(tc, refuses_what_is_no_trace_and_names_the_line, 0,
                        sizeof bad / sizeof *bad);
    tcase_add_test(tc, loop_period_is_last_offset_plus_average_gap);
    tcase_add_test(tc, file_errors_name_the_file);
    suite_add_tcase(s, tc);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
