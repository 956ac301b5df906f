/* The headers of one IP packet: IPv4 (RFC 791), IPv6 and its extension headers (RFC 8200), TCP
 * (RFC 9293). No I/O. Nothing outside [data, data + len) is read, whatever lengths the packet
 * contains. */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum packet_kind {
    PACKET_TCP,
    PACKET_UDP,
    PACKET_ICMP,     /* both versions */
    PACKET_FRAGMENT, /* a fragment of a larger packet: its transport header is not parsed */
    PACKET_OTHER,
};

enum packet_tcp_flag { /* RFC 9293 §3.1 */
                       PACKET_FIN = 0x01,
                       PACKET_SYN = 0x02,
                       PACKET_RST = 0x04,
                       PACKET_PSH = 0x08,
                       PACKET_ACK = 0x10,
                       PACKET_URG = 0x20,
};

struct packet {
    enum packet_kind kind;
    uint8_t version;       /* 4 or 6 */
    uint8_t protocol;      /* of what follows the IP headers (IANA numbers) */
    uint8_t address_bytes; /* 4 or 16 */
    const uint8_t *source; /* addresses point into data */
    const uint8_t *destination;
    uint32_t total_bytes;     /* from the IP header: padding after the packet is not counted */
    uint32_t ip_header_bytes; /* options and extension headers included */

    /* PACKET_TCP only: */
    uint16_t source_port, destination_port;
    uint32_t tcp_header_bytes;
    uint32_t sequence, acknowledgment;
    uint8_t flags;
    const uint8_t *payload; /* points into data */
    uint32_t payload_bytes;
};

/* 0, or PL_EPROTO when lengths or version are inconsistent or the packet is truncated. Fields that
 * don't apply are zero. */
int packet_parse(struct packet *out, const uint8_t *data, size_t len);

/* Sequence numbers that the segment takes up: payload, SYN and FIN (RFC 9293 §3.4). */
uint32_t packet_sequence_length(const struct packet *p);
