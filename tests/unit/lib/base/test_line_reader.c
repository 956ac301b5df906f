/* lib/base/line_reader.c */
#include <check.h>
#include <stdlib.h>

#include "lib/base/err.h"
#include "tests/unit/guard.h"
#include "lib/base/line_reader.h"

static struct guard memory;

static void set_up(void)
{
    memory = guard_new(256);
}

static void tear_down(void)
{
    guard_free(&memory);
}

/* Feed text in pieces of step bytes; the lines come back each followed by '|'. */
static ssize_t read_lines(struct buf *got, const char *text, size_t step, size_t max_line_bytes)
{
    size_t len = strlen(text), line_len;
    struct line_reader r;
    const char *line;
    ssize_t n = 0;

    line_reader_init(&r, max_line_bytes);
    for (size_t at = 0; at < len && n >= 0; at += step) {
        size_t piece = step < len - at ? step : len - at;
        const uint8_t *data = guard_copy(&memory, text + at, piece);

        for (size_t done = 0; done < piece; done += (size_t)n) {
            n = line_reader_feed(&r, data + done, piece - done, &line, &line_len);
            if (n < 0)
                break;
            if (line != NULL)
                buf_printf(got, "%.*s|", (int)line_len, line);
        }
    }
    if (n >= 0) {
        n = line_reader_eof(&r, &line, &line_len);
        if (n > 0)
            buf_printf(got, "%.*s", (int)line_len, line);
    }
    line_reader_free(&r);
    buf_add(got, "", 1);
    return n;
}

static void expect(const char *text, const char *wanted, ssize_t result, size_t max_line_bytes)
{
    for (size_t step = 1; step <= strlen(text); step++) {
        struct buf got = {0};

        ck_assert_int_eq(read_lines(&got, text, step, max_line_bytes), result);
        ck_assert_str_eq((const char *)got.data, wanted);
        buf_free(&got);
    }
}

START_TEST(lines_come_out_of_any_split)
{
    expect("one\ntwo\r\n\n\r\nfour\rfive\n", "one|two|||four\rfive|", 0, 99);
}
END_TEST

START_TEST(lines_at_the_end_may_lack_their_lf)
{
    expect("one\ntwo", "one|two", 1, 99);
    expect("one\ntwo\r", "one|two", 1, 99);
}
END_TEST

START_TEST(lines_may_be_as_long_as_the_limit_and_no_longer)
{
    expect("abcd\nabcd\r\nabcd", "abcd|abcd|abcd", 1, 4);
    expect("abcd\nabcde\n", "abcd|", PL_ELIMIT, 4);
    expect("abcd\nabcde\r\n", "abcd|", PL_ELIMIT, 4);
    expect("abcd\nabcde", "abcd|", PL_ELIMIT, 4);
    expect("abcdefgh", "", PL_ELIMIT, 4);
    expect("abcd\n", "abcd|", 0, SIZE_MAX);
}
END_TEST

START_TEST(lines_lie_in_the_bytes_fed_where_they_can)
{
    static const uint8_t text[] = "one\n";
    struct line_reader r;
    const char *line;
    size_t line_len;

    line_reader_init(&r, 99);
    ck_assert_int_eq(line_reader_feed(&r, text, 4, &line, &line_len), 4);
    ck_assert_ptr_eq(line, (const char *)text);
    ck_assert_ptr_null(r.partial.data);
    ck_assert_int_eq(line_reader_feed(&r, NULL, 0, &line, &line_len), 0);
    ck_assert_ptr_null(line);
    line_reader_free(&r);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("line_reader");
    TCase *tc = tcase_create("line_reader");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tc);
    tcase_add_unchecked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, lines_come_out_of_any_split);
    tcase_add_test(tc, lines_at_the_end_may_lack_their_lf);
    tcase_add_test(tc, lines_may_be_as_long_as_the_limit_and_no_longer);
    tcase_add_test(tc, lines_lie_in_the_bytes_fed_where_they_can);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
