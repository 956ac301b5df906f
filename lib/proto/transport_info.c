#include "lib/proto/transport_info.h"

#include <string.h>

const struct transport_info transport_infos[] = {
#define TRANSPORT(id_, name_, ...) {.id = TRANSPORT_##id_, .name = name_, __VA_ARGS__},
#include "lib/proto/transport_info.def"
#undef TRANSPORT
};

const char *const transport_names[] = {
#define TRANSPORT(id, name, ...) name,
#include "lib/proto/transport_info.def"
#undef TRANSPORT
    NULL,
};

const char *const connection_modes[] = {
    [CONNECTION_KEEP_ALIVE] = "keep-alive",
    [CONNECTION_CLOSE] = "close",
    NULL,
};

const char *const poll_modes[] = {
    [POLL_CLOCK] = "clock",
    [POLL_PAUSE] = "pause",
    [POLL_BACKOFF] = "backoff",
    NULL,
};

const struct transport_info *transport_info_find(const char *name)
{
    for (size_t i = 0; i < TRANSPORT_COUNT; i++)
        if (strcmp(transport_infos[i].name, name) == 0)
            return &transport_infos[i];
    return NULL;
}

const struct transport_info *transport_info_at(const char *path)
{
    for (size_t i = 0; i < TRANSPORT_COUNT; i++)
        if (strcmp(transport_infos[i].path, path) == 0)
            return &transport_infos[i];
    return NULL;
}

bool transport_info_polls(const struct transport_info *t)
{
    return t->way != TRANSPORT_WAY_PUSH;
}
