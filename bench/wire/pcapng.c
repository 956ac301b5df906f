#include "bench/wire/pcapng.h"

#include <string.h>

#include "lib/base/err.h"

enum block_type { /* §11.1 */
                  BLOCK_SECTION_HEADER = 0x0A0D0D0A,
                  BLOCK_INTERFACE_DESCRIPTION = 1,
                  BLOCK_ENHANCED_PACKET = 6,
};

enum option_code { /* §3.5, §4.1, §4.2, §4.3 */
                   OPT_END = 0,
                   OPT_COMMENT = 1,
                   SHB_USER_APPLICATION = 4,
                   IF_NAME = 2,
                   IF_TIMESTAMP_RESOLUTION = 9,
                   EPB_FLAGS = 2,
                   EPB_PACKET_ID = 5,
};

enum { LINKTYPE_RAW = 101, NANOSECONDS = 9, FLAG_INBOUND = 1, FLAG_OUTBOUND = 2 };
#define BYTE_ORDER_MAGIC       UINT32_C(0x1A2B3C4D)
#define SECTION_LENGTH_UNKNOWN UINT64_MAX

/* A block being written: a first allocation failure sticks, so that callers check once. */
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
    struct block b = block_begin(out, BLOCK_ENHANCED_PACKET);
    uint8_t flags[4] = {p->outbound ? FLAG_OUTBOUND : FLAG_INBOUND};
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
