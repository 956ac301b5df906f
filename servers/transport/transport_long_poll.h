#ifndef PUSHLAB_TRANSPORT_LONG_POLL_H
#define PUSHLAB_TRANSPORT_LONG_POLL_H

#include "servers/transport/transport.h"

extern const struct transport transport_long_poll;

#endif
