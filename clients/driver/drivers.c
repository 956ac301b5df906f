#include "clients/driver/driver.h"

#include <string.h>

extern const struct driver driver_short_poll, driver_long_poll, driver_stream, driver_sse,
    driver_websocket;

const struct driver *const drivers[] = {
    &driver_short_poll, &driver_long_poll, &driver_stream, &driver_sse, &driver_websocket, NULL,
};

const struct driver *driver_find(const char *name)
{
    for (size_t i = 0; drivers[i] != NULL; i++) {
        if (strcmp(drivers[i]->name, name) == 0)
            return drivers[i];
    }
    return NULL;
}
