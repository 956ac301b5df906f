#include "bench/wire/packet.h"

#include <string.h>
#include <netinet/in.h>

#include "lib/base/err.h"

enum {
    IPV4_MIN_HEADER_BYTES = 20,
    IPV6_HEADER_BYTES = 40,
    TCP_MIN_HEADER_BYTES = 20,
    EXTENSION_MIN_BYTES = 8,
};

/* Numbers that <netinet/in.h> lacks (IANA, IPv6 Extension Header Types). */
enum { PROTOCOL_MOBILITY = 135, PROTOCOL_HIP = 139, PROTOCOL_SHIM6 = 140 };

static uint16_t load16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t load32(const uint8_t *p)
{
    return (uint32_t)load16(p) << 16 | load16(p + 2);
}

/* segment: what follows the IP headers, len bytes of it. */
static int parse_tcp(struct packet *out, const uint8_t *segment, size_t len)
{
    if (len < TCP_MIN_HEADER_BYTES)
        return PL_EPROTO;
    out->tcp_header_bytes = (uint32_t)(segment[12] >> 4) * 4;
    if (out->tcp_header_bytes < TCP_MIN_HEADER_BYTES || out->tcp_header_bytes > len)
        return PL_EPROTO;
    out->kind = PACKET_TCP;
    out->source_port = load16(segment);
    out->destination_port = load16(segment + 2);
    out->sequence = load32(segment + 4);
    out->acknowledgment = load32(segment + 8);
    out->flags = segment[13];
    out->payload = segment + out->tcp_header_bytes;
    out->payload_bytes = (uint32_t)(len - out->tcp_header_bytes);
    return PL_OK;
}

static int parse_transport(struct packet *out, const uint8_t *data)
{
    const uint8_t *segment = data + out->ip_header_bytes;

    switch (out->protocol) {
    case IPPROTO_TCP:
        return parse_tcp(out, segment, out->total_bytes - out->ip_header_bytes);
    case IPPROTO_UDP:
        out->kind = PACKET_UDP;
        return PL_OK;
    case IPPROTO_ICMP:
    case IPPROTO_ICMPV6:
        out->kind = PACKET_ICMP;
        return PL_OK;
    default:
        out->kind = PACKET_OTHER;
        return PL_OK;
    }
}

static int parse_ipv4(struct packet *out, const uint8_t *data, size_t len)
{
    if (len < IPV4_MIN_HEADER_BYTES)
        return PL_EPROTO;
    out->ip_header_bytes = (uint32_t)(data[0] & 0x0f) * 4;
    out->total_bytes = load16(data + 2);
    if (out->ip_header_bytes < IPV4_MIN_HEADER_BYTES || out->ip_header_bytes > out->total_bytes ||
        out->total_bytes > len)
        return PL_EPROTO;
    out->version = 4;
    out->protocol = data[9];
    out->address_bytes = 4;
    out->source = data + 12;
    out->destination = data + 16;
    if ((load16(data + 6) & 0x3fff) != 0) { /* more fragments, or an offset (RFC 791 §3.1) */
        out->kind = PACKET_FRAGMENT;
        return PL_OK;
    }
    return parse_transport(out, data);
}

/* Length of the extension header at p (len bytes left), 0 when protocol isn't one that can
 * be skipped, or PL_EPROTO (RFC 8200 §4, RFC 4302 §2.2 for AH). */
static int extension_bytes(uint8_t protocol, const uint8_t *p, size_t len)
{
    int bytes;

    switch (protocol) {
    case IPPROTO_HOPOPTS:
    case IPPROTO_ROUTING:
    case IPPROTO_DSTOPTS:
    case PROTOCOL_MOBILITY:
    case PROTOCOL_HIP:
    case PROTOCOL_SHIM6:
    case IPPROTO_AH:
    case IPPROTO_FRAGMENT:
        break;
    default:
        return 0;
    }
    if (len < EXTENSION_MIN_BYTES)
        return PL_EPROTO;
    if (protocol == IPPROTO_FRAGMENT)
        return EXTENSION_MIN_BYTES;
    bytes = protocol == IPPROTO_AH ? (p[1] + 2) * 4 : (p[1] + 1) * 8;
    return (size_t)bytes > len ? PL_EPROTO : bytes;
}

/* Skip the chain of extension headers. Each has at least 8 bytes, so the loop ends. */
static int skip_extensions(struct packet *out, const uint8_t *data)
{
    for (;;) {
        const uint8_t *p = data + out->ip_header_bytes;
        int bytes = extension_bytes(out->protocol, p, out->total_bytes - out->ip_header_bytes);

        if (bytes <= 0)
            return bytes;
        /* Offset or more-to-come; with neither it is a whole packet (RFC 6946). */
        if (out->protocol == IPPROTO_FRAGMENT && (load16(p + 2) & 0xfff9) != 0)
            out->kind = PACKET_FRAGMENT;
        out->protocol = p[0];
        out->ip_header_bytes += (uint32_t)bytes;
        if (out->kind == PACKET_FRAGMENT)
            return PL_OK;
    }
}

static int parse_ipv6(struct packet *out, const uint8_t *data, size_t len)
{
    int rc;

    if (len < IPV6_HEADER_BYTES)
        return PL_EPROTO;
    out->ip_header_bytes = IPV6_HEADER_BYTES;
    out->total_bytes = IPV6_HEADER_BYTES + (uint32_t)load16(data + 4);
    if (out->total_bytes > len)
        return PL_EPROTO;
    out->version = 6;
    out->protocol = data[6];
    out->address_bytes = 16;
    out->source = data + 8;
    out->destination = data + 24;
    rc = skip_extensions(out, data);
    if (rc < 0 || out->kind == PACKET_FRAGMENT)
        return rc;
    return parse_transport(out, data);
}

int packet_parse(struct packet *out, const uint8_t *data, size_t len)
{
    memset(out, 0, sizeof *out);
    out->kind = PACKET_OTHER;
    if (len == 0)
        return PL_EPROTO;
    switch (data[0] >> 4) {
    case 4:
        return parse_ipv4(out, data, len);
    case 6:
        return parse_ipv6(out, data, len);
    default:
        return PL_EPROTO;
    }
}

uint32_t packet_sequence_length(const struct packet *p)
{
    return p->payload_bytes + ((p->flags & PACKET_SYN) != 0) + ((p->flags & PACKET_FIN) != 0);
}
