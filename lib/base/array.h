/* Growing arrays: room for more items, doubling so that appending costs amortised constant time. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* array points to the pointer to the items (a T **, owned by the caller, NULL at first) and *cap
 * says how many fit. Make that at least need. 0, or PL_ENOMEM with the array as it was. */
int array_reserve(void *array, uint32_t *cap, size_t need, size_t item_bytes);
