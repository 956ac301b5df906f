#include "update.h"

#include <stdlib.h>

#include "envelope.h"

struct update *update_new(uint64_t seq, int64_t t_ns, const char *data, size_t len)
{
    struct update *u = calloc(1, sizeof *u);

    if (u == NULL)
        return NULL;
    u->json = shared_new(len + ENVELOPE_OVERHEAD_BYTES);
    if (u->json == NULL) {
        free(u);
        return NULL;
    }
    u->refs = 1;
    u->seq = seq;
    u->t_ns = t_ns;
    u->json->len = (uint32_t)envelope_encode(
        (char *)u->json->data,
        &(struct envelope){.seq = seq, .t_ns = t_ns, .n = seq, .data = data, .data_len = len});
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
    bytes = by->encode(u);
    if (bytes == NULL)
        return NULL;
    u->encoded[u->nencodings].by = by;
    u->encoded[u->nencodings].bytes = bytes;
    u->nencodings++;
    return bytes;
}
