#include "clients/record/json.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/err.h"

static void append(struct json *j, const void *text, size_t len)
{
    if (j->err == PL_OK)
        j->err = buf_add(j->out, text, len);
}

/* The comma, if one is due, and the name. */
static void add_name(struct json *j, const char *name)
{
    const struct buf *out = j->out;

    if (out->len > 0 && out->data[out->len - 1] != '{')
        append(j, ",", 1);
    if (j->err == PL_OK && name != NULL)
        j->err = buf_printf(j->out, "\"%s\":", name);
}

void json_begin(struct json *j, const char *name)
{
    add_name(j, name);
    append(j, "{", 1);
}

void json_end(struct json *j)
{
    append(j, "}", 1);
}

__attribute__((format(printf, 3, 4))) static void add(struct json *j, const char *name,
                                                      const char *fmt, ...)
{
    char value[64];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(value, sizeof value, fmt, ap);
    va_end(ap);
    json_raw(j, name, value, strlen(value));
}

void json_u64(struct json *j, const char *name, uint64_t value)
{
    add(j, name, "%llu", (unsigned long long)value);
}

void json_i64(struct json *j, const char *name, int64_t value)
{
    add(j, name, "%lld", (long long)value);
}

void json_real(struct json *j, const char *name, int decimals, double value)
{
    if (!isfinite(value))
        json_raw(j, name, "null", 4);
    else if (decimals == JSON_SHORTEST)
        add(j, name, "%g", value);
    else
        add(j, name, "%.*f", decimals, value);
}

void json_bool(struct json *j, const char *name, bool value)
{
    json_raw(j, name, value ? "true" : "false", value ? 4 : 5);
}

void json_raw(struct json *j, const char *name, const void *text, size_t len)
{
    add_name(j, name);
    append(j, text, len);
}

static void append_escaped(struct json *j, unsigned char c)
{
    if (c == '"' || c == '\\')
        append(j, "\\", 1);
    if (c >= 0x20 && c != 0x7f)
        append(j, &c, 1);
    else if (j->err == PL_OK)
        j->err = buf_printf(j->out, "\\u%04x", c);
}

void json_text(struct json *j, const char *name, const char *text)
{
    if (text == NULL) {
        json_raw(j, name, "null", 4);
        return;
    }
    json_raw(j, name, "\"", 1);
    for (; *text != '\0'; text++)
        append_escaped(j, (unsigned char)*text);
    append(j, "\"", 1);
}

/* What nothing was recorded for has no value. */
static void add_value(struct json *j, const char *name, const struct hdr *h, int64_t value)
{
    if (h->total_count > 0)
        json_i64(j, name, value);
    else
        json_raw(j, name, "null", 4);
}

void json_hdr(struct json *j, const char *name, const struct hdr *h)
{
    json_begin(j, name);
    json_i64(j, "count", h->total_count);
    add_value(j, "min", h, hdr_min(h));
    add_value(j, "p50", h, hdr_value_at_percentile(h, 50.0));
    add_value(j, "p90", h, hdr_value_at_percentile(h, 90.0));
    add_value(j, "p99", h, hdr_value_at_percentile(h, 99.0));
    add_value(j, "p999", h, hdr_value_at_percentile(h, 99.9));
    add_value(j, "max", h, hdr_max(h));
    json_real(j, "mean", 3, h->total_count > 0 ? hdr_mean(h) : NAN);
    json_raw(j, "hdr", "\"", 1);
    if (j->err == PL_OK)
        j->err = hdr_encode_base64(h, j->out);
    append(j, "\"", 1);
    json_end(j);
}
