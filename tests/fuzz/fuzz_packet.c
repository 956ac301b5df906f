/* Whatever the bytes, what the parser says of them adds up and lies inside them, and the
 * wire_counter can count it. */
#include <stdlib.h>

#include "lib/base/err.h"
#include "bench/link/wire_counter.h"

static void check_tcp(const struct packet *p, const uint8_t *data, size_t len)
{
    if (p->ip_header_bytes + p->tcp_header_bytes + p->payload_bytes != p->total_bytes)
        abort();
    if (p->tcp_header_bytes < 20 || p->tcp_header_bytes > 60)
        abort();
    if (p->payload < data || p->payload + p->payload_bytes > data + len)
        abort();
}

static void check(const struct packet *p, const uint8_t *data, size_t len)
{
    if ((p->version != 4 && p->version != 6) || p->total_bytes > len ||
        p->ip_header_bytes > p->total_bytes)
        abort();
    if (p->source < data || p->destination + p->address_bytes > data + len)
        abort();
    if (p->kind == PACKET_TCP)
        check_tcp(p, data, len);
}

/* The input is a row of packets, each behind a byte for its length (in fours) and direction. */
static void wire_counter_row(const uint8_t *data, size_t len)
{
    struct wire_counter r;
    struct buf json = {.data = NULL};
    struct writer w = {.out = &json};
    struct packet p;

    if (wire_counter_init(&r, 4, 0) < 0)
        return;
    while (len > 0) {
        size_t take = (size_t)(data[0] >> 1) * 4;
        enum link_direction direction = data[0] & 1 ? LINK_DOWN : LINK_UP;
        bool good;

        data++;
        len--;
        take = take < len ? take : len;
        good = packet_parse(&p, data, take) == PL_OK;
        (void)wire_counter_see(&r, good ? &p : NULL, take, direction, false, 0);
        if (take == 0)
            wire_counter_reset(&r, 0);
        data += take;
        len -= take;
    }
    wire_counter_json(&r, &w, 4);
    if (w.rc < 0)
        abort();
    buf_free(&json);
    wire_counter_free(&r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct packet p;

    if (packet_parse(&p, data, len) == PL_OK)
        check(&p, data, len);
    wire_counter_row(data, len);
    return 0;
}
