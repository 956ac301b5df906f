#include "bench/result/result_faults.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bench/base/json.h"

bool result_faults_hit(const cJSON *row, enum fault_actor actor)
{
    const cJSON *fault;

    cJSON_ArrayForEach(fault, json_at(row, "faults"))
    {
        const struct fault_kind_info *k = fault_kind_find(json_text(fault, "kind"));

        if (k != NULL && k->actor == actor)
            return true;
    }
    return false;
}

static double cpu_peak(const cJSON *faults)
{
    double peak = NAN;
    const cJSON *fault;

    cJSON_ArrayForEach(fault, faults)
    {
        peak = fmax(peak, json_number(fault, "server_cpu_peak")); /* fmax() ignores NAN */
    }
    return peak;
}

/* As the encoded histogram stays in "raw". */
static void drop_encoded(cJSON *figures)
{
    static const char *const histograms[] = {"next_update_us", "reconnect_us"};

    for (size_t i = 0; i < sizeof histograms / sizeof *histograms; i++)
        cJSON_DeleteItemFromObjectCaseSensitive(
            cJSON_GetObjectItemCaseSensitive(figures, histograms[i]), "hdr");
}

void result_faults(cJSON *row, cJSON *report)
{
    cJSON *faults = cJSON_DetachItemFromObjectCaseSensitive(report, "faults"), *recovery, *one;

    if (faults == NULL)
        return;
    cJSON_AddItemToObject(row, "faults", faults);
    if (cJSON_IsNumber(json_at(report, "reconnect_window_ms")))
        json_add_number(row, "reconnect_window_ms", json_number(report, "reconnect_window_ms"));
    recovery = cJSON_Duplicate(json_at(report, "recovery"), true);
    if (recovery == NULL)
        return;
    cJSON_AddItemToObject(row, "recovery", recovery);
    json_add_number(recovery, "server_cpu_peak", cpu_peak(faults));
    drop_encoded(recovery);
    cJSON_ArrayForEach(one, json_at(recovery, "faults"))
    {
        drop_encoded(one);
    }
}

/* ---- rows with the same fault ---- */

void result_faults_name(char out[RESULT_FAULTS_NAME_BYTES], const cJSON *row)
{
    const char *id = json_text(row, "id"), *transport = json_text(row, "transport");
    const char *at = transport[0] != '\0' ? strstr(id, transport) : NULL;
    const char *rest = at != NULL ? at + strlen(transport) : "";
    size_t len = at != NULL ? (size_t)(at - id) : 0;
    const cJSON *first = cJSON_GetArrayItem(json_at(row, "faults"), 0);

    out[0] = '\0';
    if (first == NULL)
        return;
    while (len > 0 && strchr("._-/@ ", id[len - 1]) != NULL)
        len--;
    if (strncmp(rest, "+close", 6) == 0)
        rest += 6;
    if (len > 0)
        snprintf(out, RESULT_FAULTS_NAME_BYTES, "%.*s%.20s", (int)(len < 40 ? len : 40), id, rest);
    else
        snprintf(out, RESULT_FAULTS_NAME_BYTES, "%.40s%.20s", json_text(first, "kind"), rest);
    for (char *c = out; *c != '\0'; c++)
        if (strchr("/\",\n\r", *c) != NULL)
            *c = '-';
}

static bool has_name(const cJSON *rows, const char *name)
{
    char of[RESULT_FAULTS_NAME_BYTES];
    const cJSON *row;

    cJSON_ArrayForEach(row, rows)
    {
        result_faults_name(of, row);
        if (strcmp(of, name) == 0)
            return true;
    }
    return false;
}

cJSON *result_faults_rows(const cJSON *run, const char *name)
{
    cJSON *view = cJSON_CreateObject(), *rows = cJSON_AddArrayToObject(view, "rows");
    char of[RESULT_FAULTS_NAME_BYTES];
    const cJSON *row;

    cJSON_ArrayForEach(row, json_at(run, "rows"))
    {
        result_faults_name(of, row);
        if (of[0] != '\0' && (name != NULL ? strcmp(of, name) == 0 : !has_name(rows, of)))
            cJSON_AddItemReferenceToArray(rows, (cJSON *)row);
    }
    return view;
}
