/* A WebSocket frame drawn bit by bit, as RFC 6455 §5.2 draws the format. No I/O. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/proto/ws_frame.h"

enum { EXPLAIN_FRAME_DRAWN_BYTES = 12, EXPLAIN_FRAME_COLUMNS = 65 };

/* Append lines, each ended by LF: the header, the first bytes of the payload as they are on the
 * wire, and how they are unmasked where they are masked (§5.3): as sent, the key below, the result.
 * `have` bytes of the payload are given. 0 or PL_ENOMEM. */
int explain_frame_draw(struct buf *out, const struct ws_frame *f, const uint8_t *payload,
                       size_t have);
