/* What the servers of a balanced row counted, and what was between them and the clients, for
 * run.json. */
#pragma once

#include "bench/run/cluster.h"

/* Put into the clients' report what all servers counted together, in place of what the first one
 * said, and under "balancer" what was in between (result_balancer.h). Without balancers: nothing.
 */
void cluster_report(const struct cluster *c, cJSON *report);
