/* Trace files: one update a line with its time offset. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "servers/source/trace.h"

static int add(struct trace *t, const char *line, struct err_text *e)
{
    return trace_add_line(t, line, strlen(line), t->nitems + 1, e);
}

static void expect_item(const struct trace *t, size_t i, int64_t at_ns, const char *data)
{
    const struct trace_item *item = &t->items[i];

    ck_assert_int_eq(item->at_ns, at_ns);
    ck_assert_uint_eq(item->data_len, strlen(data));
    ck_assert_mem_eq(t->text.data + item->data, data, item->data_len);
}

START_TEST(reads_offsets_and_data)
{
    struct trace t = {0};
    struct err_text e;

    ck_assert_int_eq(add(&t, "{\"at_ms\":0,\"data\":{\"a\":[1,2]}}", &e), 0);
    ck_assert_int_eq(add(&t, " { \"at_ms\" : 12.5 , \"data\" : \"x}\" } \r\n", &e), 0);
    ck_assert_int_eq(add(&t, "  \n", &e), 0); /* blank */
    ck_assert_int_eq(add(&t, "{\"at_ms\":12.5,\"data\":1.50}", &e), 0);
    ck_assert_uint_eq(t.nitems, 3);
    expect_item(&t, 0, 0, "{\"a\":[1,2]}");
    expect_item(&t, 1, 12500000, "\"x}\"");
    expect_item(&t, 2, 12500000, "1.50"); /* numbers stand as they were written */
    trace_free(&t);
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
    struct trace t = {0};
    struct err_text e;

    ck_assert_int_eq(add(&t, "{\"at_ms\":5,\"data\":1}", &e), 0);
    ck_assert_int_eq(add(&t, bad[_i].line, &e), PL_EINVAL);
    ck_assert_mem_eq(e.text, bad[_i].reason, strlen(bad[_i].reason));
    ck_assert_uint_eq(t.nitems, 1);
    trace_free(&t);
}
END_TEST

START_TEST(loop_period_is_last_offset_plus_average_gap)
{
    struct trace t = {0};
    struct err_text e;

    ck_assert_int_eq(add(&t, "{\"at_ms\":0,\"data\":1}", &e), 0);
    ck_assert_int_eq(trace_period_ns(&t), 1000000000);
    ck_assert_int_eq(add(&t, "{\"at_ms\":10,\"data\":1}", &e), 0);
    ck_assert_int_eq(add(&t, "{\"at_ms\":40,\"data\":1}", &e), 0);
    ck_assert_int_eq(trace_period_ns(&t), 60000000);
    trace_free(&t);
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

/* Two updates, at 10 and 40 ms: a round lasts 80. */
static struct model *played_trace(bool loop)
{
    static const char lines[] = "{\"at_ms\":10,\"data\":1}\n{\"at_ms\":40,\"data\":2}\n";
    char path[] = "/tmp/pushlab-trace-XXXXXX";
    int fd = mkstemp(path);
    struct model *m;
    struct err_text e;

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, lines, sizeof lines - 1), sizeof lines - 1);
    close(fd);
    m = trace_load(path, loop, &e);
    unlink(path);
    ck_assert_ptr_nonnull(m);
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

START_TEST(a_trace_ends_with_its_last_update)
{
    struct model *m = played_trace(false);

    expect_next(m, 10000000, "1");
    expect_next(m, 40000000, "2");
    ck_assert_int_eq(m->due_ns, INT64_MAX);
    model_free(m);
}
END_TEST

START_TEST(a_looped_trace_begins_again_after_its_period)
{
    struct model *m = played_trace(true);

    for (int64_t round_ns = 0; round_ns < 240000000; round_ns += 80000000) {
        expect_next(m, round_ns + 10000000, "1");
        expect_next(m, round_ns + 40000000, "2");
    }
    model_free(m);
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
    tcase_add_test(tc, a_trace_ends_with_its_last_update);
    tcase_add_test(tc, a_looped_trace_begins_again_after_its_period);
    suite_add_tcase(s, tc);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
