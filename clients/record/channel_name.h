/* The channels of the command line: names in a list, "match/score,room-{room}". {room} stands for
 * the client's room, so that one process can hold clients of many. Pure. */
#ifndef PUSHLAB_CHANNEL_NAME_H
#define PUSHLAB_CHANNEL_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/name.h"

#define CHANNEL_ROOM          "{room}"
#define CHANNEL_NAME_ACCEPTED NAME_ACCEPTED ", and " CHANNEL_ROOM

/* With the NUL. */
enum { CHANNEL_NAME_BYTES = NAME_MAX_BYTES + 1 };

/* Walk a list: *at begins as the list (NULL: none) and is NULL after the last item; an item may be
 * empty or no name at all. False when there is no further item. */
bool channel_list_next(const char **at, struct name *item);
size_t channel_list_count(const char *list);

/* Write the name that item has in that room, terminated. Its length, or 0 when it is no name. */
size_t channel_name_in_room(char out[CHANNEL_NAME_BYTES], struct name item, uint64_t room);

/* The room of client number index: rooms fill one after the other; room_size 0: all in room 0. */
static inline uint64_t channel_room_of(uint64_t index, uint64_t room_size)
{
    return room_size > 0 ? index / room_size : 0;
}

#endif
