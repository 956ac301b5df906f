#include "servers/hub/senders.h"

#include <stdlib.h>
#include <string.h>

struct sender *senders_find(const struct senders *s, struct name from)
{
    return (struct sender *)name_table_find(&s->table, from);
}

struct sender *senders_add(struct senders *s, struct name from)
{
    struct sender *sender = calloc(1, sizeof *sender + from.len);

    if (sender == NULL)
        return NULL;
    if (from.len > 0)
        memcpy(sender->text, from.text, from.len);
    sender->node.name = (struct name){sender->text, from.len};
    if (name_table_add(&s->table, &sender->node) == 0)
        return sender;
    free(sender);
    return NULL;
}

static void sender_release(struct name_node *node)
{
    free(node);
}

void senders_free(struct senders *s)
{
    name_table_free(&s->table, sender_release);
}
