#include "table_findings.h"

#include "err.h"
#include "json.h"

enum { FINDINGS_SHOWN = 3 };

static int add_row(struct buf *out, const cJSON *row, const char *bullet)
{
    const cJSON *finding, *findings = json_at(row, "findings");
    int rc = buf_printf(out, "%s%s broke, as expected", bullet, json_text(row, "id")), shown = 0;

    cJSON_ArrayForEach(finding, findings)
    {
        if (rc == LAB_OK && shown < FINDINGS_SHOWN && cJSON_IsString(finding))
            rc = buf_printf(out, "%s%s", shown++ == 0 ? ": " : "; ", finding->valuestring);
    }
    return rc < 0 ? rc : buf_printf(out, "\n");
}

int table_findings(struct buf *out, const cJSON *run, const char *lead, const char *bullet,
                   const char *tail)
{
    const cJSON *row;
    int rc = LAB_OK, n = 0;

    cJSON_ArrayForEach(row, json_at(run, "rows"))
    {
        if (cJSON_GetArraySize(json_at(row, "findings")) == 0)
            continue;
        if (rc == LAB_OK && n++ == 0)
            rc = buf_printf(out, "%s", lead);
        if (rc == LAB_OK)
            rc = add_row(out, row, bullet);
    }
    return rc < 0 || n == 0 ? rc : buf_printf(out, "%s", tail);
}
