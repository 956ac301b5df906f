#include "bench/table/table_findings.h"

#include "lib/base/err.h"
#include "bench/result/facts.h"
#include "bench/result/findings.h"
#include "bench/base/json.h"
#include "bench/base/units.h"

enum { FINDINGS_SHOWN = 3 };

static int add_row(struct buf *out, const cJSON *row, const char *bullet)
{
    const cJSON *finding, *findings = json_at(row, "findings");
    int rc = buf_printf(out, "%s%s broke, as expected", bullet, json_text(row, "id")), shown = 0;

    cJSON_ArrayForEach(finding, findings)
    {
        if (rc == PL_OK && shown < FINDINGS_SHOWN && cJSON_IsString(finding))
            rc = buf_printf(out, "%s%s", shown++ == 0 ? ": " : "; ", finding->valuestring);
    }
    return rc < 0 ? rc : buf_printf(out, "\n");
}

static bool is_all_in_order(const cJSON *row)
{
    return json_number(row, "delivered") == json_number(row, "expected") &&
           json_number(row, "balancer.sequence_errors.all") == 0;
}

int table_findings_cure(struct buf *out, const cJSON *row)
{
    char delivered[UNITS_TEXT_BYTES], expected[UNITS_TEXT_BYTES], p50[UNITS_TEXT_BYTES];

    units_format_count(delivered, json_number(row, "delivered"));
    units_format_count(expected, json_number(row, "expected"));
    units_format_us(p50, facts_value(row, "latency_us.p50"));
    if (is_all_in_order(row))
        return buf_printf(out, "all %s updates, in order, p50 %s", delivered, p50);
    return buf_printf(out, "%s of %s updates, p50 %s", delivered, expected, p50);
}

static int add_cures(struct buf *out, const cJSON *run, const cJSON *broken, const char *bullet)
{
    const cJSON *row;
    int rc = PL_OK;

    cJSON_ArrayForEach(row, json_at(run, "rows"))
    {
        if (rc < 0 || !findings_cures(row, broken))
            continue;
        rc = buf_printf(out, "%s%s: ", bullet, json_text(row, "id"));
        rc = rc < 0 ? rc : table_findings_cure(out, row);
        rc = rc < 0 ? rc : buf_printf(out, "\n");
    }
    return rc;
}

int table_findings(struct buf *out, const cJSON *run, const char *lead, const char *bullet,
                   const char *tail)
{
    const cJSON *row;
    int rc = PL_OK, n = 0;

    cJSON_ArrayForEach(row, json_at(run, "rows"))
    {
        if (!findings_broke(row))
            continue;
        if (rc == PL_OK && n++ == 0)
            rc = buf_printf(out, "%s", lead);
        rc = rc < 0 ? rc : add_row(out, row, bullet);
        rc = rc < 0 ? rc : add_cures(out, run, row, bullet);
    }
    return rc < 0 || n == 0 ? rc : buf_printf(out, "%s", tail);
}
