#ifndef PUSHLAB_TRANSPORT_SHORT_POLL_H
#define PUSHLAB_TRANSPORT_SHORT_POLL_H

#include "servers/transport/transport.h"

extern const struct transport transport_short_poll;

#endif
