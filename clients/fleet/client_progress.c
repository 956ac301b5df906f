#include "clients/fleet/client_progress.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "lib/base/clock.h"

static const int64_t tick_ns = 250 * NS_PER_MS;

static void write_line(const struct client_progress *p, int64_t now_ns)
{
    int64_t left_ns = 0;
    const char *phase = p->phase(p->arg, now_ns, &left_ns);
    const struct recorder *r = &p->env->recorder;
    char p50[24] = "null", window[64] = "", line[192];
    int len;

    if (r->recent_us.total_count > 0)
        snprintf(p50, sizeof p50, "%lld", (long long)hdr_value_at_percentile(&r->recent_us, 50.0));
    if (r->window_end_ns != INT64_MAX)
        snprintf(window, sizeof window, ",\"window_ns\":[%lld,%lld]", (long long)r->window_start_ns,
                 (long long)r->window_end_ns);
    len = snprintf(line, sizeof line, "{\"phase\":\"%s\",\"left_s\":%.1f,\"p50_us\":%s%s}\n", phase,
                   (double)(left_ns > 0 ? left_ns : 0) / (double)NS_PER_S, p50, window);
    if (write(p->fd, line, (size_t)len) < 0)
        return; /* nobody reads: the run goes on */
}

static void on_tick(struct deadline *d, int64_t now_ns)
{
    struct client_progress *p =
        (struct client_progress *)((char *)d - offsetof(struct client_progress, tick));

    write_line(p, now_ns);
    recorder_recent_reset(&p->env->recorder);
    schedule_set(&p->env->schedule, &p->tick, now_ns + tick_ns);
}

void client_progress_start(struct client_progress *p, struct client_env *env, int fd,
                           const char *(*phase)(void *, int64_t, int64_t *), void *arg)
{
    int flags;

    *p = (struct client_progress){.env = env, .fd = fd, .phase = phase, .arg = arg};
    p->tick.on_due = on_tick;
    if (fd < 0)
        return;
    flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
        return; /* no such descriptor: a run does not fail for its progress bar */
    schedule_set(&env->schedule, &p->tick, clock_now_ns());
}

void client_progress_tell(struct client_progress *p)
{
    if (p->fd >= 0)
        write_line(p, clock_now_ns());
}

void client_progress_stop(struct client_progress *p)
{
    schedule_cancel(&p->env->schedule, &p->tick);
}
