#include "bench/wire/pcapng_read.h"

#include <string.h>

#include "lib/base/err.h"

enum block_type { /* §11.1 */
                  BLOCK_SECTION_HEADER = 0x0A0D0D0A,
                  BLOCK_INTERFACE_DESCRIPTION = 1,
                  BLOCK_ENHANCED_PACKET = 6,
};

enum option_code { /* §3.5, §4.2, §4.3 */
                   OPT_END = 0,
                   OPT_COMMENT = 1,
                   IF_NAME = 2,
                   IF_TIMESTAMP_RESOLUTION = 9,
                   EPB_FLAGS = 2,
                   EPB_PACKET_ID = 5,
};

enum { LINKTYPE_RAW = 101, NANOSECONDS = 9, DIRECTION_BITS = 3, INBOUND = 1, OUTBOUND = 2 };
enum { BLOCK_OVERHEAD_BYTES = 12, SECTION_BYTES = 16, INTERFACE_BYTES = 8, PACKET_BYTES = 20 };
#define BYTE_ORDER_MAGIC UINT32_C(0x1A2B3C4D)

/* What a block holds between its type and its lengths, being read. */
struct body {
    const uint8_t *data;
    size_t len, at;
};

struct option {
    uint16_t code;
    const uint8_t *value;
    size_t len;
};

static uint64_t load(const uint8_t *p, size_t bytes)
{
    uint64_t value = 0;

    while (bytes > 0)
        value = value << 8 | p[--bytes];
    return value;
}

static uint32_t load32(const uint8_t *p)
{
    return (uint32_t)load(p, 4);
}

static size_t padded(size_t len)
{
    return (len + 3) & ~(size_t)3; /* to a multiple of four bytes (§3.1) */
}

static int refuse(struct pcapng_reader *r, const char *why)
{
    r->error = why;
    return PL_EPROTO;
}

/* The next block, whole. 1, 0 at the end, PL_EOF or PL_EPROTO; r->at moves past it when 1. */
static int read_block(struct pcapng_reader *r, uint32_t *type, struct body *b)
{
    size_t left = r->len - r->at;
    const uint8_t *p = r->data + r->at;
    uint32_t len;

    if (r->error != NULL)
        return PL_EPROTO;
    if (left == 0)
        return 0;
    if (left < 8)
        return PL_EOF;
    *type = load32(p);
    len = load32(p + 4);
    if (len < BLOCK_OVERHEAD_BYTES || len % 4 != 0)
        return refuse(r, "a block's length is impossible");
    if (len > left)
        return PL_EOF;
    if (load32(p + len - 4) != len)
        return refuse(r, "a block's two lengths differ");
    *b = (struct body){.data = p + 8, .len = len - BLOCK_OVERHEAD_BYTES};
    r->at += len;
    return 1;
}

/* 1, 0 after the last, PL_EPROTO. A block may end without OPT_END (§3.5). */
static int read_option(struct pcapng_reader *r, struct body *b, struct option *out)
{
    size_t left = b->len - b->at;

    if (left == 0)
        return 0;
    if (left < 4)
        return refuse(r, "an option is cut short");
    out->code = (uint16_t)load(b->data + b->at, 2);
    out->len = (size_t)load(b->data + b->at + 2, 2);
    out->value = b->data + b->at + 4;
    if (padded(out->len) > left - 4)
        return refuse(r, "an option reaches beyond its block");
    b->at += 4 + padded(out->len);
    if (out->code != OPT_END)
        return 1;
    return out->len == 0 && b->at == b->len ? 0 : refuse(r, "something follows the last option");
}

static struct pcapng_text option_text(const struct option *o)
{
    return (struct pcapng_text){.at = (const char *)o->value, .len = o->len};
}

static int read_section(struct pcapng_reader *r)
{
    struct option o;
    struct body b;
    uint32_t type;
    int rc = read_block(r, &type, &b);

    if (rc <= 0)
        return rc == 0 ? PL_EOF : rc;
    if (type != BLOCK_SECTION_HEADER || b.len < SECTION_BYTES)
        return refuse(r, "it does not begin with a section header");
    if (load32(b.data) != BYTE_ORDER_MAGIC)
        return refuse(r, "it is not little-endian");
    if (load(b.data + 4, 2) != 1)
        return refuse(r, "its version is not 1");
    b.at = SECTION_BYTES;
    while ((rc = read_option(r, &b, &o)) > 0)
        if (o.code == OPT_COMMENT && r->comment.at == NULL)
            r->comment = option_text(&o);
    return rc;
}

static int read_interface(struct pcapng_reader *r, const char *name)
{
    bool named = false, in_nanoseconds = false;
    struct option o;
    struct body b;
    uint32_t type;
    int rc = read_block(r, &type, &b);

    if (rc <= 0)
        return rc == 0 ? PL_EOF : rc;
    if (type != BLOCK_INTERFACE_DESCRIPTION || b.len < INTERFACE_BYTES)
        return refuse(r, "it does not describe two interfaces first");
    if (load(b.data, 2) != LINKTYPE_RAW)
        return refuse(r, "its packets are not raw IP");
    b.at = INTERFACE_BYTES;
    while ((rc = read_option(r, &b, &o)) > 0) {
        if (o.code == IF_NAME)
            named = o.len == strlen(name) && memcmp(o.value, name, o.len) == 0;
        if (o.code == IF_TIMESTAMP_RESOLUTION)
            in_nanoseconds = o.len == 1 && o.value[0] == NANOSECONDS;
    }
    if (rc < 0)
        return rc;
    if (!named)
        return refuse(r, "its interfaces are not client and server");
    return in_nanoseconds ? PL_OK : refuse(r, "its times are not in nanoseconds");
}

int pcapng_read_header(struct pcapng_reader *r, const void *data, size_t len)
{
    int rc;

    *r = (struct pcapng_reader){.data = data, .len = len};
    rc = read_section(r);
    if (rc == PL_OK)
        rc = read_interface(r, "client");
    return rc == PL_OK ? read_interface(r, "server") : rc;
}

static int read_packet_options(struct pcapng_reader *r, struct body *b, struct pcapng_record *out)
{
    bool directed = false, numbered = false;
    size_t comments = 0;
    struct option o;
    int rc;

    while ((rc = read_option(r, b, &o)) > 0) {
        if (o.code == OPT_COMMENT && comments < PCAPNG_COMMENTS)
            out->comments[comments++] = option_text(&o);
        if (o.code == EPB_FLAGS && o.len == 4) {
            unsigned direction = o.value[0] & DIRECTION_BITS;

            directed = direction == INBOUND || direction == OUTBOUND;
            out->outbound = direction == OUTBOUND;
        }
        if (o.code == EPB_PACKET_ID && o.len == 8) {
            numbered = true;
            out->id = load(o.value, 8);
        }
    }
    if (rc < 0)
        return rc;
    return directed && numbered ? 1 : refuse(r, "a packet lacks its direction or its number");
}

static int read_packet_block(struct pcapng_reader *r, struct body *b, struct pcapng_record *out)
{
    uint64_t unix_ns;

    if (b->len < PACKET_BYTES)
        return refuse(r, "a packet's block is too short");
    out->len = load32(b->data + 12);
    if (out->len != load32(b->data + 16))
        return refuse(r, "a packet is not there as a whole");
    if (out->len > b->len - PACKET_BYTES || padded(out->len) > b->len - PACKET_BYTES)
        return refuse(r, "a packet reaches beyond its block");
    if (load32(b->data) > PCAPNG_SERVER)
        return refuse(r, "a packet of an unknown interface");
    out->interface = (enum pcapng_interface)load32(b->data);
    unix_ns =
        (uint64_t)load32(b->data + 4) << 32 | load32(b->data + 8); /* high word first (§4.3) */
    if (unix_ns > INT64_MAX)
        return refuse(r, "a packet's time is impossible");
    out->unix_ns = (int64_t)unix_ns;
    out->data = b->data + PACKET_BYTES;
    b->at = PACKET_BYTES + padded(out->len);
    return read_packet_options(r, b, out);
}

int pcapng_read_packet(struct pcapng_reader *r, struct pcapng_record *out)
{
    struct body b;
    uint32_t type;
    size_t start = r->at;
    int rc = read_block(r, &type, &b);

    memset(out, 0, sizeof *out);
    if (rc <= 0)
        return rc;
    rc = type == BLOCK_ENHANCED_PACKET ? read_packet_block(r, &b, out)
                                       : refuse(r, "a block that is not a packet's");
    if (rc < 0)
        r->at = start;
    return rc;
}

/* "...; CLOCK_MONOTONIC = timestamp - 1234 ns" (capture.c) */
bool pcapng_read_offset(const struct pcapng_reader *r, int64_t *out)
{
    static const char key[] = "CLOCK_MONOTONIC = timestamp - ";
    const struct pcapng_text *comment = &r->comment;
    const char *at, *end;
    int64_t value = 0;

    if (comment->at == NULL)
        return false;
    at = memmem(comment->at, comment->len, key, sizeof key - 1);
    if (at == NULL)
        return false;
    end = comment->at + comment->len;
    for (at += sizeof key - 1; at < end && *at >= '0' && *at <= '9'; at++)
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, *at - '0', &value))
            return false;
    *out = value;
    return at[-1] != ' ';
}
