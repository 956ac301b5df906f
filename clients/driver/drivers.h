/* The drivers of all transports. lib/proto/transport_info.h says how to add one. */
#pragma once

#include "clients/client/driver.h"

extern const struct driver driver_short_poll, driver_long_poll, driver_stream, driver_sse,
    driver_websocket;

extern const struct driver *const drivers[TRANSPORT_COUNT]; /* indexed by enum transport_id */
