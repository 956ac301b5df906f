#include "lib/base/name_table.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"

enum { BUCKETS_MIN = 16 };

uint64_t name_hash(struct name name)
{
    uint64_t hash = UINT64_C(14695981039346656037);

    for (size_t i = 0; i < name.len; i++)
        hash = (hash ^ (uint8_t)name.text[i]) * UINT64_C(1099511628211);
    return hash;
}

static struct name_node **bucket_of(const struct name_table *t, uint64_t hash)
{
    return &t->buckets[hash & (t->nbuckets - 1)];
}

struct name_node *name_table_find(const struct name_table *t, struct name name)
{
    uint64_t hash;

    if (t->count == 0)
        return NULL;
    hash = name_hash(name);
    for (struct name_node *node = *bucket_of(t, hash); node != NULL; node = node->next) {
        if (node->hash == hash && name_equal(node->name, name))
            return node;
    }
    return NULL;
}

static void table_put(struct name_table *t, struct name_node *node)
{
    struct name_node **bucket = bucket_of(t, node->hash);

    node->next = *bucket;
    *bucket = node;
}

static int table_grow(struct name_table *t)
{
    struct name_table bigger = {.nbuckets = t->nbuckets > 0 ? 2 * t->nbuckets : BUCKETS_MIN};

    bigger.buckets = calloc(bigger.nbuckets, sizeof(struct name_node *));
    if (bigger.buckets == NULL)
        return PL_ENOMEM;
    for (size_t i = 0; i < t->nbuckets; i++) {
        struct name_node *next;

        for (struct name_node *node = t->buckets[i]; node != NULL; node = next) {
            next = node->next;
            table_put(&bigger, node);
        }
    }
    bigger.count = t->count;
    free(t->buckets);
    *t = bigger;
    return PL_OK;
}

int name_table_add(struct name_table *t, struct name_node *node)
{
    if (t->count == t->nbuckets && table_grow(t) < 0)
        return PL_ENOMEM;
    node->hash = name_hash(node->name);
    table_put(t, node);
    t->count++;
    return PL_OK;
}

struct name_node *name_table_new(struct name_table *t, size_t size, struct name name)
{
    struct name_node *node = calloc(1, size + name.len);
    char *text = (char *)node + size;

    if (node == NULL)
        return NULL;
    if (name.len > 0)
        memcpy(text, name.text, name.len);
    node->name = (struct name){text, name.len};
    if (name_table_add(t, node) == 0)
        return node;
    free(node);
    return NULL;
}

void name_table_remove(struct name_table *t, struct name_node *node)
{
    struct name_node **at = bucket_of(t, node->hash);

    while (*at != node)
        at = &(*at)->next;
    *at = node->next;
    t->count--;
}

void name_table_free(struct name_table *t, void (*release)(struct name_node *node))
{
    for (size_t i = 0; release != NULL && i < t->nbuckets; i++) {
        struct name_node *next;

        for (struct name_node *node = t->buckets[i]; node != NULL; node = next) {
            next = node->next;
            release(node);
        }
    }
    free(t->buckets);
    *t = (struct name_table){0};
}
