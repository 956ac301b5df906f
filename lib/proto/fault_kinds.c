#include "lib/proto/fault_kinds.h"

#include <string.h>

const struct fault_kind_info fault_kinds[] = {
#define FAULT(id_, name_, ...) {.kind = FAULT_##id_, .name = name_, __VA_ARGS__},
#include "lib/proto/fault_kinds.def"
#undef FAULT
};

const char *const fault_kind_names[] = {
#define FAULT(id, name, ...) name,
#include "lib/proto/fault_kinds.def"
#undef FAULT
    NULL,
};

const struct fault_kind_info *fault_kind_find(const char *name)
{
    for (int i = 0; i < FAULT_KINDS; i++)
        if (strcmp(fault_kinds[i].name, name) == 0)
            return &fault_kinds[i];
    return NULL;
}
