#include "bench/result/result_faults.h"

#include <math.h>

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
