/* bench/result/metric.c and docs/metrics.md: one says what is measured, the other what it means. */
#include <check.h>
#include <ctype.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/file.h"
#include "bench/base/json.h"
#include "bench/result/folder.h"
#include "bench/result/metric.h"
#include "bench/result/repeats.h"

static struct buf docs;

static void read_docs(void)
{
    struct err_text e;

    ck_assert_msg(file_read(&docs, "docs/metrics.md", 1 << 20, &e) == 0, "%s", e.text);
}

static void free_docs(void)
{
    buf_free(&docs);
}

/* Is the line, "## CPU and memory", the heading that GitHub gives that anchor, "cpu-and-memory"? */
static bool is_heading(const char *line, const char *anchor)
{
    line += strspn(line, "#");
    line += *line == ' ';
    for (; *line != '\n' && *line != '\0'; line++, anchor++)
        if (*anchor != (*line == ' ' ? '-' : tolower((unsigned char)*line)))
            return false;
    return *anchor == '\0';
}

static const char *next_line(const char *line)
{
    line = strchr(line, '\n');
    return line == NULL ? NULL : line + 1;
}

/* The section of an anchor: its first line, and where the next of its level begins. */
static const char *find_section(const char *anchor, size_t *len)
{
    const char *line = (const char *)docs.data, *start;

    while (line != NULL && !(line[0] == '#' && is_heading(line, anchor)))
        line = next_line(line);
    start = line;
    while (line != NULL && (line = next_line(line)) != NULL)
        if (strncmp(line, "## ", 3) == 0)
            break;
    if (start != NULL)
        *len = line != NULL ? (size_t)(line - start) : strlen(start);
    return start;
}

/* Is key a part of the path, cut at its dots? "latency_us" is one of "upstream.latency_us.p50". */
static bool is_part(const char *key, size_t len, const char *path)
{
    for (const char *at = path; at != NULL; at = strchr(at, '.')) {
        at += *at == '.';
        if (strncmp(at, key, len) == 0 && (at[len] == '.' || at[len] == '\0'))
            return true;
    }
    return false;
}

/* Is a part of the path in backquotes in the text? */
static bool names_part(const char *text, size_t len, const char *path)
{
    const char *end = text + len;

    while (text < end && (text = memchr(text, '`', (size_t)(end - text))) != NULL) {
        size_t key_len = strcspn(++text, "`");

        if (is_part(text, key_len, path))
            return true;
        text += key_len + 1;
    }
    return false;
}

START_TEST(every_metric_is_defined_in_the_section_that_it_names)
{
    for (const struct metric *m = metrics; m->path != NULL; m++) {
        size_t len = 0;
        const char *section = find_section(m->anchor, &len);

        ck_assert_msg(section != NULL, "%s: docs/metrics.md has no #%s", m->path, m->anchor);
        ck_assert_msg(m->derive != NULL || names_part(section, len, m->path),
                      "%s: docs/metrics.md#%s does not say what it is", m->path, m->anchor);
    }
}
END_TEST

static bool is_metric(const char *key, size_t len)
{
    for (const struct metric *m = metrics; m->path != NULL; m++)
        if (is_part(key, len, m->path))
            return true;
    return false;
}

/* The first column of every table whose head is "key" or "key of ...". */
START_TEST(every_documented_key_is_a_metric)
{
    bool in_table = false;
    int keys = 0;

    for (const char *line = (const char *)docs.data; line != NULL; line = next_line(line)) {
        size_t key_len = strcspn(line + 3, "`");

        if (strncmp(line, "| key", 5) == 0)
            in_table = true;
        else if (line[0] != '|')
            in_table = false;
        if (!in_table || strncmp(line, "| `", 3) != 0)
            continue;
        ck_assert_msg(is_metric(line + 3, key_len), "docs/metrics.md: %.*s is not in metric.c",
                      (int)key_len, line + 3);
        keys++;
    }
    ck_assert_int_gt(keys, 30);
}
END_TEST

START_TEST(paths_and_columns_are_unique_and_found)
{
    for (const struct metric *m = metrics; m->path != NULL; m++) {
        ck_assert_ptr_eq(metric_find(m->path), m);
        for (const struct metric *other = metrics; other < m; other++)
            ck_assert_msg(m->csv == NULL || other->csv == NULL || strcmp(m->csv, other->csv) != 0,
                          "%s: two columns are %s", m->path, m->csv);
    }
    ck_assert_ptr_null(metric_find("latency_us"));
}
END_TEST

START_TEST(columns_name_their_unit)
{
    for (const struct metric *m = metrics; m->path != NULL; m++) {
        const char *unit = strcmp(m->unit, "µs") == 0 ? "_us" : m->unit;
        const char *column = m->csv != NULL ? m->csv : m->path;

        if (strcmp(unit, "share") == 0 && strstr(column, "ratio") != NULL)
            continue;
        ck_assert_msg(strstr(column, unit) != NULL, "%s is in %s", column, m->unit);
    }
}
END_TEST

START_TEST(columns_come_in_the_order_of_what_they_need)
{
    const struct metric *last = NULL;
    size_t n = 0;

    for (const struct metric *m = NULL; (m = metric_next(m)) != NULL; last = m, n++)
        ck_assert(last == NULL || last->needs < m->needs || (last->needs == m->needs && last < m));
    for (const struct metric *m = metrics; m->path != NULL; m++)
        n--;
    ck_assert_uint_eq(n, 0);
}
END_TEST

START_TEST(values_come_from_the_row_or_are_computed)
{
    cJSON *row = cJSON_Parse("{\"delivered\":1,\"latency_us\":{\"p50\":312},"
                             "\"deadline\":{\"share\":0.5},\"disturbed\":[\"a\",\"b\"]}");

    ck_assert_double_eq(metric_value(metric_find("latency_us.p50"), row), 312);
    ck_assert_double_eq(metric_value(metric_find("deadline.percent"), row), 50);
    ck_assert_double_eq(metric_value(metric_find("disturbed"), row), 2);
    ck_assert(isnan(metric_value(metric_find("latency_us.p99"), row)));
    cJSON_SetNumberValue(cJSON_GetObjectItem(row, "delivered"), 0);
    ck_assert(isnan(metric_value(metric_find("latency_us.p50"), row)));
    cJSON_Delete(row);
}
END_TEST

static char *summary_of(const char *ci95)
{
    struct buf out = {0};
    cJSON *run = cJSON_Parse("{\"rows\":[{\"id\":\"sse\",\"transport\":\"sse\",\"connection\":"
                             "\"close\",\"repeats\":3,\"delivered\":10,\"latency_us\":"
                             "{\"p50\":312,\"max\":900}}]}");

    cJSON_AddItemToObject(json_at(run, "rows")->child, "ci95", cJSON_Parse(ci95));
    ck_assert_int_eq(folder_summary(&out, run), 0);
    ck_assert_int_eq(buf_add(&out, "", 1), 0);
    cJSON_Delete(run);
    return (char *)out.data;
}

/* The field of the only row below that column, to be freed; NULL: there is no such column. */
static char *field_of(const char *csv, const char *column)
{
    const char *field = strchr(csv, '\n') + 1;
    size_t len = strlen(column);

    for (const char *head = csv;
         strncmp(head, column, len) != 0 || strchr(",\n", head[len]) == NULL;) {
        head += strcspn(head, ",\n");
        if (*head == '\n')
            return NULL;
        head++;
        field += strcspn(field, ",\n") + 1;
    }
    return strndup(field, strcspn(field, ",\n"));
}

static void check_field(const char *csv, const char *column, const char *value)
{
    char *field = field_of(csv, column);

    ck_assert_msg(field != NULL, "no column %s", column);
    ck_assert_msg(strcmp(field, value) == 0, "%s is %s", column, field);
    free(field);
}

START_TEST(summary_of_repeats_has_both_ends_beside_each_metric_that_has_an_interval)
{
    char *csv = summary_of("{\"latency_us.p50\":{\"low\":300.5,\"high\":323.5}}");

    check_field(csv, "repeats", "3");
    check_field(csv, "latency_p50_us", "312");
    check_field(csv, "latency_p50_us_low", "300.5");
    check_field(csv, "latency_p50_us_high", "323.5");
    check_field(csv, "age_mean_us_low", "");
    check_field(csv, "latency_max_us", "900");
    for (const struct metric *m = metrics; m->path != NULL; m++) {
        char low[80], high[80], *field;

        if (m->csv == NULL)
            continue;
        snprintf(low, sizeof low, ",%s,%s_low,%s_high,", m->csv, m->csv, m->csv);
        snprintf(high, sizeof high, "%s_high", m->csv);
        field = field_of(csv, high);
        ck_assert_msg((field != NULL) == repeats_has_interval(m), "%s", m->csv);
        ck_assert_msg(field == NULL || strstr(csv, low) != NULL, "%s", low);
        free(field);
    }
    free(csv);
}
END_TEST

START_TEST(summary_without_repeats_has_the_same_columns)
{
    char *csv = summary_of("{}"),
         *other = summary_of("{\"latency_us.p50\":{\"low\":1,\"high\":2}}");
    size_t head = strcspn(csv, "\n");

    check_field(csv, "latency_p50_us", "312");
    check_field(csv, "latency_p50_us_low", "");
    ck_assert_uint_eq(head, strcspn(other, "\n"));
    ck_assert_int_eq(strncmp(csv, other, head), 0);
    free(other);
    free(csv);
}
END_TEST

START_TEST(summary_says_in_each_line_which_run_it_is_of)
{
    struct buf out = {0};
    cJSON *run = cJSON_Parse(
        "{\"pushlab\":\"1.2.0\",\"started\":\"2026-11-30T17:59:30Z\",\"seed\":9007199254740991,"
        "\"environment\":{\"git\":\"16a7e54\"},\"link\":\"rtt=50ms,\\\"x\\\"\","
        "\"scenario\":{\"name\":\"standard\",\"source\":{\"rate_hz\":0.5,\"payload_bytes\":128}},"
        "\"rows\":[{\"id\":\"sse\",\"transport\":\"sse\",\"connection\":\"keep-alive\"}]}");
    const char *line;

    ck_assert_int_eq(folder_summary(&out, run), 0);
    ck_assert_int_eq(buf_add(&out, "", 1), 0);
    line = strchr((const char *)out.data, '\n') + 1;
    ck_assert_ptr_eq(strstr(line,
                            "sse,sse,keep-alive,1,2026-11-30T17:59:30Z,1.2.0 (16a7e54),standard,"
                            "\"rtt=50ms,\"\"x\"\"\",0.5,128,9007199254740991,"),
                     line);
    buf_free(&out);
    cJSON_Delete(run);
}
END_TEST

/* docs/statistics.md, "Two runs". */
START_TEST(margins)
{
    const struct metric *latency = metric_find("latency_us.p50");

    ck_assert_double_eq_tol(metric_margin(latency, 25500, 26500, 150), 0.02, 1e-12);
    ck_assert_double_eq_tol(metric_margin(latency, 1200, 200, 150), 0.5, 1e-12);
    ck_assert_double_eq_tol(metric_margin(metric_find("server_cpu_us_per_update"), 8, 9, 150), 0.25,
                            1e-12);
    ck_assert_double_eq_tol(metric_margin(metric_find("delivered"), 500, 510, 10), 0.1, 1e-12);
    ck_assert_double_eq_tol(metric_margin(metric_find("delivered"), 500, 510, 1000), 0.01, 1e-12);
    ck_assert_double_eq_tol(metric_margin(metric_find("delivered"), 500, 510, NAN), 0.01, 1e-12);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("metric");
    TCase *tc = tcase_create("metric");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tc, read_docs, free_docs);
    tcase_add_test(tc, every_metric_is_defined_in_the_section_that_it_names);
    tcase_add_test(tc, every_documented_key_is_a_metric);
    tcase_add_test(tc, paths_and_columns_are_unique_and_found);
    tcase_add_test(tc, columns_name_their_unit);
    tcase_add_test(tc, columns_come_in_the_order_of_what_they_need);
    tcase_add_test(tc, margins);
    tcase_add_test(tc, values_come_from_the_row_or_are_computed);
    tcase_add_test(tc, summary_of_repeats_has_both_ends_beside_each_metric_that_has_an_interval);
    tcase_add_test(tc, summary_without_repeats_has_the_same_columns);
    tcase_add_test(tc, summary_says_in_each_line_which_run_it_is_of);
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
