#include "servers/hub/latest.h"

#include <stdlib.h>

struct latest_key *latest_find(struct latest *l, struct name key)
{
    return key.len == 0 ? &l->unkeyed : (struct latest_key *)name_table_find(&l->keys, key);
}

struct latest_key *latest_add(struct latest *l, struct name key)
{
    return (struct latest_key *)name_table_new(&l->keys, sizeof(struct latest_key), key);
}

static void latest_unlink(struct latest *l, struct latest_key *key)
{
    if (key->newer != NULL)
        key->newer->older = key->older;
    else
        l->newest = key->older;
    if (key->older != NULL)
        key->older->newer = key->newer;
    else
        l->oldest = key->newer;
}

static void latest_link_newest(struct latest *l, struct latest_key *key)
{
    key->newer = NULL;
    key->older = l->newest;
    if (l->newest != NULL)
        l->newest->newer = key;
    else
        l->oldest = key;
    l->newest = key;
}

void latest_put(struct latest *l, struct latest_key *key, struct update *u)
{
    if (key->newest == NULL)
        l->nvalues++;
    else if (l->newest != key)
        latest_unlink(l, key);
    if (l->newest != key)
        latest_link_newest(l, key);
    update_unref(key->newest);
    key->newest = update_ref(u);
}

struct latest_key *latest_after(const struct latest *l, uint64_t seq)
{
    struct latest_key *after = NULL;

    if (seq == 0)
        return l->oldest;
    for (struct latest_key *k = l->newest; k != NULL && k->newest->seq > seq; k = k->older)
        after = k;
    return after;
}

static void latest_key_release(struct name_node *node)
{
    update_unref(((struct latest_key *)node)->newest);
    free(node);
}

void latest_free(struct latest *l)
{
    update_unref(l->unkeyed.newest);
    name_table_free(&l->keys, latest_key_release);
    *l = (struct latest){0};
}
