#include "clients/fleet/progress.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "lib/base/clock.h"

int progress_open(int fd)
{
    int flags = fcntl(fd, F_GETFL);

    return flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 ? -1 : fd;
}

void progress_write(int fd, const char *phase, int64_t left_ns, const struct recorder *r)
{
    char p50[24] = "null", window[64] = "", line[192];
    int len;

    if (r->recent_us.total_count > 0)
        snprintf(p50, sizeof p50, "%lld", (long long)hdr_value_at_percentile(&r->recent_us, 50.0));
    if (r->window_end_ns != INT64_MAX)
        snprintf(window, sizeof window, ",\"window_ns\":[%lld,%lld]", (long long)r->window_start_ns,
                 (long long)r->window_end_ns);
    len = snprintf(line, sizeof line, "{\"phase\":\"%s\",\"left_s\":%.1f,\"p50_us\":%s%s}\n", phase,
                   (double)(left_ns > 0 ? left_ns : 0) / (double)NS_PER_S, p50, window);
    if (fd >= 0 && write(fd, line, (size_t)len) < 0)
        return; /* nobody reads: the run goes on */
}
