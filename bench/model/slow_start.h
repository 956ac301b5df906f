/* TCP's slow start: what does not fit into the window that a connection begins with travels in
 * further round trips (RFC 6928, RFC 5681 §3.1). Known where the window is: on a fresh connection,
 * and after a pause in which Linux halves it down to the initial one, once per retransmission
 * time-out (RFC 2861). Pure. */
#pragma once

#include <stdbool.h>

#define TCP_FIRST_SEGMENTS 10
/* Of TCP over IPv4 with time stamps, in packets of 1,500 bytes. */
#define TCP_SEGMENT_BYTES 1448.0
#define TCP_FIRST_BYTES   (TCP_FIRST_SEGMENTS * TCP_SEGMENT_BYTES)

/* How many round trips more bytes take on such a connection; NAN beyond 70 segments, where the
 * client's first receive window, 64 kB, is the limit. */
double slow_start_rtts(double bytes);
/* Has a pause of idle_us, after as many bytes, brought the window back? */
bool slow_start_begins_again(double bytes, double idle_us, double rtt_us);
