#ifndef PUSHLAB_TRANSPORT_SSE_H
#define PUSHLAB_TRANSPORT_SSE_H

#include "servers/transport/transport.h"

extern const struct transport transport_sse;

#endif
