#include "bench/explain/annotate/explain_frame.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/err.h"

enum { ROW_BITS = 32, NAME_LINES = 4, CELLS_MAX = 32, UNMASKED_BYTES = 12 };

struct cell { /* a field, or the part of it that lies in one row */
    char name[32];
    unsigned from, bits; /* in the frame */
    bool upright;        /* one bit wide: its name runs downwards */
};

struct drawing {
    uint8_t bytes[WS_HEADER_MAX_BYTES + EXPLAIN_FRAME_DRAWN_BYTES];
    struct cell cells[CELLS_MAX];
    size_t count;
    unsigned bits; /* so far */
};

/* A field that runs over the end of a row goes on in the next one. */
static void add_field(struct drawing *d, const char *name, unsigned bits)
{
    bool first = true;

    while (bits > 0 && d->count < CELLS_MAX) {
        struct cell *c = &d->cells[d->count++];
        unsigned room = ROW_BITS - d->bits % ROW_BITS;

        *c =
            (struct cell){.from = d->bits, .bits = bits < room ? bits : room, .upright = bits == 1};
        snprintf(c->name, sizeof c->name, "%s", first ? name : "(continued)");
        d->bits += c->bits;
        bits -= c->bits;
        first = false;
    }
}

static void add_length(struct drawing *d, const struct ws_frame *f)
{
    unsigned extended = f->header_bytes - 2U - (f->masked ? 4U : 0U);

    add_field(d, "payload len", 7);
    if (extended > 0)
        add_field(d, "extended payload length", extended * 8);
}

static void add_payload(struct drawing *d, const struct ws_frame *f, const uint8_t *payload,
                        size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char name[16];
        bool letter = !f->masked && payload[i] > ' ' && payload[i] < 0x7f;

        if (letter)
            snprintf(name, sizeof name, "%02x '%c'", payload[i], payload[i]);
        else
            snprintf(name, sizeof name, "%02x", payload[i]);
        add_field(d, name, 8);
    }
}

static void lay_out(struct drawing *d, const struct ws_frame *f, const uint8_t *payload,
                    size_t shown)
{
    size_t header = ws_frame_encode(d->bytes, f);

    if (shown > 0)
        memcpy(d->bytes + header, payload, shown);
    add_field(d, "FIN", 1);
    add_field(d, "RSV1", 1);
    add_field(d, "RSV2", 1);
    add_field(d, "RSV3", 1);
    add_field(d, "opcode", 4);
    add_field(d, "MASK", 1);
    add_length(d, f);
    if (f->masked)
        add_field(d, "masking key", 32);
    add_payload(d, f, payload, shown);
}

/* ---- lines ---- */

static char bit_of(const struct drawing *d, unsigned bit)
{
    return d->bytes[bit / 8] & (0x80 >> bit % 8) ? '1' : '0';
}

/* A cell's name on one of its lines, centred; or its bits. */
static void put_inside(char *line, const struct drawing *d, const struct cell *c, int name_line)
{
    char *at = line + 2 * (c->from % ROW_BITS) + 1;
    size_t width = 2 * c->bits - 1, len = strlen(c->name);

    if (name_line < 0) {
        for (unsigned i = 0; i < c->bits; i++)
            at[2 * i] = bit_of(d, c->from + i);
    } else if (c->upright) {
        if ((size_t)name_line < len)
            *at = c->name[name_line];
    } else if (name_line == 0) {
        len = len < width ? len : width;
        memcpy(at + (width - len + 1) / 2, c->name, len);
    }
}

static void put_row_line(char line[EXPLAIN_FRAME_COLUMNS + 1], const struct drawing *d,
                         unsigned row, int name_line)
{
    size_t end = 0;

    memset(line, ' ', EXPLAIN_FRAME_COLUMNS);
    for (size_t i = 0; i < d->count; i++) {
        const struct cell *c = &d->cells[i];

        if (c->from / ROW_BITS != row)
            continue;
        line[2 * (c->from % ROW_BITS)] = '|';
        put_inside(line, d, c, name_line);
        end = 2 * (c->from % ROW_BITS + c->bits);
    }
    line[end] = '|';
    line[end + 1] = '\0';
}

/* Between rows: a + wherever a cell of the row above or below begins or ends. */
static void put_border(char line[EXPLAIN_FRAME_COLUMNS + 1], const struct drawing *d, unsigned row)
{
    size_t end = 0;

    memset(line, '-', EXPLAIN_FRAME_COLUMNS);
    for (size_t i = 0; i < d->count; i++) {
        const struct cell *c = &d->cells[i];
        size_t from = 2 * (c->from % ROW_BITS), to = from + 2 * c->bits;

        if (c->from / ROW_BITS != row && c->from / ROW_BITS + 1 != row)
            continue;
        line[from] = line[to] = '+';
        end = to > end ? to : end;
    }
    line[end + 1] = '\0';
}

static int put_rows(struct buf *out, const struct drawing *d)
{
    unsigned rows = (d->bits + ROW_BITS - 1) / ROW_BITS;
    char line[EXPLAIN_FRAME_COLUMNS + 1];
    int rc = PL_OK;

    for (unsigned row = 0; rc == PL_OK && row <= rows; row++) {
        put_border(line, d, row);
        rc = buf_printf(out, "%s\n", line);
        for (int i = 0; rc == PL_OK && row < rows && i < (row == 0 ? NAME_LINES : 1); i++) {
            put_row_line(line, d, row, i);
            rc = buf_printf(out, "%s\n", line);
        }
        if (rc == PL_OK && row < rows) {
            put_row_line(line, d, row, -1);
            rc = buf_printf(out, "%s\n", line);
        }
    }
    return rc;
}

int explain_frame_draw(struct buf *out, const struct ws_frame *f, const uint8_t *payload,
                       size_t have)
{
    static const char scale[] =
        " 0                   1                   2                   3\n"
        " 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1\n";
    size_t shown = have < EXPLAIN_FRAME_DRAWN_BYTES ? have : EXPLAIN_FRAME_DRAWN_BYTES;
    struct drawing d = {.count = 0};
    int rc;

    lay_out(&d, f, payload, shown);
    rc = buf_add(out, scale, sizeof scale - 1);
    if (rc == PL_OK)
        rc = put_rows(out, &d);
    if (rc == PL_OK && f->payload_bytes > shown)
        rc = buf_printf(out, "  \u2026 and %llu more bytes of payload\n",
                        (unsigned long long)(f->payload_bytes - shown));
    return rc;
}

/* ---- unmasking ---- */

static int put_hex(struct buf *out, const char *name, const uint8_t *bytes, size_t count,
                   size_t period)
{
    int rc = buf_printf(out, "%-18s", name);

    for (size_t i = 0; rc == PL_OK && i < count; i++)
        rc = buf_printf(out, " %02x", bytes[period > 0 ? i % period : i]);
    return rc;
}

int explain_frame_draw_unmasking(struct buf *out, const struct ws_frame *f, const uint8_t *payload,
                                 size_t have)
{
    size_t shown = have < UNMASKED_BYTES ? have : UNMASKED_BYTES;
    const char *more = f->payload_bytes > shown ? " \u2026" : "";
    uint8_t plain[UNMASKED_BYTES];
    int rc;

    memcpy(plain, payload, shown);
    ws_mask(plain, shown, f->masking_key, 0);
    rc = put_hex(out, "payload as sent", payload, shown, 0);
    if (rc == PL_OK)
        rc = buf_printf(out, "%s\n", more);
    if (rc == PL_OK)
        rc = put_hex(out, "XOR masking key", f->masking_key, shown, sizeof f->masking_key);
    if (rc == PL_OK)
        rc = buf_printf(out, "%s\n", more);
    if (rc == PL_OK)
        rc = put_hex(out, "= payload", plain, shown, 0);
    if (rc == PL_OK)
        rc = buf_printf(out, "%s\n%-18s", more, "  as text");
    for (size_t i = 0; rc == PL_OK && i < shown; i++)
        rc = plain[i] >= ' ' && plain[i] < 0x7f ? buf_printf(out, "  %c", plain[i])
                                                : buf_printf(out, "  .");
    return rc == PL_OK ? buf_printf(out, "\n") : rc;
}
