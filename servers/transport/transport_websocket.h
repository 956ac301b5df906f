#ifndef PUSHLAB_TRANSPORT_WEBSOCKET_H
#define PUSHLAB_TRANSPORT_WEBSOCKET_H

#include "servers/transport/transport.h"

extern const struct transport transport_websocket;

#endif
