/* The forwarder's account as JSON. docs/link.md describes the members. */
#include "lib/base/clock.h"
#include "bench/link/forwarder.h"

static unsigned long long ull(uint64_t n)
{
    return n;
}

/* text as a JSON string: specs and paths, so only what those can hold needs escaping. */
static int write_string(struct buf *out, const char *text)
{
    if (buf_add(out, "\"", 1) < 0)
        return PL_ENOMEM;
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        int rc = c == '"' || c == '\\' ? buf_printf(out, "\\%c", c)
                 : c < ' '             ? buf_printf(out, "\\u%04x", c)
                                       : buf_add(out, text, 1);

        if (rc < 0)
            return rc;
    }
    return buf_add(out, "\"", 1);
}

static int write_path(struct buf *out, const struct link_path *l, const char *name)
{
    return buf_printf(
        out,
        "\"%s\":{\"packets_in\":%llu,\"bytes_in\":%llu,\"packets_out\":%llu,\"bytes_out\":%llu,"
        "\"lost_packets\":%llu,\"lost_bytes\":%llu,\"queue_dropped_packets\":%llu,"
        "\"queue_dropped_bytes\":%llu,\"under_way_packets\":%llu,\"under_way_bytes\":%llu}",
        name, ull(l->packets_in), ull(l->bytes_in), ull(l->packets_out), ull(l->bytes_out),
        ull(l->loss.stage.dropped_packets), ull(l->loss.stage.dropped_bytes),
        ull(l->rate.stage.dropped_packets), ull(l->rate.stage.dropped_bytes),
        ull(link_path_held_packets(l)), ull(link_path_held_bytes(l)));
}

/* Losses that are the instrument's own fault, by their cause. */
static int write_own(struct buf *out, const struct forwarder *m)
{
    uint64_t tun = 0, memory = 0, write = 0;

    for (int i = 0; i < LINK_DIRECTIONS; i++) {
        tun += forwarder_tun_drops(m, (enum link_direction)i);
        memory += m->memory_failures[i] + m->path[i].delay.stage.dropped_packets;
        write += m->write_failures[i];
    }
    return buf_printf(out,
                      "\"own_drops\":%llu,\"own_drops_by_cause\":{\"tun_queue\":%llu,"
                      "\"memory\":%llu,\"write\":%llu}",
                      ull(tun + memory + write), ull(tun), ull(memory), ull(write));
}

static int write_late(struct buf *out, const struct hdr *h)
{
    return buf_printf(out,
                      "\"late_us\":{\"count\":%lld,\"mean\":%.1f,\"p50\":%lld,\"p99\":%lld,"
                      "\"max\":%lld}",
                      (long long)h->total_count, hdr_mean(h),
                      (long long)hdr_value_at_percentile(h, 50),
                      (long long)hdr_value_at_percentile(h, 99), (long long)hdr_max(h));
}

static int write_capture(struct buf *out, const struct capture *c)
{
    if (c->fd < 0)
        return buf_printf(out, "\"capture\":null");
    return buf_printf(out, "\"capture\":{\"packets\":%llu,\"bytes\":%llu,\"errno\":%d}",
                      ull(c->packets), ull(c->bytes), c->error);
}

static int write_head(struct buf *out, const struct forwarder *m)
{
    char spec[LINK_TEXT_CHARS];

    link_spec_format(&m->spec, spec);
    if (buf_printf(out, "{\"schema\":1,\"link\":") < 0 || write_string(out, m->spec.name) < 0 ||
        buf_printf(out, ",\"spec\":") < 0 || write_string(out, spec) < 0)
        return PL_ENOMEM;
    return buf_printf(out,
                      ",\"seed\":%llu,\"ipv6\":%s,\"time_ns\":%lld,\"since_ns\":%lld,"
                      "\"lead_us\":%lld,\"tcp\":{",
                      ull(m->seed), m->net.ipv6 ? "true" : "false", (long long)clock_now_ns(),
                      (long long)m->wire_counter.since_ns, (long long)(m->lead_ns / NS_PER_US));
}

int forwarder_json(const struct forwarder *m, struct buf *out, uint32_t max_connections)
{
    if (write_head(out, m) < 0 || wire_counter_json(&m->wire_counter, out, max_connections) < 0 ||
        buf_printf(out, "},\"lanes\":{") < 0 || write_path(out, &m->path[LINK_UP], "up") < 0 ||
        buf_add(out, ",", 1) < 0 || write_path(out, &m->path[LINK_DOWN], "down") < 0 ||
        buf_add(out, "},", 2) < 0 || write_own(out, m) < 0 || buf_add(out, ",", 1) < 0 ||
        write_late(out, &m->late_us) < 0 || buf_add(out, ",", 1) < 0 ||
        write_capture(out, &m->capture) < 0)
        return PL_ENOMEM;
    return buf_add(out, "}", 1);
}
