#include "clients/send/uplink.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/base/err.h"

int uplink_push(struct uplink *u, const struct post *p, const struct uplink_item *item)
{
    size_t room = p->data_len + POST_OVERHEAD_BYTES + p->channel.len + p->key.len + p->from.len;
    struct uplink_item *added;

    if (room > UINT32_MAX ||
        array_reserve(&u->items, &u->items_cap, u->nitems + 1, sizeof *u->items) < 0 ||
        buf_reserve(&u->text, room) < 0)
        return PL_ENOMEM;
    added = &u->items[u->nitems++];
    *added = *item;
    added->len = (uint32_t)post_encode((char *)u->text.data + u->text.len, p);
    added->left = false;
    u->text.len += added->len;
    return PL_OK;
}

const struct uplink_item *uplink_next(const struct uplink *u, const char **text)
{
    if (uplink_waiting(u) == 0)
        return NULL;
    *text = (const char *)u->text.data + u->departed_bytes;
    return &u->items[u->under_way];
}

size_t uplink_batch(const struct uplink *u, size_t max_bytes, size_t *bytes)
{
    size_t count = 0;

    *bytes = 0;
    for (size_t i = u->under_way; i < u->nitems; i++) {
        if (count > 0 && *bytes + u->items[i].len > max_bytes)
            break;
        *bytes += u->items[i].len;
        count++;
    }
    return count;
}

void uplink_depart(struct uplink *u)
{
    struct uplink_item *item = &u->items[u->under_way++];

    u->departed_bytes += item->len;
    item->left = true;
}

void uplink_acknowledge(struct uplink *u, size_t count)
{
    size_t bytes = 0;

    if (count == 0)
        return;
    for (size_t i = 0; i < count; i++)
        bytes += u->items[i].len;
    u->nitems -= count;
    memmove(u->items, u->items + count, u->nitems * sizeof *u->items);
    buf_drain(&u->text, bytes);
    u->under_way -= count < u->under_way ? count : u->under_way;
    u->departed_bytes -= bytes < u->departed_bytes ? bytes : u->departed_bytes;
    u->acknowledged += count;
}

/* An answer to the connection before may come when the message already waits to go again. */
size_t uplink_acknowledge_through(struct uplink *u, unsigned channel, uint64_t n)
{
    for (size_t i = 0; i < u->nitems && u->items[i].left; i++) {
        if (u->items[i].channel != channel || u->items[i].n != n)
            continue;
        uplink_acknowledge(u, i + 1);
        return i + 1;
    }
    return 0;
}

void uplink_rewind(struct uplink *u)
{
    u->under_way = 0;
    u->departed_bytes = 0;
}

void uplink_free(struct uplink *u)
{
    free(u->items);
    buf_free(&u->text);
    *u = (struct uplink){0};
}
