#include "bench/wire/pcapng.h"

#include <string.h>

#include "lib/base/err.h"

enum block_type { /* §11.1 */
                  BLOCK_SECTION_HEADER = 0x0A0D0D0A,
                  BLOCK_INTERFACE_DESCRIPTION = 1,
                  BLOCK_ENHANCED_PACKET = 6,
};

/* A type for local use (§11.1), with the layout of an enhanced packet block. */
#define BLOCK_OTHER_END_PACKET UINT32_C(0x80000006)

enum option_code { /* §3.5, §4.1, §4.2, §4.3 */
                   OPT_END = 0,
                   OPT_COMMENT = 1,
                   SHB_USER_APPLICATION = 4,
                   IF_NAME = 2,
                   IF_TIMESTAMP_RESOLUTION = 9,
                   EPB_FLAGS = 2,
                   EPB_PACKET_ID = 5,
};

enum { LINKTYPE_RAW = 101, NANOSECONDS = 9 };
enum { DIRECTION_BITS = 3, INBOUND = 1, OUTBOUND = 2 }; /* of EPB_FLAGS (§4.3.1) */
/* Of the blocks' bodies, what comes before the options. */
enum { BLOCK_OVERHEAD_BYTES = 12, SECTION_BYTES = 16, INTERFACE_BYTES = 8, PACKET_BYTES = 20 };
#define BYTE_ORDER_MAGIC       UINT32_C(0x1A2B3C4D)
#define SECTION_LENGTH_UNKNOWN UINT64_MAX

/* ---- writing ---- */

/* A block being written: the first allocation failure is kept in rc, so that callers check once. */
struct block {
    struct buf *out;
    size_t start;
    int rc;
};

static void put(struct block *b, const void *data, size_t len)
{
    if (b->rc == PL_OK)
        b->rc = buf_add(b->out, data, len);
}

static void put_integer(struct block *b, uint64_t value, size_t bytes)
{
    uint8_t le[8];

    for (size_t i = 0; i < bytes; i++)
        le[i] = (uint8_t)(value >> (8 * i));
    put(b, le, bytes);
}

static void put_padded(struct block *b, const void *data, size_t len)
{
    put(b, data, len);
    put(b, "\0\0\0", -len & 3); /* to a multiple of four bytes (§3.1) */
}

static void put_option(struct block *b, enum option_code code, const void *data, size_t len)
{
    put_integer(b, code, 2);
    put_integer(b, len, 2);
    put_padded(b, data, len);
}

static void put_text(struct block *b, enum option_code code, const char *text)
{
    if (text != NULL)
        put_option(b, code, text, strnlen(text, UINT16_MAX));
}

static struct block block_begin(struct buf *out, uint32_t type)
{
    struct block b = {.out = out, .start = out->len};

    put_integer(&b, type, 4);
    put_integer(&b, 0, 4); /* the length, when it is known */
    return b;
}

/* End the options and set the block's length at both of its ends (§3.1). On failure nothing
 * of the block stays. */
static int block_end(struct block *b)
{
    size_t len;

    put_integer(b, OPT_END, 4);
    len = b->out->len - b->start + 4;
    put_integer(b, len, 4);
    if (b->rc < 0) {
        b->out->len = b->start;
        return b->rc;
    }
    for (int i = 0; i < 4; i++)
        b->out->data[b->start + 4 + (size_t)i] = (uint8_t)(len >> (8 * i));
    return PL_OK;
}

static int write_interface(struct buf *out, const char *name)
{
    struct block b = block_begin(out, BLOCK_INTERFACE_DESCRIPTION);
    uint8_t resolution = NANOSECONDS;

    put_integer(&b, LINKTYPE_RAW, 2);
    put_integer(&b, 0, 2);
    put_integer(&b, 0, 4); /* no limit on the captured length */
    put_text(&b, IF_NAME, name);
    put_option(&b, IF_TIMESTAMP_RESOLUTION, &resolution, 1);
    return block_end(&b);
}

int pcapng_write_header(struct buf *out, const char *comment)
{
    struct block b = block_begin(out, BLOCK_SECTION_HEADER);
    int rc;

    put_integer(&b, BYTE_ORDER_MAGIC, 4);
    put_integer(&b, 1, 2); /* version 1.0 */
    put_integer(&b, 0, 2);
    put_integer(&b, SECTION_LENGTH_UNKNOWN, 8);
    put_text(&b, OPT_COMMENT, comment);
    put_text(&b, SHB_USER_APPLICATION, "pushlab " PUSHLAB_VERSION);
    rc = block_end(&b);
    if (rc == PL_OK)
        rc = write_interface(out, "client");
    return rc == PL_OK ? write_interface(out, "server") : rc;
}

int pcapng_write_packet(struct buf *out, const struct pcapng_packet *p)
{
    uint32_t type = p->other_end ? BLOCK_OTHER_END_PACKET : BLOCK_ENHANCED_PACKET;
    struct block b = block_begin(out, type);
    uint8_t flags[4] = {p->outbound ? OUTBOUND : INBOUND};
    uint8_t id[8];

    for (int i = 0; i < 8; i++)
        id[i] = (uint8_t)(p->id >> (8 * i));
    put_integer(&b, p->interface, 4);
    put_integer(&b, (uint64_t)p->unix_ns >> 32, 4); /* high word first (§4.3) */
    put_integer(&b, (uint64_t)p->unix_ns & UINT32_MAX, 4);
    put_integer(&b, p->len, 4);
    put_integer(&b, p->len, 4);
    put_padded(&b, p->data, p->len);
    for (int i = 0; i < 2; i++)
        put_text(&b, OPT_COMMENT, p->comments[i]);
    put_option(&b, EPB_FLAGS, flags, sizeof flags);
    put_option(&b, EPB_PACKET_ID, id, sizeof id);
    return block_end(&b);
}

/* ---- reading ---- */

/* The content of a block, between its lengths, being read. */
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

/* A block of that type, with at least so many bytes before its options. 0, PL_EOF or PL_EPROTO. */
static int read_head_block(struct pcapng_reader *r, struct body *b, enum block_type type,
                           size_t bytes, const char *otherwise)
{
    uint32_t found;
    int rc = read_block(r, &found, b);

    if (rc <= 0)
        return rc == 0 ? PL_EOF : rc;
    b->at = bytes;
    return found == type && b->len >= bytes ? PL_OK : refuse(r, otherwise);
}

static int read_section(struct pcapng_reader *r)
{
    struct option o;
    struct body b;
    int rc = read_head_block(r, &b, BLOCK_SECTION_HEADER, SECTION_BYTES,
                             "it does not begin with a section header");

    if (rc < 0)
        return rc;
    if (load32(b.data) != BYTE_ORDER_MAGIC)
        return refuse(r, "it is not little-endian");
    if (load(b.data + 4, 2) != 1)
        return refuse(r, "its version is not 1");
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
    int rc = read_head_block(r, &b, BLOCK_INTERFACE_DESCRIPTION, INTERFACE_BYTES,
                             "it does not describe two interfaces first");

    if (rc < 0)
        return rc;
    if (load(b.data, 2) != LINKTYPE_RAW)
        return refuse(r, "its packets are not raw IP");
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
    rc = type == BLOCK_ENHANCED_PACKET || type == BLOCK_OTHER_END_PACKET
             ? read_packet_block(r, &b, out)
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
