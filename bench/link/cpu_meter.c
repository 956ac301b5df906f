#include "bench/link/cpu_meter.h"

#include <time.h>

#include "lib/base/clock.h"

static int64_t used_ns(void)
{
    struct timespec t = {0};

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * NS_PER_S + t.tv_nsec;
}

static struct cpu_use read_use(const struct cpu_meter *m)
{
    int64_t now_ns = used_ns();
    int64_t spin_ns = m->spin_ns + (m->spinning ? now_ns - m->spin_began_ns : 0);

    return (struct cpu_use){.work_ns = now_ns - spin_ns, .spin_ns = spin_ns};
}

void cpu_meter_reset(struct cpu_meter *m)
{
    m->began = read_use(m);
    cpu_meter_set_window(m, 0, 0);
}

void cpu_meter_set_window(struct cpu_meter *m, int64_t start_ns, int64_t end_ns)
{
    m->window_ns[0] = start_ns;
    m->window_ns[1] = end_ns;
    m->borders = 0;
}

void cpu_meter_spin(struct cpu_meter *m, bool spinning)
{
    if (m->spinning == spinning)
        return;
    if (spinning)
        m->spin_began_ns = used_ns();
    else
        m->spin_ns += used_ns() - m->spin_began_ns;
    m->spinning = spinning;
}

void cpu_meter_wake(struct cpu_meter *m, int64_t now_ns)
{
    while (m->borders < 2 && m->window_ns[m->borders] != 0 && now_ns >= m->window_ns[m->borders])
        m->border[m->borders++] = read_use(m);
}

static void write_use(struct writer *out, const struct cpu_use *from, const struct cpu_use *to)
{
    writer_printf(out, "{\"cpu_us\":%lld,\"spin_us\":%lld",
                  (long long)((to->work_ns - from->work_ns) / NS_PER_US),
                  (long long)((to->spin_ns - from->spin_ns) / NS_PER_US));
}

void cpu_meter_json(const struct cpu_meter *m, struct writer *out)
{
    struct cpu_use now = read_use(m);

    write_use(out, &m->began, &now);
    writer_puts(out, ",\"window\":");
    if (m->borders < 2) {
        writer_puts(out, "null}");
        return;
    }
    write_use(out, &m->border[0], &m->border[1]);
    writer_puts(out, "}}");
}
