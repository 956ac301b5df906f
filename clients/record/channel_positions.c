#include "clients/record/channel_positions.h"

#include <stdlib.h>
#include <string.h>
#include <cjson/cJSON.h>

#include "lib/base/err.h"

static int compare(const void *a, const void *b)
{
    const struct channel_position *x = a, *y = b;

    return strcmp(x->name, y->name);
}

/* False when item is no channel of ours. */
static bool take_one(struct channel_position *p, const cJSON *item)
{
    const cJSON *name = cJSON_GetObjectItemCaseSensitive(item, "name");
    const cJSON *n = cJSON_GetObjectItemCaseSensitive(item, "position_n");

    if (!cJSON_IsString(name) || strlen(name->valuestring) >= sizeof p->name)
        return false;
    *p = (struct channel_position){.known = cJSON_IsNumber(n)};
    memcpy(p->name, name->valuestring, strlen(name->valuestring));
    if (p->known)
        p->n = (uint64_t)n->valuedouble; /* exact up to 2^53 */
    return true;
}

int channel_positions_take(struct channel_positions *p, const cJSON *stats)
{
    const cJSON *channels = cJSON_GetObjectItemCaseSensitive(stats, "channels"), *item;
    int size = cJSON_GetArraySize(channels);

    channel_positions_free(p);
    p->told = cJSON_IsArray(channels);
    if (!p->told || size == 0)
        return PL_OK;
    p->all = calloc((size_t)size, sizeof *p->all);
    if (p->all == NULL)
        return PL_ENOMEM;
    cJSON_ArrayForEach(item, channels) p->n += take_one(&p->all[p->n], item);
    qsort(p->all, p->n, sizeof *p->all, compare);
    return PL_OK;
}

bool channel_positions_find(const struct channel_positions *p, const char *name, uint64_t *n)
{
    struct channel_position key = {.n = 0};
    const struct channel_position *found = NULL;

    memcpy(key.name, name, strnlen(name, sizeof key.name - 1));
    if (p->n > 0)
        found = bsearch(&key, p->all, p->n, sizeof *p->all, compare);
    *n = found != NULL ? found->n : 0;
    return found != NULL ? found->known : p->told;
}

void channel_positions_free(struct channel_positions *p)
{
    free(p->all);
    *p = (struct channel_positions){0};
}
