#include "clients/driver/drivers.h"

const struct driver *const drivers[] = {
    [TRANSPORT_SHORT_POLL] = &driver_short_poll, [TRANSPORT_LONG_POLL] = &driver_long_poll,
    [TRANSPORT_STREAM] = &driver_stream,         [TRANSPORT_SSE] = &driver_sse,
    [TRANSPORT_WEBSOCKET] = &driver_websocket,
};
