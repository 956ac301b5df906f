#include "servers/transport/transport.h"

#include "servers/transport/transport_long_poll.h"
#include "servers/transport/transport_short_poll.h"
#include "servers/transport/transport_sse.h"
#include "servers/transport/transport_stream.h"
#include "servers/transport/transport_websocket.h"

const struct transport *const transports[] = {
    &transport_short_poll, &transport_long_poll, &transport_stream,
    &transport_sse,        &transport_websocket, NULL,
};

size_t transports_count(void)
{
    return sizeof transports / sizeof *transports - 1;
}

size_t transports_index(const struct transport *t)
{
    size_t i = 0;

    while (transports[i] != NULL && transports[i] != t)
        i++;
    return i;
}
