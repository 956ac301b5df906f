#ifndef PUSHLAB_TRANSPORT_STREAM_H
#define PUSHLAB_TRANSPORT_STREAM_H

#include "servers/transport/transport.h"

extern const struct transport transport_stream;

#endif
