/* What a client takes of the server's memory, and a connection of the kernel's: slopes over the
 * connections that the server had at several moments of a row, so that what it takes once is in
 * none of them. docs/metrics.md says when there are too few clients for a figure. */
#pragma once

#include <cjson/cJSON.h>

/* Into row, from the server_stats of a report, null where not known:
 *   server_heap_bytes_per_client server_rss_bytes_per_client kernel_bytes_per_connection
 *   server_memory{connections start_rss_bytes heap_error_bytes rss_error_bytes kernel_error_bytes}
 *       connections: opened from the start to the window; *_error_bytes: standard errors */
void result_memory(cJSON *row, const cJSON *report);
