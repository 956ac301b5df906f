#include "servers/transport/transports.h"

const struct transport *const transports[] = {
    [TRANSPORT_SHORT_POLL] = &transport_short_poll, [TRANSPORT_LONG_POLL] = &transport_long_poll,
    [TRANSPORT_STREAM] = &transport_stream,         [TRANSPORT_SSE] = &transport_sse,
    [TRANSPORT_WEBSOCKET] = &transport_websocket,   [TRANSPORT_COUNT] = NULL,
};
