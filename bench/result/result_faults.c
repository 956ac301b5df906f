#include "bench/result/result_faults.h"

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
