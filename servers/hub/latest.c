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

void latest_put(struct latest *l, struct latest_key *key, struct update *u)
{
    if (key->newest == NULL)
        l->nvalues++;
    else
        TAILQ_REMOVE(&l->by_age, key, by_age);
    TAILQ_INSERT_TAIL(&l->by_age, key, by_age);
    update_unref(key->newest);
    key->newest = update_ref(u);
}

struct latest_key *latest_after(const struct latest *l, uint64_t seq)
{
    struct latest_key *k, *after = NULL;

    if (seq == 0)
        return TAILQ_FIRST(&l->by_age);
    TAILQ_FOREACH_REVERSE (k, &l->by_age, latest_keys, by_age) {
        if (k->newest->seq <= seq)
            break;
        after = k;
    }
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
}
