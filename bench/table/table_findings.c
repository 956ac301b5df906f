#include "bench/table/table_findings.h"

#include "bench/base/json.h"
#include "bench/base/units.h"
#include "bench/result/facts.h"
#include "bench/result/findings.h"

enum { FINDINGS_SHOWN = 3 };

static void put_broken(struct writer *w, const cJSON *row, const char *bullet)
{
    const cJSON *finding;
    int shown = 0;

    writer_printf(w, "%s%s broke, as expected", bullet, json_text(row, "id"));
    cJSON_ArrayForEach(finding, json_at(row, "findings"))
    {
        if (shown < FINDINGS_SHOWN && cJSON_IsString(finding))
            writer_printf(w, "%s%s", shown++ == 0 ? ": " : "; ", finding->valuestring);
    }
    writer_puts(w, "\n");
}

int table_findings_cure(struct buf *out, const cJSON *row)
{
    double got = json_number(row, "delivered"), all = json_number(row, "expected");
    char delivered[UNITS_TEXT_BYTES], expected[UNITS_TEXT_BYTES], p50[UNITS_TEXT_BYTES];

    units_format_count(delivered, got);
    units_format_count(expected, all);
    units_format_us(p50, facts_value(row, "latency_us.p50"));
    if (got == all && json_number(row, "balancer.sequence_errors.all") == 0)
        return buf_printf(out, "all %s updates, in order, p50 %s", delivered, p50);
    return buf_printf(out, "%s of %s updates, p50 %s", delivered, expected, p50);
}

static void put_cures(struct writer *w, const cJSON *run, const cJSON *broken, const char *bullet)
{
    const cJSON *row;

    cJSON_ArrayForEach(row, json_at(run, "rows"))
    {
        if (!findings_cures(row, broken))
            continue;
        writer_printf(w, "%s%s: ", bullet, json_text(row, "id"));
        w->rc = w->rc < 0 ? w->rc : table_findings_cure(w->out, row);
        writer_puts(w, "\n");
    }
}

void table_findings(struct writer *w, const cJSON *run, const char *lead, const char *bullet,
                    const char *tail)
{
    const cJSON *row;
    int n = 0;

    cJSON_ArrayForEach(row, json_at(run, "rows"))
    {
        if (!findings_broke(row))
            continue;
        writer_puts(w, n++ == 0 ? lead : "");
        put_broken(w, row, bullet);
        put_cures(w, run, row, bullet);
    }
    writer_puts(w, n > 0 ? tail : "");
}
