#include "clients/record/channels.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/base/err.h"
#include "lib/base/rng.h"

/* ---- names ---- */

enum { ROOM_BYTES = sizeof CHANNEL_ROOM - 1 };

bool channel_list_next(const char **at, struct name *item)
{
    const char *text = *at;

    if (text == NULL)
        return false;
    *item = (struct name){text, strcspn(text, ",")};
    *at = text[item->len] == ',' ? text + item->len + 1 : NULL;
    return true;
}

size_t channel_list_count(const char *list)
{
    struct name item;
    size_t n = 0;

    while (channel_list_next(&list, &item))
        n++;
    return n;
}

static bool begins_with_room(struct name rest)
{
    return rest.len >= ROOM_BYTES && memcmp(rest.text, CHANNEL_ROOM, ROOM_BYTES) == 0;
}

size_t channel_name_in_room(char out[CHANNEL_NAME_BYTES], struct name item, uint64_t room)
{
    size_t len = 0;

    for (size_t i = 0; i < item.len && len < CHANNEL_NAME_BYTES;) {
        size_t space = CHANNEL_NAME_BYTES - len;

        if (begins_with_room((struct name){item.text + i, item.len - i})) {
            len += (size_t)snprintf(out + len, space, "%llu", (unsigned long long)room);
            i += ROOM_BYTES;
        } else {
            out[len++] = item.text[i++];
        }
    }
    if (len >= CHANNEL_NAME_BYTES || !name_valid(out, len))
        return 0;
    out[len] = '\0';
    return len;
}

/* ---- keys ---- */

static int64_t add_key(struct channel_keys *k, struct name name)
{
    struct channel_key *key;

    if (array_reserve(&k->all, &k->cap, (size_t)k->n + 1, sizeof(struct channel_key *)) < 0)
        return PL_ENOMEM;
    key = calloc(1, sizeof *key);
    if (key == NULL)
        return PL_ENOMEM;
    if (name.len > 0)
        memcpy(key->text, name.text, name.len);
    key->node.name = (struct name){key->text, name.len};
    key->number = k->n;
    if (name_table_add(&k->by_name, &key->node) < 0) {
        free(key);
        return PL_ENOMEM;
    }
    k->all[k->n++] = key;
    return key->number;
}

int64_t channel_keys_number(struct channel_keys *k, struct name key)
{
    const struct name_node *found;

    if (key.len > NAME_MAX_BYTES)
        key.len = NAME_MAX_BYTES; /* no server of ours has such keys */
    found = name_table_find(&k->by_name, key);
    return found != NULL ? (int64_t)((const struct channel_key *)found)->number : add_key(k, key);
}

void channel_keys_free(struct channel_keys *k)
{
    for (uint32_t i = 0; i < k->n; i++)
        free(k->all[i]);
    free(k->all);
    name_table_free(&k->by_name, NULL);
    *k = (struct channel_keys){0};
}

/* ---- make and free ---- */

static void add_items(struct channels *c, const char *list, bool latest)
{
    struct name pattern;

    while (c->nitems < CHANNELS_MAX && channel_list_next(&list, &pattern)) {
        char in_room_0[CHANNEL_NAME_BYTES];
        size_t len = channel_name_in_room(in_room_0, pattern, 0);

        c->items[c->nitems++] = (struct channel_item){
            .pattern = pattern,
            .latest = latest,
            .in_rooms = len != pattern.len,
        };
        c->nlatest += latest;
    }
}

static void name_channels(struct channels *c, const struct channel_item *item, uint64_t rooms)
{
    for (uint64_t room = 0; room < rooms; room++) {
        struct channel *ch = &c->all[item->first + room];

        channel_name_in_room(ch->name, item->pattern, room);
        ch->latest = item->latest;
    }
}

int channels_init(struct channels *c, const struct channels_plan *plan)
{
    uint64_t rooms = channel_room_of(plan->nclients - 1, plan->room_size) + 1;

    *c = (struct channels){
        .pick = (unsigned)plan->pick, .room_size = plan->room_size, .seed = plan->seed};
    add_items(c, plan->every, false);
    add_items(c, plan->latest, true);
    for (unsigned i = 0; i < c->nitems; i++) {
        c->items[i].first = c->nall;
        c->nall += c->items[i].in_rooms ? rooms : 1;
    }
    c->all = calloc(c->nall > 0 ? c->nall : 1, sizeof *c->all);
    if (c->all == NULL)
        return PL_ENOMEM;
    for (unsigned i = 0; i < c->nitems; i++)
        name_channels(c, &c->items[i], c->items[i].in_rooms ? rooms : 1);
    return PL_OK;
}

void channels_free(struct channels *c)
{
    for (size_t i = 0; c->all != NULL && i < c->nall; i++)
        channel_keys_free(&c->all[i].keys);
    free(c->all);
    *c = (struct channels){0};
}

/* ---- which client has which ---- */

/* Draw c->pick of the latest items with a generator of the client's own (the shuffle of Fisher and
 * Yates): the bits of those drawn. */
static uint64_t draw(const struct channels *c, uint64_t client)
{
    unsigned char order[CHANNELS_MAX];
    uint64_t drawn = 0;
    struct rng rng;

    if (c->pick == 0)
        return UINT64_MAX;
    rng_seed(&rng, c->seed ^ (client + 1) * UINT64_C(0x9e3779b97f4a7c15));
    for (unsigned i = 0; i < c->nlatest; i++)
        order[i] = (unsigned char)i;
    for (unsigned i = 0; i < c->pick; i++) {
        unsigned other = i + (unsigned)(rng_uniform(&rng) * (c->nlatest - i));

        drawn |= UINT64_C(1) << order[other];
        order[other] = order[i];
    }
    return drawn;
}

unsigned channels_of_client(const struct channels *c, uint64_t client, struct channel **out)
{
    uint64_t room = channel_room_of(client, c->room_size);
    uint64_t drawn = draw(c, client);
    unsigned n = 0, nevery = c->nitems - c->nlatest;

    for (unsigned i = 0; i < c->nitems; i++) {
        const struct channel_item *item = &c->items[i];

        if (!item->latest || (drawn >> (i - nevery) & 1))
            out[n++] = &c->all[item->first + (item->in_rooms ? room : 0)];
    }
    return n;
}

/* ---- the window ---- */

void channel_saw(struct channel *ch, uint64_t n, bool post)
{
    ch->delivered++;
    ch->posts += post;
    if (n > ch->seen_last)
        ch->seen_last = n;
    if (n < ch->seen_first || ch->seen_first == 0)
        ch->seen_first = n;
}

bool channels_set_window(struct channels *c, const struct channel_positions *start,
                         const struct channel_positions *end)
{
    for (size_t i = 0; i < c->nall; i++) {
        struct channel *ch = &c->all[i];
        uint64_t before;

        if (ch->clients == 0)
            continue;
        if (!channel_positions_find(start, ch->name, &before) ||
            !channel_positions_find(end, ch->name, &ch->window.last))
            return false;
        ch->window.first = before + 1;
    }
    return true;
}

void channels_set_window_seen(struct channels *c)
{
    for (size_t i = 0; i < c->nall; i++) {
        struct channel *ch = &c->all[i];

        ch->window = (struct seq_range){ch->seen_first > 0 ? ch->seen_first : 1, ch->seen_last};
    }
}
