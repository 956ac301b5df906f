#include "lib/base/shared.h"

#include <stdlib.h>
#include <string.h>

struct shared *shared_new(size_t len)
{
    struct shared *s;

    if (len > UINT32_MAX)
        return NULL;
    s = malloc(sizeof *s + len);
    if (s == NULL)
        return NULL;
    s->refs = 1;
    s->len = (uint32_t)len;
    return s;
}

struct shared *shared_new_copy(const void *data, size_t len)
{
    struct shared *s = shared_new(len);

    if (s != NULL && len > 0)
        memcpy(s->data, data, len);
    return s;
}

struct shared *shared_ref(struct shared *s)
{
    s->refs++;
    return s;
}

void shared_unref(struct shared *s)
{
    if (s != NULL && --s->refs == 0)
        free(s);
}
