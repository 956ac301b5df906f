#include "clients/record/channels.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

enum { SLOTS_FIRST = 4 };

/* FNV-1a, as Fowler, Noll and Vo published it. */
static uint32_t hash(struct name key)
{
    uint32_t h = 2166136261U;

    for (size_t i = 0; i < key.len; i++)
        h = (h ^ (unsigned char)key.text[i]) * 16777619U;
    return h;
}

static struct name text_of(const struct channel_key *key)
{
    return (struct name){key->text, key->len};
}

/* Where key is, or the free slot where it belongs. */
static uint32_t find_slot(const struct channel_keys *k, struct name key)
{
    uint32_t i = hash(key) & (k->nslots - 1);

    while (k->slots[i] != 0 && !name_equal(text_of(&k->all[k->slots[i] - 1]), key))
        i = (i + 1) & (k->nslots - 1);
    return i;
}

/* Room for one more key, with half of the slots free. */
static int make_room(struct channel_keys *k)
{
    uint32_t nslots = k->nslots > 0 ? k->nslots * 2 : SLOTS_FIRST;
    struct channel_key *all;
    uint32_t *slots;

    if ((k->n + 1) * 2 <= k->nslots)
        return PL_OK;
    all = realloc(k->all, nslots / 2 * sizeof *all);
    if (all == NULL)
        return PL_ENOMEM;
    k->all = all;
    slots = calloc(nslots, sizeof *slots);
    if (slots == NULL)
        return PL_ENOMEM;
    free(k->slots);
    k->slots = slots;
    k->nslots = nslots;
    for (uint32_t i = 0; i < k->n; i++)
        slots[find_slot(k, text_of(&k->all[i]))] = i + 1;
    return PL_OK;
}

static int64_t add(struct channel_keys *k, struct name key)
{
    struct channel_key *new;

    if (make_room(k) < 0)
        return PL_ENOMEM;
    new = &k->all[k->n];
    *new = (struct channel_key){.len = (uint8_t)key.len};
    if (key.len > 0)
        memcpy(new->text, key.text, key.len);
    k->slots[find_slot(k, key)] = ++k->n;
    return k->n - 1;
}

int64_t channel_keys_number(struct channel_keys *k, struct name key)
{
    uint32_t slot;

    if (key.len > NAME_MAX_BYTES)
        key.len = NAME_MAX_BYTES; /* no server of ours has such keys */
    if (k->nslots == 0)
        return add(k, key);
    slot = find_slot(k, key);
    return k->slots[slot] > 0 ? (int64_t)k->slots[slot] - 1 : add(k, key);
}

void channel_keys_free(struct channel_keys *k)
{
    free(k->all);
    free(k->slots);
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
