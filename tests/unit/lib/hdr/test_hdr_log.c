#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "tests/unit/guard.h"
#include "lib/hdr/hdr_log.h"
#include "lib/base/rng.h"

#define LEGEND                                                                                     \
    "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_Histogram\"\n"

/* An interval as HdrHistogram's Java implementation logs it, and what it says of itself: the
 * largest value is 2.769 million. */
#define JAVA_HISTOGRAM                                                                             \
    "HISTFAAAAEV42pNpmSzMwMCgyAABTBDKT4GBgdnNYMcCBvsPEBEJISEuATEZMQ4uASkhIR4nrxg9v2lMaxhvMekILGZk" \
    "KmcCAEf2CsI="
#define JAVA_LINE "0.127,1.007,2.769," JAVA_HISTOGRAM "\n"

static int read_text(struct hdr *h, const char *text, struct err_text *e)
{
    struct guard g = guard_new(strlen(text) + 1);
    const char *at = (const char *)guard_copy(&g, text, strlen(text));
    int rc = hdr_log_read(h, at, strlen(text), e);

    guard_free(&g);
    return rc;
}

static void latency_init(struct hdr *h)
{
    ck_assert_int_eq(
        hdr_init(h, HDR_LATENCY_LOWEST_US, HDR_LATENCY_HIGHEST_US, HDR_LATENCY_FIGURES), PL_OK);
}

START_TEST(hdr_log_header_is_format_1_3)
{
    struct buf out = {0};

    ck_assert_int_eq(hdr_log_header(&out, "Logged with pushlab", 1441812279474), PL_OK);
    buf_add(&out, "", 1);
    ck_assert_str_eq((char *)out.data,
                     "#[Logged with pushlab]\n"
                     "#[Histogram log format version 1.3]\n"
                     "#[StartTime: 1441812279.474 (seconds since epoch), "
                     "Wed Sep 09 15:24:39 UTC 2015]\n"
                     "#[BaseTime: 1441812279.474 (seconds since epoch)]\n" LEGEND);
    buf_free(&out);
}
END_TEST

START_TEST(hdr_log_header_refuses_a_comment_of_two_lines)
{
    struct buf out = {0};

    ck_assert_int_eq(hdr_log_header(&out, "a\n0,1,2,HIST", 0), PL_EINVAL);
    ck_assert_int_eq(hdr_log_header(&out, "a\r", 0), PL_EINVAL);
    ck_assert_uint_eq(out.len, 0);
    ck_assert_int_eq(hdr_log_header(&out, NULL, 0), PL_OK);
    ck_assert_mem_eq(out.data, "#[Histogram log", 15);
    buf_free(&out);
}
END_TEST

START_TEST(hdr_log_interval_has_its_fields_in_order)
{
    struct buf out = {0};
    struct hdr h;

    latency_init(&h);
    hdr_record(&h, 1500, 1);
    ck_assert_int_eq(hdr_log_interval(&out, "sse", 0.1274, 1.0066, &h), PL_OK);
    ck_assert_mem_eq(out.data, "Tag=sse,0.127,1.007,1.500,HISTFAAAA", 35);
    ck_assert_int_eq(out.data[out.len - 1], '\n');
    out.len = 0;
    ck_assert_int_eq(hdr_log_interval(&out, NULL, 0, 60, &h), PL_OK);
    ck_assert_mem_eq(out.data, "0.000,60.000,1.500,HISTFAAAA", 28);
    buf_free(&out);
    hdr_free(&h);
}
END_TEST

#define TEXT_16 "0123456789abcdef"
#define TEXT_64 TEXT_16 TEXT_16 TEXT_16 TEXT_16

START_TEST(hdr_log_interval_refuses_a_tag_that_breaks_the_line)
{
    static const char *const tags[] = {"a,b", "a b", "a\nb",   "a\rb",         "a\tb",
                                       ",",   "",    "\x1b[m", TEXT_64 TEXT_64};
    struct buf out = {0};
    struct hdr h;

    latency_init(&h);
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++)
        ck_assert_int_eq(hdr_log_interval(&out, tags[i], 0, 1, &h), PL_EINVAL);
    ck_assert_uint_eq(out.len, 0);
    hdr_free(&h);
}
END_TEST

START_TEST(hdr_log_reads_what_hdrhistogram_for_java_wrote)
{
    struct hdr h;

    ck_assert_int_eq(read_text(&h, LEGEND "Tag=A," JAVA_LINE, NULL), PL_OK);
    ck_assert_int_eq(h.lowest_discernible_value, 20000);
    ck_assert_int_eq(h.highest_trackable_value, 3600000000000);
    ck_assert_int_eq(h.significant_figures, 2);
    ck_assert_int_eq(h.total_count, 12 + 9 + 9 + 5 + 8 + 11 + 14 + 11 + 4 + 5 + 8 + 13 + 9 + 9 + 6 +
                                        33 + 37 + 46 + 23 + 39 + 139 + 86 + 173 + 22 + 8 + 1 + 1);
    ck_assert_int_eq(hdr_max(&h) / 1000, 2768);
    ck_assert_int_eq(hdr_min(&h), 0);
    hdr_free(&h);
}
END_TEST

START_TEST(hdr_log_merges_all_intervals_whatever_their_tags_and_line_ends)
{
    struct hdr one, all;

    ck_assert_int_eq(read_text(&one, JAVA_LINE, NULL), PL_OK);
    ck_assert_int_eq(read_text(&all,
                               "#comment\r\n\r\n" LEGEND "Tag=A," JAVA_LINE "\n" JAVA_LINE
                               "Tag=B,1,1.0,.5," JAVA_HISTOGRAM "\r\n"
                               "2,1,0," JAVA_HISTOGRAM,
                               NULL),
                     PL_OK);
    ck_assert_int_eq(all.total_count, 4 * one.total_count);
    ck_assert_int_eq(hdr_value_at_percentile(&all, 50), hdr_value_at_percentile(&one, 50));
    ck_assert_double_eq_tol(hdr_mean(&all), hdr_mean(&one), 1e-6);
    hdr_free(&one);
    hdr_free(&all);
}
END_TEST

START_TEST(hdr_log_without_intervals_is_an_empty_latency_histogram)
{
    static const char *const texts[] = {"", "\n\n", "#[StartTime: 1 (x)]\n", LEGEND, "#"};
    struct hdr h;

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        ck_assert_int_eq(read_text(&h, texts[i], NULL), PL_OK);
        ck_assert_int_eq(h.total_count, 0);
        ck_assert_int_eq(h.highest_trackable_value, HDR_LATENCY_HIGHEST_US);
        hdr_free(&h);
    }
}
END_TEST

#define FIELDS  "line 2: an interval has start, length, max and histogram"
#define DECIMAL "line 2: start, length and max must be decimal numbers"
#define TAG     "line 2: a tag has " HDR_LOG_TAG_ACCEPTED
#define PAYLOAD "line 2: the histogram is not one in compressed V2 encoding and base64"

static const struct {
    const char *line, *error;
} broken[] = {
    {"nonsense", FIELDS},
    {"1,2,3", FIELDS},
    {"1,2,3,", FIELDS},
    {"Tag=A", FIELDS},
    {"Tag=A,1,2," JAVA_HISTOGRAM, FIELDS},
    {"1,2,3," JAVA_HISTOGRAM ",4", FIELDS},
    {"Tag=,1,2,3," JAVA_HISTOGRAM, TAG},
    {"Tag=a b,1,2,3," JAVA_HISTOGRAM, TAG},
    {"Tag=\x1b[2J,1,2,3," JAVA_HISTOGRAM, TAG},
    {"Tag=" TEXT_64 TEXT_64 ",1,2,3,HIST", TAG},
    {"Tag=", TAG},
    {",2,3," JAVA_HISTOGRAM, DECIMAL},
    {"1,x,3," JAVA_HISTOGRAM, DECIMAL},
    {"1,2,nan," JAVA_HISTOGRAM, DECIMAL},
    {"1,2,.," JAVA_HISTOGRAM, DECIMAL},
    {"1.2.3,2,3," JAVA_HISTOGRAM, DECIMAL},
    {" 1,2,3," JAVA_HISTOGRAM, DECIMAL},
    {"1,2,3,HIST", PAYLOAD},
    {"1,2,3,HISTF", PAYLOAD},
    {"1,2,3,====", PAYLOAD},
    {"1,2,3,A===", PAYLOAD},
    {"1,2,3,HI=TFAAA", PAYLOAD},
    {"1,2,3,HIST FAA", PAYLOAD},
    {"1,2,3, " JAVA_HISTOGRAM, PAYLOAD},
    {"1,2,3," JAVA_HISTOGRAM "AAAA", PAYLOAD},
    {"1,2,3,HISTEwAAAAA=", PAYLOAD},
};

START_TEST(hdr_log_names_the_line_that_is_broken)
{
    struct err_text e;
    char text[512];
    struct hdr h;

    snprintf(text, sizeof text, "#ok\n%s\n", broken[_i].line);
    ck_assert_int_eq(read_text(&h, text, &e), PL_EPROTO);
    ck_assert_str_eq(e.text, broken[_i].error);
    ck_assert_ptr_null(h.counts);
    snprintf(text, sizeof text, JAVA_LINE "%s", broken[_i].line); /* what was read is freed */
    ck_assert_int_eq(read_text(&h, text, &e), PL_EPROTO);
    ck_assert_str_eq(e.text, broken[_i].error);
    ck_assert_int_eq(read_text(&h, text, NULL), PL_EPROTO);
    ck_assert_ptr_null(h.counts);
}
END_TEST

START_TEST(hdr_log_refuses_to_add_what_does_not_fit)
{
    struct buf out = {0};
    struct err_text e;
    struct hdr h, read;

    latency_init(&h);
    hdr_record(&h, 1, INT64_MAX);
    buf_add(&out, JAVA_LINE, strlen(JAVA_LINE));
    ck_assert_int_eq(hdr_log_interval(&out, NULL, 0, 1, &h), PL_OK);
    ck_assert_int_eq(hdr_log_read(&read, (char *)out.data, out.len, &e), PL_EPROTO);
    ck_assert_str_eq(e.text, "line 2: its range or precision is not that of the first interval");
    out.len = 0;
    ck_assert_int_eq(hdr_log_interval(&out, NULL, 0, 1, &h), PL_OK);
    ck_assert_int_eq(hdr_log_interval(&out, NULL, 1, 1, &h), PL_OK);
    ck_assert_int_eq(hdr_log_read(&read, (char *)out.data, out.len, &e), PL_EPROTO);
    ck_assert_str_eq(e.text, "line 2: the counts add up to more than 2^63 - 1");
    buf_free(&out);
    hdr_free(&h);
}
END_TEST

/* ---- the sample, also given to an independent reader (tests/e2e/hlog_check.sh) ---- */

enum { SAMPLE_INTERVALS = 5, SAMPLE_VALUES = 4000 };

/* Latencies as they come: most around 300 µs, a tail of seconds, a few of 0. */
static void write_sample(struct buf *log, struct hdr *whole)
{
    struct rng r;

    rng_seed(&r, 42);
    latency_init(whole);
    ck_assert_int_eq(hdr_log_header(log, "Logged by test_hdr_log", 1700000000123), PL_OK);
    for (int i = 0; i < SAMPLE_INTERVALS; i++) {
        struct hdr h;

        latency_init(&h);
        for (int n = 0; n < SAMPLE_VALUES; n++) {
            double mean_us = n % 100 == 0 ? 3e6 : 300;

            hdr_record(&h, (int64_t)rng_exponential(&r, mean_us), 1);
        }
        ck_assert_int_eq(hdr_log_interval(log, i % 2 ? "odd" : NULL, i, 1, &h), PL_OK);
        ck_assert_int_eq(hdr_add(whole, &h), PL_OK);
        hdr_free(&h);
    }
}

static void write_file(const char *path, const void *data, size_t len)
{
    FILE *f = fopen(path, "wb");

    ck_assert_msg(f != NULL, "cannot write %s", path);
    ck_assert_uint_eq(fwrite(data, 1, len, f), len);
    ck_assert_int_eq(fclose(f), 0);
}

/* PUSHLAB_HLOG_OUT=x.hlog also leaves x.hlog and x.hlog.json. */
static void hand_over(const char *path, const struct buf *log, const struct hdr *h)
{
    char json_path[4096];
    struct buf json = {0};

    snprintf(json_path, sizeof json_path, "%s.json", path);
    buf_printf(&json, "{\"count\":%lld,\"min\":%lld,\"max\":%lld,\"mean\":%.17g",
               (long long)h->total_count, (long long)hdr_min(h), (long long)hdr_max(h),
               hdr_mean(h));
    buf_printf(&json, ",\"tags\":[");
    for (int i = 0; i < SAMPLE_INTERVALS; i++)
        buf_printf(&json, "%s%s", i > 0 ? "," : "", i % 2 ? "\"odd\"" : "null");
    buf_printf(&json, "],\"p50\":%lld,\"p90\":%lld,\"p99\":%lld,\"p999\":%lld}\n",
               (long long)hdr_value_at_percentile(h, 50), (long long)hdr_value_at_percentile(h, 90),
               (long long)hdr_value_at_percentile(h, 99),
               (long long)hdr_value_at_percentile(h, 99.9));
    write_file(path, log->data, log->len);
    write_file(json_path, json.data, json.len);
    buf_free(&json);
}

START_TEST(hdr_log_reads_back_what_it_wrote)
{
    const char *out = getenv("PUSHLAB_HLOG_OUT");
    struct buf log = {0};
    struct hdr whole, back;

    write_sample(&log, &whole);
    ck_assert_int_eq(hdr_log_read(&back, (char *)log.data, log.len, NULL), PL_OK);
    ck_assert_mem_eq(back.counts, whole.counts, (size_t)whole.counts_len * sizeof *whole.counts);
    ck_assert_int_eq(back.total_count, SAMPLE_INTERVALS * SAMPLE_VALUES);
    ck_assert_double_eq(hdr_mean(&back), hdr_mean(&whole));
    if (out != NULL)
        hand_over(out, &log, &whole);
    hdr_free(&whole);
    hdr_free(&back);
    buf_free(&log);
}
END_TEST

/* A log that was cut off while being written must not look whole, unless cut between lines. */
START_TEST(hdr_log_rejects_a_sample_cut_inside_a_line)
{
    struct buf log = {0};
    struct hdr whole, back;

    write_sample(&log, &whole);
    for (size_t len = log.len - 2; log.data[len] != '\n'; len -= 1 + len % 7)
        if (log.data[len - 1] != '\n')
            ck_assert_int_eq(hdr_log_read(&back, (char *)log.data, len, NULL), PL_EPROTO);
    hdr_free(&whole);
    buf_free(&log);
}
END_TEST

/* A log whose window began at that time, with one value in it. */
static void write_log(struct buf *log, int64_t start_unix_ms, int64_t value)
{
    struct hdr h;

    latency_init(&h);
    hdr_record(&h, value, 1);
    ck_assert_int_eq(hdr_log_header(log, "Logged with pushlab", start_unix_ms), PL_OK);
    ck_assert_int_eq(hdr_log_interval(log, NULL, 0, 1, &h), PL_OK);
    ck_assert_int_eq(buf_add(log, "", 1), PL_OK);
    log->len--; /* a NUL that is not counted, as a file has when it is read */
    hdr_free(&h);
}

START_TEST(hdr_log_join_keeps_when_each_interval_began)
{
    struct buf log = {0}, later = {0};
    struct hdr both;

    write_log(&log, 1441812279474, 100);
    write_log(&later, 1441812291724, 900);
    ck_assert_int_eq(hdr_log_join(&log, (char *)later.data, later.len), PL_OK);
    ck_assert_int_eq(hdr_log_read(&both, (char *)log.data, log.len, NULL), PL_OK);
    ck_assert_int_eq(both.total_count, 2);
    ck_assert_int_eq(hdr_min(&both), 100);
    ck_assert_int_eq(hdr_max(&both), 900);
    ck_assert_int_eq(buf_add(&log, "", 1), PL_OK);
    ck_assert_ptr_nonnull(strstr((char *)log.data, "\n0.000,1.000,0.100,HIST"));
    ck_assert_ptr_nonnull(strstr((char *)log.data, "\n12.250,1.000,0.900,HIST"));
    hdr_free(&both);
    buf_free(&log);
    buf_free(&later);
}
END_TEST

START_TEST(hdr_log_join_takes_tags_and_lines_as_others_write_them)
{
    static const char good[] = "#comment\r\n\r\nTag=sse:2,1.5,1.0,.5," JAVA_HISTOGRAM "\r\n";
    struct buf log = {0};
    struct hdr h;

    ck_assert_int_eq(hdr_log_header(&log, NULL, 0), PL_OK);
    ck_assert_int_eq(hdr_log_join(&log, good, strlen(good)), PL_OK);
    ck_assert_int_eq(buf_add(&log, "", 1), PL_OK);
    ck_assert_ptr_nonnull(strstr((char *)log.data, "\nTag=sse:2,1.500,1.0,.5,HIST"));
    ck_assert_ptr_null(strchr((char *)log.data, '\r'));
    ck_assert_int_eq(hdr_log_read(&h, (char *)log.data, log.len - 1, NULL), PL_OK);
    hdr_free(&h);
    buf_free(&log);
}
END_TEST

START_TEST(hdr_log_leaves_out_the_intervals_that_it_is_told)
{
    static const bool second[] = {false, true, false};
    struct buf log = {0}, later = {0};
    struct hdr rest;
    size_t before;

    write_log(&log, 1441812279474, 100);
    write_log(&later, 1441812291724, 900);
    ck_assert_int_eq(hdr_log_join(&log, (char *)later.data, later.len), PL_OK);
    before = log.len;
    ck_assert_int_eq(hdr_log_leave_out(&log, second, 3), PL_EINVAL);
    ck_assert_uint_eq(log.len, before);
    ck_assert_int_eq(hdr_log_leave_out(&log, second, 2), PL_OK);
    ck_assert_int_eq(hdr_log_read(&rest, (char *)log.data, log.len, NULL), PL_OK);
    ck_assert_int_eq(rest.total_count, 1);
    ck_assert_int_eq(hdr_max(&rest), 100);
    hdr_free(&rest);
    buf_free(&log);
    buf_free(&later);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("hdr_log");
    TCase *tc = tcase_create("hdr_log");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tc);
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, hdr_log_header_is_format_1_3);
    tcase_add_test(tc, hdr_log_header_refuses_a_comment_of_two_lines);
    tcase_add_test(tc, hdr_log_interval_has_its_fields_in_order);
    tcase_add_test(tc, hdr_log_interval_refuses_a_tag_that_breaks_the_line);
    tcase_add_test(tc, hdr_log_reads_what_hdrhistogram_for_java_wrote);
    tcase_add_test(tc, hdr_log_merges_all_intervals_whatever_their_tags_and_line_ends);
    tcase_add_test(tc, hdr_log_without_intervals_is_an_empty_latency_histogram);
    tcase_add_loop_test(tc, hdr_log_names_the_line_that_is_broken, 0,
                        sizeof broken / sizeof *broken);
    tcase_add_test(tc, hdr_log_refuses_to_add_what_does_not_fit);
    tcase_add_test(tc, hdr_log_reads_back_what_it_wrote);
    tcase_add_test(tc, hdr_log_rejects_a_sample_cut_inside_a_line);
    tcase_add_test(tc, hdr_log_join_keeps_when_each_interval_began);
    tcase_add_test(tc, hdr_log_join_takes_tags_and_lines_as_others_write_them);
    tcase_add_test(tc, hdr_log_leaves_out_the_intervals_that_it_is_told);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
