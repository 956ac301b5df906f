/* Captures for tests: TCP connections between one client and one server, packet by packet, as
 * the emulated link would have written them. */
#pragma once

#include <stdbool.h>
#include <string.h>

#include "lib/base/buf.h"
#include "bench/wire/packet.h"
#include "bench/wire/pcapng.h"

#define WIRE_BEGIN_NS  INT64_C(1700000000000000000)
#define WIRE_OFFSET_NS INT64_C(1699999990000000000) /* so CLOCK_MONOTONIC began at 10 s */
#define WIRE_MS        INT64_C(1000000)
#define WIRE_COMMENT   "sse; CLOCK_MONOTONIC = timestamp - 1699999990000000000 ns"

enum { WIRE_DELAY_MS = 25, WIRE_SERVER_PORT = 8080, WIRE_PACKET_MAX_BYTES = 1500 };
enum { WIRE_LOST = 1, WIRE_ONE_END = 2, WIRE_AGAIN = 4 };

struct wire {
    struct buf file;
    int64_t now_ms; /* of the next departure */
    uint64_t id;
    uint16_t client_port;
    uint32_t next[2]; /* sequence numbers by direction: [true] is the client's */
};

static inline void wire_connect(struct wire *w, uint16_t client_port)
{
    w->client_port = client_port;
    w->next[true] = 1000;
    w->next[false] = 0xfffffff0; /* wraps soon */
}

static inline struct wire wire_new(void)
{
    struct wire w = {.now_ms = 0};

    pcapng_write_header(&w.file, WIRE_COMMENT);
    wire_connect(&w, 40000);
    return w;
}

static inline void wire_put(uint8_t *p, uint32_t value, size_t bytes)
{
    while (bytes > 0) {
        p[--bytes] = (uint8_t)value;
        value >>= 8;
    }
}

/* IPv4 and TCP without options; checksums are not looked at. */
static inline size_t wire_packet(uint8_t *p, const struct wire *w, bool up, uint8_t flags,
                                 uint32_t sequence, const void *payload, size_t len)
{
    memset(p, 0, 40);
    p[0] = 0x45;
    wire_put(p + 2, (uint32_t)(40 + len), 2);
    p[9] = 6;
    wire_put(p + 12, up ? 0x0a4d0001 : 0x0a4d0002, 4);
    wire_put(p + 16, up ? 0x0a4d0002 : 0x0a4d0001, 4);
    wire_put(p + 20, up ? w->client_port : WIRE_SERVER_PORT, 2);
    wire_put(p + 22, up ? WIRE_SERVER_PORT : w->client_port, 2);
    wire_put(p + 24, sequence, 4);
    wire_put(p + 28, w->next[!up], 4);
    p[32] = 5 << 4;
    p[33] = flags;
    if (len > 0)
        memcpy(p + 40, payload, len);
    return 40 + len;
}

/* One packet, departing now and, unless how says otherwise, arriving WIRE_DELAY_MS later.
 * WIRE_AGAIN: what was sent before, counted back from what comes next. */
static inline void wire_send(struct wire *w, bool up, uint8_t flags, const void *payload,
                             size_t len, int how)
{
    uint32_t length = (uint32_t)len + ((flags & PACKET_SYN) != 0) + ((flags & PACKET_FIN) != 0);
    uint32_t sequence = w->next[up] - ((how & WIRE_AGAIN) != 0 ? length : 0);
    uint8_t data[WIRE_PACKET_MAX_BYTES];
    struct pcapng_packet p = {.interface = up ? PCAPNG_CLIENT : PCAPNG_SERVER,
                              .outbound = true,
                              .other_end = !up,
                              .unix_ns = WIRE_BEGIN_NS + w->now_ms * WIRE_MS,
                              .id = ++w->id,
                              .data = data};

    p.len = wire_packet(data, w, up, flags, sequence, payload, len);
    p.comments[0] = (how & WIRE_LOST) != 0 ? "dropped by the link: loss" : NULL;
    pcapng_write_packet(&w->file, &p);
    w->next[up] = sequence + length;
    if ((how & (WIRE_LOST | WIRE_ONE_END)) != 0)
        return;
    p.interface = up ? PCAPNG_SERVER : PCAPNG_CLIENT;
    p.other_end = up;
    p.outbound = false;
    p.unix_ns += WIRE_DELAY_MS * WIRE_MS;
    pcapng_write_packet(&w->file, &p);
}

static inline void wire_say(struct wire *w, bool up, const char *text)
{
    wire_send(w, up, PACKET_ACK | PACKET_PSH, text, strlen(text), 0);
}

/* SYN, SYN-ACK, ACK: 50 ms. */
static inline void wire_handshake(struct wire *w)
{
    wire_send(w, true, PACKET_SYN, NULL, 0, 0);
    w->now_ms += WIRE_DELAY_MS;
    wire_send(w, false, PACKET_SYN | PACKET_ACK, NULL, 0, 0);
    w->now_ms += WIRE_DELAY_MS;
    wire_send(w, true, PACKET_ACK, NULL, 0, 0);
}

/* A question and its answer: 50 ms. */
static inline void wire_exchange(struct wire *w, const char *request, const char *response)
{
    wire_say(w, true, request);
    w->now_ms += WIRE_DELAY_MS;
    wire_say(w, false, response);
    w->now_ms += WIRE_DELAY_MS;
}
