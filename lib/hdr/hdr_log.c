#include "lib/hdr/hdr_log.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TAG_PREFIX "Tag="
#define BASE_TIME  "#[BaseTime: "

#define LATEST_START_S 1e12 /* of an interval that is joined, whatever its log says */

enum { INTERVAL_FIELDS = 4, MS_PER_S = 1000, US_PER_MS = 1000 };

/* ---- write ---- */

int hdr_log_header(struct buf *out, const char *comment, int64_t start_unix_ms)
{
    double start_s = (double)start_unix_ms / MS_PER_S;
    time_t whole_s = (time_t)(start_unix_ms / MS_PER_S);
    char date[64] = "";
    struct tm utc;

    if (comment != NULL && strpbrk(comment, "\r\n") != NULL)
        return PL_EINVAL;
    if (gmtime_r(&whole_s, &utc) != NULL)
        strftime(date, sizeof date, "%a %b %d %H:%M:%S UTC %Y", &utc);
    if (comment != NULL && buf_printf(out, "#[%s]\n", comment) < 0)
        return PL_ENOMEM;
    return buf_printf(out,
                      "#[Histogram log format version 1.3]\n"
                      "#[StartTime: %.3f (seconds since epoch), %s]\n" BASE_TIME
                      "%.3f (seconds since epoch)]\n"
                      "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\","
                      "\"Interval_Compressed_Histogram\"\n",
                      start_s, date, start_s);
}

bool hdr_log_tag_valid(const char *tag, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (tag[i] == ',' || (unsigned char)tag[i] <= ' ' || tag[i] == 0x7f)
            return false;
    return len > 0 && len <= HDR_LOG_TAG_MAX;
}

int hdr_log_interval(struct buf *out, const char *tag, double start_s, double length_s,
                     const struct hdr *h)
{
    bool tagged = tag != NULL;
    double max_ms = (double)hdr_max(h) / US_PER_MS;
    size_t before = out->len;
    int rc;

    if (tagged && !hdr_log_tag_valid(tag, strlen(tag)))
        return PL_EINVAL;
    rc = buf_printf(out, "%s%s%s%.3f,%.3f,%.3f,", tagged ? TAG_PREFIX : "", tagged ? tag : "",
                    tagged ? "," : "", start_s, length_s, max_ms);
    if (rc == PL_OK)
        rc = hdr_encode_base64(h, out);
    if (rc == PL_OK)
        rc = buf_add(out, "\n", 1);
    if (rc < 0)
        out->len = before; /* no half line */
    return rc;
}

/* ---- read ---- */

struct span {
    const char *at;
    size_t len;
};

/* The text up to separator, or all of it; rest continues behind it. */
static struct span take_until(struct span *rest, char separator)
{
    const char *end = rest->len > 0 ? memchr(rest->at, separator, rest->len) : NULL;
    size_t len = end != NULL ? (size_t)(end - rest->at) : rest->len;
    struct span taken = {rest->at, len};

    rest->at += end != NULL ? len + 1 : len;
    rest->len -= end != NULL ? len + 1 : len;
    return taken;
}

/* Without its end, LF or CRLF. */
static struct span take_line(struct span *rest)
{
    struct span line = take_until(rest, '\n');

    if (line.len > 0 && line.at[line.len - 1] == '\r')
        line.len--;
    return line;
}

static bool starts_with(struct span s, const char *prefix)
{
    return s.len >= strlen(prefix) && memcmp(s.at, prefix, strlen(prefix)) == 0;
}

/* Digits with at most one point, as the writers print seconds and milliseconds. */
static bool is_decimal(struct span s)
{
    size_t digits = 0, points = 0;

    for (size_t i = 0; i < s.len; i++) {
        digits += isdigit((unsigned char)s.at[i]) != 0;
        points += s.at[i] == '.';
    }
    return digits > 0 && points <= 1 && digits + points == s.len;
}

/* The first interval makes the merged histogram, the others are added. */
static int merge(struct hdr *merged, struct hdr *interval, struct err_text *e)
{
    int rc;

    if (merged->counts == NULL) {
        *merged = *interval;
        return PL_OK;
    }
    rc = hdr_add(merged, interval);
    hdr_free(interval);
    if (rc == PL_EINVAL)
        return err_set(e, PL_EPROTO, "its range or precision is not that of the first interval");
    if (rc == PL_ELIMIT)
        return err_set(e, PL_EPROTO, "the counts add up to more than 2^63 - 1");
    return rc;
}

static int read_interval(struct hdr *merged, struct span line, struct err_text *e)
{
    struct span field[INTERVAL_FIELDS];
    struct hdr interval;
    int rc;

    if (starts_with(line, TAG_PREFIX)) {
        struct span tag = take_until(&line, ',');
        const size_t prefix = strlen(TAG_PREFIX);

        if (!hdr_log_tag_valid(tag.at + prefix, tag.len - prefix))
            return err_set(e, PL_EPROTO, "a tag has " HDR_LOG_TAG_ACCEPTED);
    }
    for (int i = 0; i < INTERVAL_FIELDS; i++)
        field[i] = take_until(&line, ',');
    if (line.len > 0 || field[INTERVAL_FIELDS - 1].len == 0)
        return err_set(e, PL_EPROTO, "an interval has start, length, max and histogram");
    for (int i = 0; i < INTERVAL_FIELDS - 1; i++)
        if (!is_decimal(field[i]))
            return err_set(e, PL_EPROTO, "start, length and max must be decimal numbers");
    rc =
        hdr_decode_base64(&interval, field[INTERVAL_FIELDS - 1].at, field[INTERVAL_FIELDS - 1].len);
    if (rc == PL_EPROTO)
        return err_set(e, rc, "the histogram is not one in compressed V2 encoding and base64");
    return rc < 0 ? rc : merge(merged, &interval, e);
}

static bool is_interval(struct span line)
{
    return line.len > 0 && line.at[0] != '#' && line.at[0] != '"';
}

int hdr_log_read(struct hdr *h, const char *text, size_t len, struct err_text *e)
{
    struct span rest = {text, len};
    struct err_text why = {""};
    int rc = PL_OK;

    *h = (struct hdr){0};
    for (unsigned long number = 1; rest.len > 0; number++) {
        struct span line = take_line(&rest);

        if (is_interval(line))
            rc = read_interval(h, line, &why);
        if (rc < 0) {
            hdr_free(h);
            return rc == PL_EPROTO ? err_set(e, rc, "line %lu: %s", number, why.text) : rc;
        }
    }
    if (h->counts == NULL)
        return hdr_init(h, HDR_LATENCY_LOWEST_US, HDR_LATENCY_HIGHEST_US, HDR_LATENCY_FIGURES);
    return PL_OK;
}

/* ---- join ---- */

/* A log's base time in seconds since the epoch; 0 without one. */
static double base_time_s(struct span log)
{
    while (log.len > 0) {
        struct span line = take_until(&log, '\n');

        if (starts_with(line, BASE_TIME))
            return strtod(line.at + strlen(BASE_TIME), NULL);
    }
    return 0;
}

/* The line, with its start moved by so many seconds. */
static int add_moved(struct buf *log, struct span line, double by_s)
{
    const char *from = line.at;
    size_t tag;
    double start_s;

    if (starts_with(line, TAG_PREFIX))
        take_until(&line, ',');
    tag = (size_t)(line.at - from);
    start_s = fmax(0, fmin(strtod(line.at, NULL) + by_s, LATEST_START_S));
    take_until(&line, ',');
    return buf_printf(log, "%.*s%.3f,%.*s\n", (int)tag, from, start_s, (int)line.len, line.at);
}

int hdr_log_join(struct buf *log, const char *more, size_t len)
{
    struct span rest = {more, len}, old = {(const char *)log->data, log->len};
    double by_s = base_time_s(rest) - base_time_s(old);
    size_t before = log->len;
    int rc = PL_OK;

    while (rc == PL_OK && rest.len > 0) {
        struct span line = take_line(&rest);

        if (is_interval(line))
            rc = add_moved(log, line, by_s);
    }
    if (rc < 0)
        log->len = before;
    return rc;
}

int hdr_log_leave_out(struct buf *log, const bool *out, size_t n)
{
    struct span rest = {(const char *)log->data, log->len};
    struct buf left = {0};
    size_t i = 0;
    int rc = PL_OK;

    while (rc == PL_OK && rest.len > 0) {
        struct span line = take_line(&rest);
        bool interval = is_interval(line);

        if (interval && i < n && out[i])
            rc = buf_printf(&left, "#left out: ");
        if (rc == PL_OK)
            rc = buf_printf(&left, "%.*s\n", (int)line.len, line.at);
        i += interval;
    }
    if (rc < 0 || i != n) {
        buf_free(&left);
        return rc < 0 ? rc : PL_EINVAL;
    }
    buf_free(log);
    *log = left;
    return PL_OK;
}
