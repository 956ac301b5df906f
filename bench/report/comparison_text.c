#include "bench/report/comparison_text.h"

#include <math.h>

#include "lib/base/err.h"

const struct comparison_text comparison_text_requests = {
    "requests_per_update", "sends", "send", "requests", "fewest", units_format_ratio, ""};
const struct comparison_text comparison_text_handshakes = {
    "tcp_handshakes_per_update", "opens", "open", "connections", "fewest", units_format_ratio, ""};
const struct comparison_text comparison_text_framing = {
    "bytes_per_update.framing", "adds", "add", "framing", "least", units_format_ratio, " bytes"};
const struct comparison_text comparison_text_wire = {
    "bytes_per_update.wire", "puts", "put", "bytes on the wire", "fewest", units_format_ratio, ""};
const struct comparison_text comparison_text_packets = {
    "packets_per_update.total", "takes", "take", "packets", "fewest", units_format_ratio, ""};
const struct comparison_text comparison_text_server_cpu = {
    "server_cpu_us_per_update", "takes", "take", "server CPU", "least", units_format_us, ""};
const struct comparison_text comparison_text_client_cpu = {
    "client_cpu_us_per_update", "takes", "take", "client CPU", "least", units_format_us, ""};

static void put_value(struct writer *w, const struct comparison_text *c, double value)
{
    writer_puts(w, "(");
    facts_figure(w, c->format, value);
    writer_puts(w, c->unit);
}

static void put_all_alike(struct writer *w, const struct comparison_text *c,
                          const struct facts_range *r)
{
    int n = facts_name_rows(w, r, -INFINITY, INFINITY, NULL);

    writer_printf(w, " %s %s%s", n == 1 ? c->one : c->many, r->high == 0 ? "no " : "", c->thing);
    if (r->high == 0)
        return;
    writer_puts(w, " ");
    put_value(w, c, r->high);
    writer_puts(w, n > 1 ? ", all within 5\u00a0%)" : ")");
}

void comparison_text_put(struct writer *w, const cJSON *run, const struct comparison_text *c)
{
    struct facts_range r = facts_range_of(run, c->path);
    int n;

    if (r.n == 0) {
        writer_printf(w, "no row has a figure for %s", c->thing);
        return;
    }
    if (facts_all_alike(&r)) {
        put_all_alike(w, c, &r);
        return;
    }
    n = facts_name_rows(w, &r, facts_level_below(r.high), r.high, NULL);
    writer_printf(w, " %s the most %s ", n == 1 ? c->one : c->many, c->thing);
    put_value(w, c, r.high);
    writer_puts(w, "), ");
    facts_name_rows(w, &r, r.low, facts_level_above(r.low), NULL);
    writer_printf(w, " the %s ", c->lowest);
    put_value(w, c, r.low);
    writer_puts(w, ")");
}

void comparison_text_put_first(struct writer *w, const cJSON *run, const struct comparison_text *c)
{
    size_t at = w->out->len;

    comparison_text_put(w, run, c);
    comparison_text_capitalize(w, at);
}

void comparison_text_capitalize(struct writer *w, size_t at)
{
    if (w->rc == PL_OK && at < w->out->len && w->out->data[at] >= 'a' && w->out->data[at] <= 'z')
        w->out->data[at] = (uint8_t)(w->out->data[at] - 'a' + 'A');
}
