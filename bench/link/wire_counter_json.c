/* The wire_counter's account as JSON. docs/link.md describes the members. */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "bench/link/wire_counter.h"

static unsigned long long ull(uint64_t n)
{
    return n;
}

static int write_flow(struct buf *out, const char *name, const struct wire_counter_flow *f)
{
    return buf_printf(
        out,
        "\"%s\":{\"packets\":%llu,\"bytes\":%llu,\"ip_header_bytes\":%llu,"
        "\"tcp_header_bytes\":%llu,\"payload_bytes\":%llu,\"syns\":%llu,"
        "\"fins\":%llu,\"rsts\":%llu,\"pure_acks\":%llu,"
        "\"pure_ack_bytes\":%llu,\"retransmissions\":%llu,"
        "\"retransmitted_bytes\":%llu,\"lost\":%llu}",
        name, ull(f->packets), ull(f->ip_header_bytes + f->tcp_header_bytes + f->payload_bytes),
        ull(f->ip_header_bytes), ull(f->tcp_header_bytes), ull(f->payload_bytes), ull(f->syns),
        ull(f->fins), ull(f->rsts), ull(f->pure_acks), ull(f->pure_ack_bytes),
        ull(f->retransmissions), ull(f->retransmitted_bytes), ull(f->lost));
}

static int write_other(struct buf *out, const char *name, const struct wire_counter_other *o)
{
    return buf_printf(out,
                      ",\"%s\":{\"up\":{\"packets\":%llu,\"bytes\":%llu},"
                      "\"down\":{\"packets\":%llu,\"bytes\":%llu}}",
                      name, ull(o[LINK_UP].packets), ull(o[LINK_UP].bytes),
                      ull(o[LINK_DOWN].packets), ull(o[LINK_DOWN].bytes));
}

static void format_end(char out[INET6_ADDRSTRLEN + 8], const uint64_t address[2], unsigned port,
                       bool ipv6)
{
    char text[INET6_ADDRSTRLEN] = "";

    inet_ntop(ipv6 ? AF_INET6 : AF_INET, address, text, sizeof text);
    snprintf(out, INET6_ADDRSTRLEN + 8, ipv6 ? "[%s]:%u" : "%s:%u", text, port & 0xffff);
}

static int write_connection(struct buf *out, const struct wire_counter_connection *c)
{
    char client[INET6_ADDRSTRLEN + 8], server[INET6_ADDRSTRLEN + 8];
    bool ipv6 = (c->key.ports_and_version & 0xff) == 6;

    format_end(client, c->key.client, (unsigned)(c->key.ports_and_version >> 32), ipv6);
    format_end(server, c->key.server, (unsigned)(c->key.ports_and_version >> 8), ipv6);
    if (buf_printf(out,
                   "{\"number\":%u,\"client\":\"%s\",\"server\":\"%s\",\"opened_by\":\"%s\","
                   "\"established\":%s,\"closed\":%s,\"first_ns\":%lld,\"last_ns\":%lld,",
                   c->number, client, server, c->opener == LINK_UP ? "client" : "server",
                   c->established ? "true" : "false", c->closed ? "true" : "false",
                   (long long)c->first_ns, (long long)c->last_ns) < 0 ||
        write_flow(out, "up", &c->flow[LINK_UP]) < 0 || buf_add(out, ",", 1) < 0 ||
        write_flow(out, "down", &c->flow[LINK_DOWN]) < 0)
        return PL_ENOMEM;
    return buf_add(out, "}", 1);
}

static int write_list(const struct wire_counter *r, struct buf *out, uint32_t max_connections)
{
    uint32_t written = 0;

    if (buf_printf(out, ",\"list\":[") < 0)
        return PL_ENOMEM;
    for (uint32_t i = 0; i < r->count && written < max_connections; i++) {
        if (r->connections[i].stale)
            continue;
        if (written++ > 0 && buf_add(out, ",", 1) < 0)
            return PL_ENOMEM;
        if (write_connection(out, &r->connections[i]) < 0)
            return PL_ENOMEM;
    }
    return buf_add(out, "]", 1);
}

static int write_window(struct buf *out, const struct wire_counter_window *w)
{
    if (buf_printf(out, ",\"window\":{\"start_ns\":%lld,\"end_ns\":%lld,", (long long)w->start_ns,
                   (long long)w->end_ns) < 0 ||
        write_flow(out, "up", &w->flow[LINK_UP]) < 0 || buf_add(out, ",", 1) < 0 ||
        write_flow(out, "down", &w->flow[LINK_DOWN]) < 0)
        return PL_ENOMEM;
    return buf_add(out, "}", 1);
}

int wire_counter_json(const struct wire_counter *r, struct buf *out, uint32_t max_connections)
{
    const struct wire_counter_totals *t = &r->totals;

    if (buf_printf(out, "\"connections\":%llu,\"handshakes\":%llu,\"syn_retransmissions\":%llu,",
                   ull(t->connections), ull(t->handshakes), ull(t->syn_retransmissions)) < 0 ||
        write_flow(out, "up", &t->flow[LINK_UP]) < 0 || buf_add(out, ",", 1) < 0 ||
        write_flow(out, "down", &t->flow[LINK_DOWN]) < 0 || write_window(out, &r->window) < 0 ||
        write_other(out, "stale", t->stale) < 0 || write_other(out, "other", t->other) < 0 ||
        write_other(out, "fragments", t->fragments) < 0 ||
        write_other(out, "malformed", t->malformed) < 0 ||
        write_other(out, "untracked", t->untracked) < 0)
        return PL_ENOMEM;
    return max_connections > 0 ? write_list(r, out, max_connections) : PL_OK;
}
