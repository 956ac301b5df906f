/* Names to things: a hash table whose members embed a node of it. It grows as needed; how many may
 * be in it is for its owner to limit. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "lib/base/name.h"

/* First member of what is named. The name's bytes must stay as long as the node is in a table. */
struct name_node {
    struct name_node *next;
    struct name name;
    uint64_t hash;
};

/* All zero: empty. */
struct name_table {
    struct name_node **buckets;
    size_t nbuckets, count;
};

/* FNV-1a, of any text. It is not secret: a client can choose names that collide. A look-up then
 * costs as much as there are names, which the table's owner limits. */
uint64_t name_hash(struct name name);

/* NULL: not in the table. */
struct name_node *name_table_find(const struct name_table *t, struct name name);
/* node->name is set, and no node of that name is in the table. 0 or PL_ENOMEM. */
int name_table_add(struct name_table *t, struct name_node *node);
/* Allocate size bytes, all zero, for something that begins with a name_node, with room for the
 * name behind it; add it. Not in the table any more, it is given to free(). NULL: no memory. */
struct name_node *name_table_new(struct name_table *t, size_t size, struct name name);
void name_table_remove(struct name_table *t, struct name_node *node);
/* Empty the table. Each node is handed to release, if there is one. */
void name_table_free(struct name_table *t, void (*release)(struct name_node *node));
