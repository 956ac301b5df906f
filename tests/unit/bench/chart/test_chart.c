/* The charts' numbers: series made from known histograms and timelines, and what is said when
 * a run folder isn't one. The pictures are gnuplot's; here they must only come to be. */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "bench/chart/chart.h"
#include "bench/chart/chart_data.h"
#include "bench/chart/chart_series.h"
#include "bench/base/file.h"
#include "bench/base/gnuplot.h"
#include "bench/result/run_file.h"
#include "lib/hdr/hdr.h"
#include "lib/hdr/hdr_log.h"

#define RUN_START                                                                                  \
    "{\"schema\": 1, \"pushlab\": \"0.1.0\", \"link\": \"loopback\","                              \
    "\"started\": \"2026-11-23T06:16:48Z\","                                                       \
    "\"scenario\": {\"duration_s\": 6, \"source\": {\"rate_hz\": 10,"                              \
    "\"payload_bytes\": 128, \"pattern\": \"poisson\"}}, \"rows\": ["
#define RUN_END "]}"
/* For the same run over a link: 400 bytes on the wire, 45 of them beyond what is named. */
#define RUN_END_LINK "], \"link_details\": {\"rtt_ms\": 50}}"
#define WIRE                                                                                       \
    ",\"wire\":400,\"wire_headers\":104,\"wire_acks\":52.5},"                                      \
    "\"packets_per_update\":{\"up\":1.5,\"down\":2,\"total\":3.5}"
/* And for one whose clients sent, and whose updates had a deadline. */
#define DUPLEX                                                                                     \
    ",\"deadline\":{\"ms\":33,\"expected\":1000,\"within\":987,\"share\":0.987},"                  \
    "\"upstream\":{\"messages\":1000,\"latency_us\":{\"count\":9000,\"p50\":52000,\"p99\":71000}}"

/* And for one with something between clients and servers. */
#define BETWEEN                                                                                    \
    ",\"balancer\":{\"connections_per_client\":{\"front\":1,\"behind\":0.2},"                      \
    "\"added_latency_us\":{\"p50\":612},\"cpu_us_per_update\":78.1,"                               \
    "\"payload_bytes\":{\"added_up\":-1,\"added_down\":13.5}}"

/* And for one in which something broke. */
#define BROKE                                                                                      \
    ",\"faults\":[{\"kind\":\"reset\",\"at_s\":0.5,\"start_ns\":5e9,\"end_ns\":5e9,"               \
    "\"server_cpu_peak\":0.4}],\"recovery\":{\"next_update_us\":{\"p50\":150000,\"p99\":250000,"   \
    "\"max\":260000,\"count\":50},\"none\":0,\"connects_peak_per_s\":340}"

static char run_dir[64];

static void make_run_dir(void)
{
    snprintf(run_dir, sizeof run_dir, "/tmp/test-chart-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(run_dir));
}

static void remove_run_dir(void)
{
    file_remove_folder(run_dir);
}

static void put_file(const char *name, const void *data, size_t len)
{
    char path[256];
    struct err_text e;

    snprintf(path, sizeof path, "%s/%s", run_dir, name);
    ck_assert_int_eq(file_write(path, data, len, &e), 0);
}

static void put_text(const char *name, const char *text)
{
    put_file(name, text, strlen(text));
}

/* The file's text, the caller's to free. */
static char *get_text(const char *name)
{
    struct buf b = {0};
    char path[256];
    struct err_text e;

    snprintf(path, sizeof path, "%s/%s", run_dir, name);
    ck_assert_msg(file_read(&b, path, 1 << 20, &e) == 0, "%s", e.text);
    return (char *)b.data;
}

static void put_hlog(const char *name, const struct hdr *h)
{
    struct buf b = {0};

    ck_assert_int_eq(hdr_log_header(&b, "test", 0), 0);
    ck_assert_int_eq(hdr_log_interval(&b, NULL, 0, 10, h), 0);
    put_file(name, b.data, b.len);
    buf_free(&b);
}

/* 1, 2, ... n microseconds, once each: the value at percentile p is n * p / 100. */
static void fill_ramp(struct hdr *h, int64_t n)
{
    ck_assert_int_eq(
        hdr_init(h, HDR_LATENCY_LOWEST_US, HDR_LATENCY_HIGHEST_US, HDR_LATENCY_FIGURES), 0);
    for (int64_t v = 1; v <= n; v++)
        hdr_record(h, v, 1);
}

/* A row that delivered 1000 updates in 1..1000 µs; bytes is the inside of bytes_per_update and
 * what follows it. */
static void put_run(const char *bytes, const char *run_end)
{
    char text[4096];
    struct hdr h;

    fill_ramp(&h, 1000);
    put_hlog("latency-sse.hlog", &h);
    hdr_free(&h);
    put_text("timeline-sse.csv", "published_s,latency_us,client\n0.5,10,0\n0.6,20,0\n");
    snprintf(text, sizeof text,
             RUN_START
             "{\"id\":\"sse\",\"transport\":\"sse\",\"connection\":\"keep-alive\",\"clients\":50,"
             "\"published\":1000,\"delivered\":1000,\"latency_us\":{\"count\":1000,\"p50\":500,"
             "\"p99\":990},"
             "\"requests_per_update\":0,\"tcp_handshakes_per_update\":0.25,"
             "\"bytes_per_update\":{%s}%s",
             bytes, run_end);
    put_text("run.json", text);
}

/* A whole run over loopback, and one over a link. */
static void put_good_run(void)
{
    put_run("\"payload\":151.5,\"framing\":19}", RUN_END);
}

static void put_wire_run(void)
{
    put_run("\"payload\":151.5,\"framing\":19" WIRE, RUN_END_LINK);
}

static void put_duplex_run(void)
{
    put_run("\"payload\":151.5,\"framing\":19" WIRE DUPLEX, RUN_END_LINK);
}

/* One that has everything that is drawn. */
static void put_whole_run(void)
{
    put_text("recovery-sse.csv", "client,at_ns,event,detail\n0,5000000000,lost,\n"
                                 "0,5100000000,connected,\n0,5150000000,update,\n"
                                 "-1,5050000000,connects,17\n");
    put_run("\"payload\":151.5,\"framing\":19" WIRE DUPLEX BETWEEN BROKE, RUN_END_LINK);
}

static int write_data(struct chart_data *data, struct err_text *e)
{
    char data_dir[80];
    cJSON *run;
    int rc;

    snprintf(data_dir, sizeof data_dir, "%s/charts/data", run_dir);
    rc = run_file_read(&run, run_dir, e);
    rc = rc < 0 ? rc : chart_data_write(run, run_dir, data_dir, data, e);
    cJSON_Delete(run);
    return rc;
}

static void refuses_run(int code, const char *part_of_line)
{
    struct chart_data data;
    struct err_text e = {""};

    ck_assert_int_eq(write_data(&data, &e), code);
    ck_assert_msg(strstr(e.text, part_of_line) != NULL, "\"%s\" lacks \"%s\"", e.text,
                  part_of_line);
    ck_assert_ptr_null(strchr(e.text, '\n'));
}

START_TEST(percentiles_of_a_ramp_lie_on_the_line)
{
    double percentile, tail, last_tail = 0;
    long long latency_us, last_us = 0;
    struct buf b = {0};
    struct latencies l = {0};
    int n = 0, used;
    const char *line;

    fill_ramp(&l.all, 1000); /* of 10,000 updates: as far as one in 1,000 */
    ck_assert_int_eq(chart_series_percentiles(&b, &l, 10000), 0);
    ck_assert_int_eq(buf_add(&b, "", 1), 0);
    line = strchr((const char *)b.data, '\n') + 1;
    for (; sscanf(line, "%lf,%lf,%lld\n%n", &percentile, &tail, &latency_us, &used) == 3; n++) {
        ck_assert(tail > last_tail && latency_us >= last_us);
        ck_assert_double_eq_tol(tail, 1 / (1 - percentile / 100), tail * 1e-4);
        ck_assert_double_eq_tol((double)latency_us, fmax(1, 1000 * percentile / 100), 1.01);
        last_tail = tail;
        last_us = latency_us;
        line += used;
    }
    /* Ten per halving of 1000 (9.97 halvings), from 0 on. */
    ck_assert_int_eq(n, 100);
    ck_assert(tail <= 1000);
    chart_series_free(&l);
    buf_free(&b);
}
END_TEST

START_TEST(percentiles_begin_with_the_median_at_tail_2)
{
    struct buf b = {0};
    struct latencies l = {0};

    fill_ramp(&l.all, 1000);
    ck_assert_int_eq(chart_series_percentiles(&b, &l, 1000), 0);
    ck_assert_int_eq(buf_add(&b, "", 1), 0);
    ck_assert_ptr_nonnull(strstr((const char *)b.data, "percentile,tail,latency_us\n0,1,1\n"));
    ck_assert_ptr_nonnull(strstr((const char *)b.data, "\n50,2,500\n"));
    ck_assert_ptr_nonnull(strstr((const char *)b.data, "\n75,4,750\n"));
    chart_series_free(&l);
    buf_free(&b);
}
END_TEST

/* 50 clients, 75 updates: 3,750 values, and the 7.5 beyond p90 are too few. */
START_TEST(percentiles_end_where_ten_updates_lie_beyond)
{
    struct buf b = {0};
    struct latencies l = {0};

    fill_ramp(&l.all, 3750);
    ck_assert_int_eq(chart_series_percentiles(&b, &l, 75), 0);
    ck_assert_int_eq(buf_add(&b, "", 1), 0);
    ck_assert_ptr_nonnull(strstr((const char *)b.data, "\n75,4,"));
    ck_assert_ptr_null(strstr((const char *)b.data, "\n9"));
    ck_assert_ptr_null(strstr((const char *)b.data, "\n100,"));
    chart_series_free(&l);
    buf_free(&b);
}
END_TEST

START_TEST(cdf_rises_to_100_percent)
{
    double percent = 0, last_percent = -1;
    long long latency_us, last_us = 0;
    struct buf b = {0};
    struct latencies l = {0};
    int used;
    const char *line;

    fill_ramp(&l.all, 1000);
    hdr_record(&l.all, 2000000, 1000);
    ck_assert_int_eq(chart_series_cdf(&b, &l), 0);
    ck_assert_int_eq(buf_add(&b, "", 1), 0);
    line = strchr((const char *)b.data, '\n') + 1;
    for (; sscanf(line, "%lld,%lf\n%n", &latency_us, &percent, &used) == 2; line += used) {
        ck_assert(latency_us >= last_us && percent >= last_percent);
        if (percent > last_percent && percent > 0 && latency_us <= 1000)
            ck_assert_double_eq_tol(percent, (double)latency_us / 20, 1e-6);
        last_us = latency_us;
        last_percent = percent;
    }
    ck_assert_double_eq(percent, 100);
    ck_assert_double_eq_tol((double)latency_us, 2e6, 2e3);
    chart_series_free(&l);
    buf_free(&b);
}
END_TEST

START_TEST(cdf_goes_along_gaps_and_then_up)
{
    struct buf b = {0};
    struct latencies l = {0};

    fill_ramp(&l.all, 0);
    hdr_record(&l.all, 100, 3);
    hdr_record(&l.all, 1000, 1);
    ck_assert_int_eq(chart_series_cdf(&b, &l), 0);
    ck_assert_int_eq(buf_add(&b, "", 1), 0);
    ck_assert_str_eq((const char *)b.data,
                     "latency_us,percent\n100,0\n100,75\n1000,75\n1000,100\n");
    chart_series_free(&l);
    buf_free(&b);
}
END_TEST

START_TEST(an_empty_histogram_has_no_points)
{
    struct buf b = {0};
    struct latencies l = {0};

    fill_ramp(&l.all, 0);
    ck_assert_int_eq(chart_series_percentiles(&b, &l, 0), 0);
    ck_assert_int_eq(chart_series_cdf(&b, &l), 0);
    ck_assert_int_eq(buf_add(&b, "", 1), 0);
    ck_assert_str_eq((const char *)b.data, "percentile,tail,latency_us\nlatency_us,percent\n");
    chart_series_free(&l);
    buf_free(&b);
}
END_TEST

/* Three repeats of 1..1000 µs, the second 100 µs later, the third 100 µs earlier: at each
 * percentile they have v, v + 100 and v - 100, so s = 100 and the interval is v ± 4.303 × 100 / √3
 * = 248.4. */
static void fill_repeats(struct latencies *l)
{
    static const int64_t off[] = {0, 100, -100};

    fill_ramp(&l->all, 0);
    l->repeats = calloc(3, sizeof *l->repeats);
    ck_assert_ptr_nonnull(l->repeats);
    l->n = 3;
    for (size_t k = 0; k < 3; k++) {
        fill_ramp(&l->repeats[k], 0);
        for (int64_t v = 201; v <= 1200; v++)
            hdr_record(&l->repeats[k], v + off[k], 1);
        ck_assert_int_eq(hdr_add(&l->all, &l->repeats[k]), 0);
    }
}

START_TEST(percentiles_of_repeats_have_an_interval)
{
    struct latencies l = {0};
    struct buf b = {0};
    double low, high;
    const char *line;

    fill_repeats(&l);
    ck_assert_int_eq(chart_series_percentiles(&b, &l, 3000), 0);
    ck_assert_int_eq(buf_add(&b, "", 1), 0);
    ck_assert_ptr_nonnull(strstr((char *)b.data, "percentile,tail,latency_us,low_us,high_us\n0,"));
    line = strstr((char *)b.data, "\n50,2,700,");
    ck_assert_ptr_nonnull(line);
    ck_assert_int_eq(sscanf(line, "\n50,2,700,%lf,%lf\n", &low, &high), 2);
    ck_assert_double_eq_tol(low, 700 - 248.4, 0.1);
    ck_assert_double_eq_tol(high, 700 + 248.4, 0.1);
    chart_series_free(&l);
    buf_free(&b);
}
END_TEST

START_TEST(cdf_of_repeats_has_an_interval_within_0_and_100_percent)
{
    double us, percent, low, high;
    struct latencies l = {0};
    struct buf b = {0};
    const char *line;
    int used, n = 0;

    fill_repeats(&l);
    ck_assert_int_eq(chart_series_cdf(&b, &l), 0);
    ck_assert_int_eq(buf_add(&b, "", 1), 0);
    line = strchr((char *)b.data, '\n') + 1;
    ck_assert_ptr_eq(strstr((char *)b.data, "latency_us,percent,low_percent,high_percent\n"),
                     b.data);
    for (; sscanf(line, "%lf,%lf,%lf,%lf\n%n", &us, &percent, &low, &high, &used) == 4;
         line += used, n++) {
        ck_assert(0 <= low && low <= percent && percent <= high && high <= 100);
        if (us < 500 || us > 900)
            continue;
        /* 10 % more and less arrived after that time in the others */
        ck_assert_double_eq_tol(percent, (us - 200) / 10, 1e-4);
        ck_assert_double_eq_tol(high - percent, 24.84, 0.01);
        ck_assert_double_eq_tol(percent - low, 24.84, 0.01);
    }
    ck_assert_int_gt(n, 50);
    ck_assert_str_eq(line, "");
    chart_series_free(&l);
    buf_free(&b);
}
END_TEST

START_TEST(timeline_keeps_one_client_in_order)
{
    static const char text[] = "published_s,latency_us,client\n"
                               "2.5,30,1\n2.7,31,1\n2.6,21.25,0\n2.5,20,0\n2.75,22,0";
    struct buf b = {0};
    struct err_text e;

    ck_assert_int_eq(chart_series_timeline_of(&b, text, strlen(text), &e), 0);
    ck_assert_int_eq(buf_add(&b, "", 1), 0);
    ck_assert_str_eq((const char *)b.data, "published_s,latency_us\n"
                                           "2.500000,20\n2.600000,21.25\n2.750000,22\n");
    buf_free(&b);
}
END_TEST

START_TEST(timeline_ends_after_10_s_or_100_updates)
{
    struct buf in = {0}, out = {0};
    struct err_text e;
    int lines = 0;

    ck_assert_int_eq(buf_printf(&in, "published_s,latency_us,client\n"), 0);
    for (int i = 0; i < 300; i++)
        ck_assert_int_eq(buf_printf(&in, "%d,5,0\n", i), 0);
    ck_assert_int_eq(chart_series_timeline_of(&out, (const char *)in.data, in.len, &e), 0);
    for (size_t i = 0; i < out.len; i++)
        lines += out.data[i] == '\n';
    ck_assert_int_eq(lines, 1 + 100);
    buf_free(&in);
    buf_free(&out);
}
END_TEST

START_TEST(timeline_names_its_broken_line)
{
    static const char text[] = "published_s,latency_us,client\n0.1,5,0\n0.2;6;0\n";
    struct buf b = {0};
    struct err_text e;

    ck_assert_int_eq(chart_series_timeline_of(&b, text, strlen(text), &e), PL_EPROTO);
    ck_assert_str_eq(e.text, "line 3: not published_s,latency_us,client");
    buf_free(&b);
}
END_TEST

/* Where there are no files: runs of the live page. */
START_TEST(samples_become_a_histogram_and_a_timeline)
{
    cJSON *row = cJSON_Parse("{\"id\":\"sse\",\"samples\":{\"published_s\":[0,0.1,0.25],"
                             "\"latency_us\":[300,100,200]}}");
    struct err_text e = {""};
    struct buf text = {0};
    struct latencies l = {0};

    ck_assert_int_eq(chart_series_read(&l, "/nonexistent", row, &e), 0);
    ck_assert_int_eq(l.all.total_count, 3);
    ck_assert_int_eq(hdr_value_at_percentile(&l.all, 50), 200);
    ck_assert_int_eq(hdr_max(&l.all), 300);
    chart_series_free(&l);
    ck_assert_int_eq(chart_series_timeline(&text, "/nonexistent", row, &e), 0);
    ck_assert_int_eq(buf_add(&text, "", 1), 0);
    ck_assert_str_eq((char *)text.data, "published_s,latency_us\n"
                                        "0.000000,300\n0.100000,100\n0.250000,200\n");
    buf_free(&text);
    cJSON_Delete(row);
}
END_TEST

START_TEST(samples_that_are_not_pairs_of_numbers_are_refused)
{
    static const char *const texts[] = {
        "{\"samples\":{}}",
        "{\"samples\":{\"latency_us\":7,\"published_s\":7}}",
        "{\"samples\":{\"latency_us\":[\"1\"],\"published_s\":[0]}}",
        "{\"samples\":{\"latency_us\":[1e300],\"published_s\":[0]}}",
        "{\"samples\":{\"latency_us\":[null],\"published_s\":[null]}}",
    };
    cJSON *row = cJSON_Parse(texts[_i]);
    struct err_text e = {""};
    struct buf text = {0};
    struct latencies l = {0};

    ck_assert_int_eq(chart_series_read(&l, "/nonexistent", row, &e), PL_EPROTO);
    ck_assert_int_eq(chart_series_timeline(&text, "/nonexistent", row, &e), PL_EPROTO);
    ck_assert_str_ne(e.text, "");
    chart_series_free(&l);
    buf_free(&text);
    cJSON_Delete(row);
}
END_TEST

START_TEST(samples_of_unequal_number_have_no_timeline)
{
    cJSON *row = cJSON_Parse("{\"samples\":{\"latency_us\":[1,2],\"published_s\":[0]}}");
    struct err_text e = {""};
    struct buf text = {0};

    ck_assert_int_eq(chart_series_timeline(&text, "/nonexistent", row, &e), PL_EPROTO);
    buf_free(&text);
    cJSON_Delete(row);
}
END_TEST

START_TEST(csv_fields_are_quoted_where_they_must_be_rfc4180_2)
{
    struct buf b = {0};

    ck_assert_int_eq(chart_data_field(&b, "short-poll+close@1000ms"), 0);
    ck_assert_int_eq(chart_data_field(&b, "|"), 0);
    ck_assert_int_eq(chart_data_field(&b, "a,b"), 0);
    ck_assert_int_eq(chart_data_field(&b, "say \"hi\""), 0);
    ck_assert_int_eq(chart_data_field(&b, "two\nlines"), 0);
    ck_assert_int_eq(buf_add(&b, "", 1), 0);
    ck_assert_str_eq((const char *)b.data,
                     "short-poll+close@1000ms|\"a,b\"\"say \"\"hi\"\"\"\"two\nlines\"");
    buf_free(&b);
}
END_TEST

START_TEST(rows_hold_the_runs_numbers)
{
    struct chart_data data;
    struct err_text e = {""};
    char *rows;

    put_good_run();
    ck_assert_msg(write_data(&data, &e) == 0, "%s", e.text);
    ck_assert_str_eq(data.conditions, "50 clients · 10 updates/s of 128 bytes, poisson · 6 s "
                                      "window · link: loopback · 2026-11-23 · pushlab 0.1.0");
    rows = get_text("charts/data/rows.csv");
    ck_assert_ptr_nonnull(strstr(rows,
                                 "\nsse,sse,keep-alive,0,50,0,1000,1000,500,NaN,990,NaN,NaN,NaN,"
                                 "0,0.25,151.5,19,NaN,NaN,NaN,"));
    free(rows);
    free(get_text("charts/data/percentiles-sse.csv"));
    free(get_text("charts/data/cdf-sse.csv"));
    free(get_text("charts/data/timeline-sse.csv"));
}
END_TEST

/* The same run measured three times, of which the log has two lines: one was disturbed. */
static void put_repeated_run(void)
{
    struct buf log = {0};
    struct hdr h;

    put_run("\"payload\":151.5,\"framing\":19" WIRE DUPLEX BETWEEN ",\"repeats\":2,\"ci95\":{"
            "\"latency_us.p50\":{\"low\":450,\"high\":550},"
            "\"latency_us.p99\":{\"low\":900,\"high\":1080},"
            "\"upstream.latency_us.p50\":{\"low\":50000,\"high\":54000},"
            "\"deadline.percent\":{\"low\":97,\"high\":100.4},"
            "\"bytes_per_update.framing\":{\"low\":17,\"high\":21},"
            "\"bytes_per_update.wire\":{\"low\":380,\"high\":420},"
            "\"packets_per_update.up\":{\"low\":1.4,\"high\":1.6},"
            "\"balancer.cpu_us_per_update\":{\"low\":70,\"high\":86},"
            "\"server_cpu_us_per_update\":{\"low\":11,\"high\":13},"
            "\"tcp_handshakes_per_update\":{\"low\":0.2,\"high\":0.3}},"
            "\"server_cpu_us_per_update\":12",
            RUN_END_LINK);
    ck_assert_int_eq(hdr_log_header(&log, "test", 0), 0);
    fill_ramp(&h, 1000);
    ck_assert_int_eq(hdr_log_interval(&log, NULL, 0, 10, &h), 0);
    ck_assert_int_eq(buf_add(&log, "#", 1), 0);
    ck_assert_int_eq(hdr_log_interval(&log, NULL, 10, 10, &h), 0);
    hdr_free(&h);
    fill_ramp(&h, 900);
    ck_assert_int_eq(hdr_log_interval(&log, NULL, 20, 10, &h), 0);
    hdr_free(&h);
    put_file("latency-sse.hlog", log.data, log.len);
    buf_free(&log);
}

START_TEST(rows_and_series_of_repeats_have_both_ends)
{
    struct chart_data data;
    struct err_text e = {""};
    char *text;

    put_repeated_run();
    ck_assert_msg(write_data(&data, &e) == 0, "%s", e.text);
    ck_assert_str_eq(data.interval_words, "95 % confidence interval over 2 repeats");
    text = get_text("charts/data/rows.csv");
    ck_assert_ptr_nonnull(strstr(text, ",latency_p50_us,latency_p50_us_low,latency_p50_us_high,"));
    ck_assert_ptr_nonnull(strstr(text, ",500,450,550,NaN,NaN,NaN,990,900,1080,"));
    free(text);
    text = get_text("charts/data/percentiles-sse.csv");
    ck_assert_ptr_nonnull(strstr(text, "\n50,2,475,157.3")); /* 500 and 450: ± 12.706 × 25 */
    free(text);
    text = get_text("charts/data/cdf-sse.csv");
    ck_assert_ptr_nonnull(strstr(text, ",low_percent,high_percent\n"));
    free(text);
    put_good_run();
    ck_assert_msg(write_data(&data, &e) == 0, "%s", e.text);
    ck_assert_str_eq(data.interval_words, "");
}
END_TEST

/* The fields of the only row of rows.csv from wire_bytes_per_update on: its four parts, packets up,
 * down and both; the deadline and what met it, and how late everyone heard a client. */
static void check_last_fields(const char *expected)
{
    char *rows = get_text("charts/data/rows.csv"), *field = strchr(rows, '\n') + 1;

    for (char *c = rows; c < strstr(rows, "wire_bytes_per_update"); c++)
        field = *c == ',' ? strchr(field, ',') + 1 : field;
    ck_assert_msg(strncmp(field, expected, strlen(expected)) == 0, "%s", field);
    free(rows);
}

START_TEST(what_is_predicted_stands_beside_the_rest)
{
    struct chart_data data;
    struct err_text e = {""};
    char *rows;

    put_run("\"payload\":151.5,\"framing\":19},\"predicted\":{\"latency_us.p50\":25000,"
            "\"age_us.mean\":7,\"tcp_handshakes_per_update\":0.25}",
            RUN_END);
    ck_assert_msg(write_data(&data, &e) == 0, "%s", e.text);
    rows = get_text("charts/data/rows.csv");
    ck_assert_ptr_nonnull(strstr(rows, ",latency_p50_us_predicted,"));
    ck_assert_ptr_nonnull(strstr(rows, ",handshakes_per_update_predicted,"));
    ck_assert_ptr_null(strstr(rows, "age_mean_us_predicted"));
    ck_assert_ptr_nonnull(strstr(strchr(rows, '\n'), ",25000,NaN,NaN,NaN,NaN,NaN,0.25,NaN"));
    free(rows);
}
END_TEST

START_TEST(the_parts_of_wire_bytes_are_their_sum)
{
    struct chart_data data;
    struct err_text e = {""};
    char *link;

    put_wire_run();
    ck_assert_msg(write_data(&data, &e) == 0, "%s", e.text);
    ck_assert(data.has_wire);
    ck_assert(!data.has_upstream && !data.has_deadline);
    check_last_fields("400,151.5,92,104,52.5,1.5,2,3.5,NaN,NaN,NaN,NaN,NaN,NaN,NaN,NaN");
    link = get_text("charts/data/link.csv");
    ck_assert_str_eq(link, "half_rtt_us\n25000\n");
    free(link);
    /* More payload than the packets of the window carried: it counts no further. */
    put_run("\"payload\":300,\"framing\":19" WIRE, RUN_END_LINK);
    ck_assert_msg(write_data(&data, &e) == 0, "%s", e.text);
    check_last_fields("400,243.5,0,104,52.5,1.5,2,3.5,NaN,NaN,NaN,NaN,NaN,NaN,NaN,NaN");
}
END_TEST

START_TEST(deadlines_and_messages_of_clients_stand_beside_the_rest)
{
    struct chart_data data;
    struct err_text e = {""};

    put_duplex_run();
    ck_assert_msg(write_data(&data, &e) == 0, "%s", e.text);
    ck_assert(data.has_upstream && data.has_deadline);
    check_last_fields("400,151.5,92,104,52.5,1.5,2,3.5,33,98.7,52000,NaN,71000,NaN,NaN,NaN");
}
END_TEST

START_TEST(loopback_has_no_wire_and_no_floor)
{
    struct chart_data data;
    struct err_text e = {""};
    char *link;

    put_good_run();
    ck_assert_msg(write_data(&data, &e) == 0, "%s", e.text);
    ck_assert(!data.has_wire);
    link = get_text("charts/data/link.csv");
    ck_assert_str_eq(link, "half_rtt_us\nNaN\n");
    free(link);
}
END_TEST

START_TEST(a_row_without_deliveries_needs_no_files_and_has_no_ratios)
{
    struct chart_data data;
    struct err_text e = {""};
    char *rows;

    put_text("run.json", RUN_START "{\"id\":\"a\",\"transport\":\"sse\",\"connection\":\"close\","
                                   "\"delivered\":0,\"requests_per_update\":7},"
                                   "{\"id\":\"b\",\"transport\":\"sse\",\"connection\":\"close\","
                                   "\"delivered\":0}" RUN_END);
    ck_assert_msg(write_data(&data, &e) == 0, "%s", e.text);
    rows = get_text("charts/data/rows.csv");
    ck_assert_ptr_nonnull(strstr(rows, "\na,sse,close,0,NaN,0,NaN,0,NaN,"));
    ck_assert_ptr_nonnull(strstr(rows, "\nb,sse,close,1,")); /* the second of its kind */
    ck_assert_ptr_null(strchr(strchr(rows, '\n'), '7'));
    free(rows);
}
END_TEST

START_TEST(a_folder_that_is_no_run_is_refused_in_one_line)
{
    refuses_run(PL_ESYS, "run.json: No such file");
    put_text("run.json", "{\"schema\": 1, \"rows\": [");
    refuses_run(PL_EINVAL, "run.json");
    put_text("run.json", "{\"schema\": 1}");
    refuses_run(PL_EINVAL, "no measured rows");
    put_text("run.json", "{\"schema\": 2, \"rows\": []}");
    refuses_run(PL_EINVAL, "schema 2 is newer");
    put_text("run.json", RUN_START "{\"id\":\"../x\",\"delivered\":0}" RUN_END);
    refuses_run(PL_EINVAL, "a row has no usable id");
    put_text("run.json", RUN_START "{\"id\":\"x/../y\",\"delivered\":0}" RUN_END);
    refuses_run(PL_EINVAL, "can't name a file");
}
END_TEST

START_TEST(missing_and_broken_series_are_named)
{
    char path[128];

    put_good_run();
    snprintf(path, sizeof path, "%s/timeline-sse.csv", run_dir);
    ck_assert_int_eq(unlink(path), 0);
    refuses_run(PL_ESYS, "timeline-sse.csv: No such file");
    put_text("latency-sse.hlog", "#[no such log]\n0,1,2,garbage\n");
    refuses_run(PL_EPROTO, "latency-sse.hlog");
    snprintf(path, sizeof path, "%s/latency-sse.hlog", run_dir);
    ck_assert_int_eq(unlink(path), 0);
    refuses_run(PL_ESYS, "latency-sse.hlog: No such file");
}
END_TEST

START_TEST(gnuplots_cause_is_its_last_line)
{
    char echo[] = "\nplot foo(\n         ^\n\"x.gp\" line 3: invalid expression \n\n";
    char nothing[] = "\n\n";

    ck_assert_str_eq(gnuplot_error_line(echo), "\"x.gp\" line 3: invalid expression ");
    ck_assert_str_eq(gnuplot_error_line(nothing), "");
}
END_TEST

static bool is_drawn(const char *name, const char *suffix)
{
    char path[160];
    struct stat st;

    snprintf(path, sizeof path, "%s/charts/%s%s", run_dir, name, suffix);
    return stat(path, &st) == 0 && st.st_size > 1000;
}

static void check_svg(const char *name)
{
    char file[80], *svg;

    snprintf(file, sizeof file, "charts/%s.svg", name);
    svg = get_text(file);
    ck_assert_ptr_nonnull(strstr(svg, "</svg>"));
    ck_assert_ptr_nonnull(strstr(svg, "50 clients"));
    ck_assert_ptr_null(strstr(svg, "DejaVu Sans\"")); /* always with a fallback */
    /* A latency is shown beside what distance alone costs it. */
    ck_assert_int_eq(strncmp(name, "latency", 7) == 0 || strcmp(name, "overview") == 0,
                     strstr(svg, "half a round trip, 25 ms") != NULL);
    free(svg);
}

START_TEST(draws_every_chart_as_svg_and_png)
{
    struct err_text e = {""};

    ck_assert_int_eq(setenv("PUSHLAB_CHARTS", "bench/chart", 1), 0);
    put_whole_run();
    ck_assert_msg(chart_draw(run_dir, &e) == 0, "%s", e.text);
    for (int i = 0; chart_names[i] != NULL; i++) {
        check_svg(chart_names[i]);
        ck_assert(is_drawn(chart_names[i], ".png"));
    }
    ck_assert(is_drawn("recovery-reset", ".svg") && is_drawn("recovery-reset", ".png"));
}
END_TEST

START_TEST(deadline_and_round_trip_are_named_in_their_charts)
{
    struct err_text e = {""};
    char *on_time, *upstream;

    ck_assert_int_eq(setenv("PUSHLAB_CHARTS", "bench/chart", 1), 0);
    put_duplex_run();
    ck_assert_msg(chart_draw(run_dir, &e) == 0, "%s", e.text);
    on_time = get_text("charts/on-time.svg");
    ck_assert_ptr_nonnull(strstr(on_time, "% of updates received within 33 ms"));
    ck_assert_ptr_nonnull(strstr(on_time, "98.7 %"));
    ck_assert_ptr_nonnull(strstr(on_time, "prefers-color-scheme: dark"));
    upstream = get_text("charts/upstream-latency.svg");
    ck_assert_ptr_nonnull(strstr(upstream, "52.0 ms  p99 71.0 ms"));
    ck_assert_ptr_nonnull(strstr(upstream, "one round trip, 50 ms")); /* up, and down again */
    free(on_time);
    free(upstream);
}
END_TEST

START_TEST(values_of_the_wire_are_written_beside_their_bars)
{
    struct err_text e = {""};
    char *bytes, *packets, *overview;

    ck_assert_int_eq(setenv("PUSHLAB_CHARTS", "bench/chart", 1), 0);
    put_wire_run();
    ck_assert_msg(chart_draw(run_dir, &e) == 0, "%s", e.text);
    bytes = get_text("charts/wire-bytes-per-update.svg");
    ck_assert_ptr_nonnull(strstr(bytes, "400  (152 + 92.0 + 104 + 52.5)"));
    packets = get_text("charts/packets-per-update.svg");
    ck_assert_ptr_nonnull(strstr(packets, "3.50  (2.00 + 1.50)"));
    overview = get_text("charts/overview.svg");
    ck_assert_ptr_nonnull(strstr(overview, "Bytes on the wire: grey is"));
    free(bytes);
    free(packets);
    free(overview);
}
END_TEST

START_TEST(disturbed_rows_are_named_as_such_in_every_chart)
{
    static const char *const names[] = {"overview", "latency-cdf", "latency-timeline",
                                        "bytes-per-update"};
    struct err_text e = {""};

    ck_assert_int_eq(setenv("PUSHLAB_CHARTS", "bench/chart", 1), 0);
    put_run("\"payload\":151.5,\"framing\":19},\"disturbed\":[\"stopped\"]", RUN_END);
    ck_assert_msg(chart_draw(run_dir, &e) == 0, "%s", e.text);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[80], *svg;

        snprintf(path, sizeof path, "charts/%s.svg", names[i]);
        svg = get_text(path);
        ck_assert_ptr_nonnull(strstr(svg, "sse (disturbed)"));
        ck_assert_ptr_nonnull(strstr(svg, "Disturbed, so not to be compared: sse"));
        free(svg);
    }
}
END_TEST

static int count(const char *name, const char *part)
{
    char file[80], *svg;
    int n = 0;

    snprintf(file, sizeof file, "charts/%s.svg", name);
    svg = get_text(file);
    for (const char *at = svg; (at = strstr(at, part)) != NULL; at += strlen(part))
        n++;
    free(svg);
    return n;
}

/* Each interval has one line with a white edge, each band is one or several pale areas. */
#define EDGE "<path stroke='rgb(255, 255, 255)'  d="
#define BAND "fill-opacity = '0.2"

static const struct {
    const char *chart;
    int edges; /* of one row */
} intervals[] = {
    {"overview", 4}, /* median, p99, handshakes, bytes on the wire; no requests */
    {"in-between", 1},
    {"on-time", 1},
    {"upstream-latency", 1},
    {"requests-per-update", 0},
    {"handshakes-per-update", 1},
    {"bytes-per-update", 1},
    {"wire-bytes-per-update", 1},
    {"packets-per-update", 1},
    {"cpu-per-update", 1},
    {"latency-timeline", 0},
};
enum { INTERVALS = sizeof intervals / sizeof *intervals };

START_TEST(intervals_of_repeats_are_drawn_and_explained)
{
    struct err_text e = {""};

    ck_assert_int_eq(setenv("PUSHLAB_CHARTS", "bench/chart", 1), 0);
    put_repeated_run();
    ck_assert_msg(chart_draw(run_dir, &e) == 0, "%s", e.text);
    for (size_t i = 0; i < INTERVALS; i++) {
        int n = count(intervals[i].chart, EDGE);

        ck_assert_msg(n == intervals[i].edges, "%s has %d", intervals[i].chart, n);
        ck_assert_int_eq(count(intervals[i].chart, "over 2 repeats"),
                         strcmp(intervals[i].chart, "latency-timeline") != 0);
    }
    ck_assert_int_eq(count("latency-timeline", "those of the first repeat"), 1);
    ck_assert_int_ge(count("latency-percentiles", BAND), 1);
    ck_assert_int_ge(count("latency-cdf", BAND), 1);
    ck_assert_int_eq(count("latency-cdf", "Bands around the lines: 95 % confidence"), 1);
}
END_TEST

START_TEST(without_repeats_no_chart_has_an_interval)
{
    struct err_text e = {""};

    ck_assert_int_eq(setenv("PUSHLAB_CHARTS", "bench/chart", 1), 0);
    put_whole_run();
    ck_assert_msg(chart_draw(run_dir, &e) == 0, "%s", e.text);
    for (int i = 0; chart_names[i] != NULL; i++) {
        ck_assert_int_eq(count(chart_names[i], EDGE), 0);
        ck_assert_int_eq(count(chart_names[i], BAND), 0);
        ck_assert_int_eq(count(chart_names[i], "repeat"), 0);
    }
}
END_TEST

START_TEST(on_loopback_nothing_is_drawn_of_the_wire_and_nothing_removed)
{
    struct err_text e = {""};
    char *mine, *overview;

    ck_assert_int_eq(setenv("PUSHLAB_CHARTS", "bench/chart", 1), 0);
    put_good_run();
    ck_assert_msg(chart_draw(run_dir, &e) == 0, "%s", e.text);
    ck_assert(is_drawn("bytes-per-update", ".svg"));
    ck_assert(!is_drawn("wire-bytes-per-update", ".svg"));
    ck_assert(!is_drawn("packets-per-update", ".png"));
    ck_assert(!is_drawn("on-time", ".svg"));
    ck_assert(!is_drawn("upstream-latency", ".svg"));
    ck_assert(!is_drawn("in-between", ".svg"));
    overview = get_text("charts/overview.svg");
    ck_assert_ptr_null(strstr(overview, "wire"));
    ck_assert_ptr_null(strstr(overview, "half a round trip"));
    free(overview);

    put_text("charts/wire-bytes-per-update.svg", "mine");
    put_text("charts/notes.txt", "mine");
    ck_assert_msg(chart_draw(run_dir, &e) == 0, "%s", e.text);
    mine = get_text("charts/wire-bytes-per-update.svg");
    ck_assert_str_eq(mine, "mine");
    free(mine);
    free(get_text("charts/notes.txt"));
}
END_TEST

START_TEST(both_sides_of_a_balancer_are_drawn)
{
    struct err_text e = {""};
    char *between;

    ck_assert_int_eq(setenv("PUSHLAB_CHARTS", "bench/chart", 1), 0);
    put_whole_run();
    ck_assert_msg(chart_draw(run_dir, &e) == 0, "%s", e.text);
    between = get_text("charts/in-between.svg");
    ck_assert_ptr_nonnull(strstr(between, "1.20  (1.00 + 0.2)"));
    ck_assert_ptr_nonnull(strstr(between, "612 µs"));
    ck_assert_ptr_nonnull(strstr(between, ">12.5<"));
    ck_assert_ptr_nonnull(strstr(between, ">78.1 µs<"));
    free(between);
}
END_TEST

/* The good run's row again and again, under other names and without its files. */
static void put_many_rows(int n)
{
    struct buf b = {0};

    put_good_run();
    ck_assert_int_eq(buf_printf(&b, "%s{\"id\":\"sse\",\"delivered\":1000}", RUN_START), 0);
    for (int i = 1; i < n; i++)
        ck_assert_int_eq(buf_printf(&b, ",{\"id\":\"row-%d\",\"delivered\":0}", i), 0);
    ck_assert_int_eq(buf_printf(&b, "%s", RUN_END), 0);
    put_file("run.json", b.data, b.len);
    buf_free(&b);
}

START_TEST(more_lines_than_can_be_told_apart_are_not_drawn)
{
    struct err_text e = {""};

    ck_assert_int_eq(setenv("PUSHLAB_CHARTS", "bench/chart", 1), 0);
    put_many_rows(17);
    ck_assert_msg(chart_draw(run_dir, &e) == 0, "%s", e.text);
    ck_assert(is_drawn("requests-per-update", ".svg"));
    ck_assert(!is_drawn("latency-cdf", ".svg"));
    ck_assert(!is_drawn("latency-timeline", ".png"));
    put_many_rows(16);
    ck_assert_msg(chart_draw(run_dir, &e) == 0, "%s", e.text);
    ck_assert(is_drawn("latency-cdf", ".svg"));
}
END_TEST

START_TEST(a_missing_gnuplot_is_named)
{
    struct err_text e = {""};

    ck_assert_int_eq(setenv("PUSHLAB_CHARTS", "bench/chart", 1), 0);
    ck_assert_int_eq(setenv("PATH", "/nonexistent", 1), 0);
    put_good_run();
    ck_assert_int_eq(chart_draw(run_dir, &e), PL_ESYS);
    ck_assert_ptr_nonnull(strstr(e.text, "gnuplot: not found"));
    ck_assert_ptr_null(strchr(e.text, '\n'));
}
END_TEST

START_TEST(a_missing_scripts_folder_is_named)
{
    struct err_text e = {""};

    ck_assert_int_eq(setenv("PUSHLAB_CHARTS", "/nonexistent", 1), 0);
    ck_assert_int_eq(chart_draw(run_dir, &e), PL_EINVAL);
    ck_assert_str_eq(e.text, "PUSHLAB_CHARTS: no gnuplot scripts in /nonexistent");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("chart");
    TCase *series = tcase_create("series"), *run = tcase_create("run");
    SRunner *sr = srunner_create(s);
    int failed;

    tcase_add_test(series, percentiles_of_a_ramp_lie_on_the_line);
    tcase_add_test(series, percentiles_begin_with_the_median_at_tail_2);
    tcase_add_test(series, percentiles_end_where_ten_updates_lie_beyond);
    tcase_add_test(series, cdf_rises_to_100_percent);
    tcase_add_test(series, cdf_goes_along_gaps_and_then_up);
    tcase_add_test(series, an_empty_histogram_has_no_points);
    tcase_add_test(series, percentiles_of_repeats_have_an_interval);
    tcase_add_test(series, cdf_of_repeats_has_an_interval_within_0_and_100_percent);
    tcase_add_test(series, timeline_keeps_one_client_in_order);
    tcase_add_test(series, timeline_ends_after_10_s_or_100_updates);
    tcase_add_test(series, timeline_names_its_broken_line);
    tcase_add_test(series, samples_become_a_histogram_and_a_timeline);
    tcase_add_loop_test(series, samples_that_are_not_pairs_of_numbers_are_refused, 0, 5);
    tcase_add_test(series, samples_of_unequal_number_have_no_timeline);
    tcase_add_test(series, csv_fields_are_quoted_where_they_must_be_rfc4180_2);
    tcase_add_test(series, gnuplots_cause_is_its_last_line);
    tcase_add_checked_fixture(run, make_run_dir, remove_run_dir);
    tcase_set_timeout(run, 60); /* up to 32 runs of gnuplot on a busy machine */
    tcase_add_test(run, rows_hold_the_runs_numbers);
    tcase_add_test(run, rows_and_series_of_repeats_have_both_ends);
    tcase_add_test(run, a_row_without_deliveries_needs_no_files_and_has_no_ratios);
    tcase_add_test(run, a_folder_that_is_no_run_is_refused_in_one_line);
    tcase_add_test(run, missing_and_broken_series_are_named);
    tcase_add_test(run, deadlines_and_messages_of_clients_stand_beside_the_rest);
    tcase_add_test(run, the_parts_of_wire_bytes_are_their_sum);
    tcase_add_test(run, what_is_predicted_stands_beside_the_rest);
    tcase_add_test(run, loopback_has_no_wire_and_no_floor);
    tcase_add_test(run, draws_every_chart_as_svg_and_png);
    tcase_add_test(run, deadline_and_round_trip_are_named_in_their_charts);
    tcase_add_test(run, values_of_the_wire_are_written_beside_their_bars);
    tcase_add_test(run, disturbed_rows_are_named_as_such_in_every_chart);
    tcase_add_test(run, intervals_of_repeats_are_drawn_and_explained);
    tcase_add_test(run, without_repeats_no_chart_has_an_interval);
    tcase_add_test(run, on_loopback_nothing_is_drawn_of_the_wire_and_nothing_removed);
    tcase_add_test(run, both_sides_of_a_balancer_are_drawn);
    tcase_add_test(run, more_lines_than_can_be_told_apart_are_not_drawn);
    tcase_add_test(run, a_missing_gnuplot_is_named);
    tcase_add_test(run, a_missing_scripts_folder_is_named);
    suite_add_tcase(s, series);
    suite_add_tcase(s, run);
    srunner_run_all(sr, CK_ENV);
    failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed == 0 ? 0 : 1;
}
