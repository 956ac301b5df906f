#include "servers/hub/update.h"

#include <stdlib.h>

struct update *update_new(const struct envelope *e)
{
    struct update *u = calloc(1, sizeof *u);

    if (u == NULL)
        return NULL;
    u->json = shared_new(e->data_len + ENVELOPE_OVERHEAD_BYTES + e->channel.len + e->key.len +
                         e->from.len);
    if (u->json == NULL) {
        free(u);
        return NULL;
    }
    u->refs = 1;
    u->epoch = "";
    u->seq = e->seq;
    u->n = e->n;
    u->t_ns = e->t_ns;
    u->json->len = (uint32_t)envelope_encode((char *)u->json->data, e);
    return u;
}

struct update *update_ref(struct update *u)
{
    u->refs++;
    return u;
}

void update_unref(struct update *u)
{
    if (u == NULL || --u->refs > 0)
        return;
    for (uint32_t i = 0; i < u->nencodings; i++)
        shared_unref(u->encoded[i].bytes);
    shared_unref(u->json);
    free(u);
}

struct shared *update_encoded(struct update *u, const struct update_encoding *by)
{
    struct shared *bytes;

    for (uint32_t i = 0; i < u->nencodings; i++) {
        if (u->encoded[i].by == by)
            return u->encoded[i].bytes;
    }
    if (u->nencodings == UPDATE_ENCODINGS_MAX)
        return NULL;
    bytes = by->encode(u, by);
    if (bytes == NULL)
        return NULL;
    u->encoded[u->nencodings].by = by;
    u->encoded[u->nencodings].bytes = bytes;
    u->nencodings++;
    return bytes;
}
