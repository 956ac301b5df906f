/* IP packets made by hand for the tests of the link. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "bench/wire/packet.h"

struct made {
    uint8_t data[2048];
    size_t len;
};

static inline void put16(uint8_t *p, unsigned v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

static inline void put32(uint8_t *p, uint32_t v)
{
    put16(p, v >> 16);
    put16(p + 2, v & 0xffff);
}

/* What is asked of a TCP packet; the rest has plain values. */
struct wanted {
    unsigned version; /* 4 (also when 0) or 6 */
    int from_server;  /* else from the client */
    unsigned client_port, server_port;
    uint32_t sequence, acknowledgment;
    uint8_t flags;
    unsigned payload_bytes;
    unsigned ip_option_bytes, tcp_option_bytes; /* multiples of 4; IPv4 only the first */
};

static inline size_t make_ip(struct made *m, const struct wanted *w, unsigned segment_bytes)
{
    static const uint8_t ends[2] = {1, 2};
    uint8_t *p = m->data, from = ends[w->from_server], to = ends[!w->from_server];
    unsigned header = w->version == 6 ? 40 : 20 + w->ip_option_bytes;

    memset(m, 0, sizeof *m);
    m->len = header + segment_bytes;
    if (w->version == 6) {
        p[0] = 0x60;
        put16(p + 4, segment_bytes);
        p[6] = 6;
        p[7] = 64;
        p[8] = p[24] = 0xfd;
        p[23] = from;
        p[39] = to;
        return header;
    }
    p[0] = (uint8_t)(0x40 | header / 4);
    put16(p + 2, (unsigned)m->len);
    p[6] = 0x40; /* don't fragment */
    p[8] = 64;
    p[9] = 6;
    memset(p + 20, 1, w->ip_option_bytes); /* no-operation options */
    memcpy(p + 12, (uint8_t[]){10, 77, 0, from, 10, 77, 0, to}, 8);
    return header;
}

static inline void make_tcp(struct made *m, const struct wanted *w)
{
    unsigned header = 20 + w->tcp_option_bytes;
    uint8_t *p = m->data + make_ip(m, w, header + w->payload_bytes);
    unsigned client = w->client_port == 0 ? 40000 : w->client_port;
    unsigned server = w->server_port == 0 ? 80 : w->server_port;

    put16(p, w->from_server ? server : client);
    put16(p + 2, w->from_server ? client : server);
    put32(p + 4, w->sequence);
    put32(p + 8, w->acknowledgment);
    p[12] = (uint8_t)(header / 4 << 4);
    p[13] = w->flags;
    put16(p + 14, 65535);
    memset(p + 20, 1, w->tcp_option_bytes);
    memset(p + header, 'x', w->payload_bytes);
}
