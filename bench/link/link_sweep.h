/* Ending what still runs in a link's namespaces. A death signal reaches a child, but not the
 * child's children, and a namespace lives for as long as anybody is in it. */
#ifndef PUSHLAB_LINK_SWEEP_H
#define PUSHLAB_LINK_SWEEP_H

#include "bench/link/link_net.h"

/* Kill every process in the network namespaces that the link has made, except the calling one. 0,
 * or PL_ESYS when /proc can't be read or somebody stays. */
int link_sweep(const struct link_net *n);

#endif
