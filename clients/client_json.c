#include "clients/client_json.h"

#include "lib/base/err.h"

int client_json_string(struct buf *out, const char *name, const char *text)
{
    int err = buf_printf(out, "\"%s\":\"", name);

    for (; *text != '\0' && err == PL_OK; text++) {
        unsigned char c = (unsigned char)*text;

        if (c == '"' || c == '\\')
            err = buf_printf(out, "\\%c", c);
        else if (c < 0x20 || c == 0x7f)
            err = buf_printf(out, "\\u%04x", c);
        else
            err = buf_add(out, text, 1);
    }
    return err < 0 ? err : buf_add(out, "\",", 2);
}

int client_json_string_or_null(struct buf *out, const char *name, const char *text)
{
    return text != NULL ? client_json_string(out, name, text)
                        : buf_printf(out, "\"%s\":null,", name);
}

int client_json_histogram(struct buf *out, const char *name, const struct hdr *h)
{
    return buf_printf(
        out,
        "\"%s\":{\"count\":%lld,\"min\":%lld,\"p50\":%lld,\"p90\":%lld,\"p99\":%lld,"
        "\"p999\":%lld,\"max\":%lld,\"mean\":%.3f},",
        name, (long long)h->total_count, (long long)hdr_min(h),
        (long long)hdr_value_at_percentile(h, 50.0), (long long)hdr_value_at_percentile(h, 90.0),
        (long long)hdr_value_at_percentile(h, 99.0), (long long)hdr_value_at_percentile(h, 99.9),
        (long long)hdr_max(h), hdr_mean(h));
}
