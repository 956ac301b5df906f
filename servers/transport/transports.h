/* The transports, each defined in the file of its name; servers/route.c has the table. */
#pragma once

#include "servers/http/transport.h"

extern const struct transport transport_short_poll, transport_long_poll, transport_stream,
    transport_sse, transport_websocket;
