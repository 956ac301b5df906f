/* The conditions of a run: what a reader needs to judge or repeat it, and nothing that identifies
 * the person or the machine. */
#pragma once

#include <cjson/cJSON.h>

#include "bench/network/netns.h"

/* A new object: kernel, cpu_model, cores, memory_bytes, governor, clocksource, load_average,
 * libevent, cjson, compiler, git, network_namespace (own|host), limits{}, tcp{} (sysctls as
 * the run's namespace has them), command_line[]. What can't be known is null. Call after the
 * namespace was entered. */
cJSON *environment_describe(const struct netns *netns, int argc, char *const *argv);
