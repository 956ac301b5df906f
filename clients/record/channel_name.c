#include "clients/record/channel_name.h"

#include <stdio.h>

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
