#include <string.h>

#include "clients/send/workload.h"

extern const struct workload workload_inputs, workload_edits;

const struct workload *const workloads[] = {&workload_inputs, &workload_edits, NULL};

const struct workload *workload_find(const char *name)
{
    for (const struct workload *const *w = workloads; *w != NULL; w++) {
        if (strcmp((*w)->name, name) == 0)
            return *w;
    }
    return NULL;
}
