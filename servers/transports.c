#include "transport.h"

#include "transport_long_poll.h"
#include "transport_short_poll.h"
#include "transport_sse.h"
#include "transport_stream.h"
#include "transport_websocket.h"

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
