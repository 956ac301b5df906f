#include "clients/record/channel_keys.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"

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
