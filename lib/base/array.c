#include "lib/base/array.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"

enum { CAP_FIRST = 4 };

int array_reserve(void *array, uint32_t *cap, size_t need, size_t item_bytes)
{
    size_t wanted = *cap > 0 ? *cap : CAP_FIRST;
    void *items;

    if (need <= *cap)
        return PL_OK;
    while (wanted < need)
        wanted *= 2;
    if (wanted > UINT32_MAX)
        return PL_ENOMEM;
    memcpy(&items, array, sizeof items);
    items = realloc(items, wanted * item_bytes);
    if (items == NULL)
        return PL_ENOMEM;
    memcpy(array, &items, sizeof items);
    *cap = (uint32_t)wanted;
    return PL_OK;
}
