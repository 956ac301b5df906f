#include "bench/explain/annotate/explain_frame.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "bench/base/writer.h"

enum { ROW_BITS = 32, NAME_LINES = 4, CELLS_MAX = 32, UNMASKED_BYTES = 12 };

struct cell { /* a field, or the part of it that lies in one row */
    char name[32];
    unsigned from, bits; /* in the frame */
};

struct drawing {
    uint8_t bytes[WS_HEADER_MAX_BYTES + EXPLAIN_FRAME_DRAWN_BYTES];
    struct cell cells[CELLS_MAX];
    size_t count;
    unsigned bits; /* so far */
};

/* A field that crosses the end of a row continues in the next one. */
static void add_field(struct drawing *d, const char *name, unsigned bits)
{
    bool first = true;

    while (bits > 0 && d->count < CELLS_MAX) {
        struct cell *c = &d->cells[d->count++];
        unsigned room = ROW_BITS - d->bits % ROW_BITS;

        *c = (struct cell){.from = d->bits, .bits = bits < room ? bits : room};
        snprintf(c->name, sizeof c->name, "%s", first ? name : "(continued)");
        d->bits += c->bits;
        bits -= c->bits;
        first = false;
    }
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
    unsigned extended = f->header_bytes - 2U - (f->masked ? 4U : 0U);

    if (shown > 0)
        memcpy(d->bytes + header, payload, shown);
    add_field(d, "FIN", 1);
    add_field(d, "RSV1", 1);
    add_field(d, "RSV2", 1);
    add_field(d, "RSV3", 1);
    add_field(d, "opcode", 4);
    add_field(d, "MASK", 1);
    add_field(d, "payload len", 7);
    add_field(d, "extended payload length", extended * 8);
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
    } else if (c->bits == 1) { /* its name runs downwards */
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

static void put_rows(struct writer *w, const struct drawing *d)
{
    unsigned rows = (d->bits + ROW_BITS - 1) / ROW_BITS;
    char line[EXPLAIN_FRAME_COLUMNS + 1];

    for (unsigned row = 0; row < rows; row++) {
        put_border(line, d, row);
        writer_printf(w, "%s\n", line);
        for (int i = 0; i < (row == 0 ? NAME_LINES : 1); i++) {
            put_row_line(line, d, row, i);
            writer_printf(w, "%s\n", line);
        }
        put_row_line(line, d, row, -1);
        writer_printf(w, "%s\n", line);
    }
    put_border(line, d, rows);
    writer_printf(w, "%s\n", line);
}

/* ---- unmasking ---- */

static void put_hex(struct writer *w, const char *name, const uint8_t *bytes, size_t count,
                    size_t period, const char *end)
{
    writer_printf(w, "%-18s", name);
    for (size_t i = 0; i < count; i++)
        writer_printf(w, " %02x", bytes[i % period]);
    writer_puts(w, end);
}

static void put_unmasking(struct writer *w, const struct ws_frame *f, const uint8_t *payload,
                          size_t have)
{
    size_t shown = have < UNMASKED_BYTES ? have : UNMASKED_BYTES;
    const char *end = f->payload_bytes > shown ? " \u2026\n" : "\n";
    uint8_t plain[UNMASKED_BYTES];

    memcpy(plain, payload, shown);
    ws_mask(plain, shown, f->masking_key, 0);
    writer_puts(w, "\n");
    put_hex(w, "payload as sent", payload, shown, shown, end);
    put_hex(w, "XOR masking key", f->masking_key, shown, sizeof f->masking_key, end);
    put_hex(w, "= payload", plain, shown, shown, end);
    writer_printf(w, "%-18s", "  as text");
    for (size_t i = 0; i < shown; i++)
        writer_printf(w, "  %c", plain[i] >= ' ' && plain[i] < 0x7f ? plain[i] : '.');
    writer_puts(w, "\n");
}

int explain_frame_draw(struct buf *out, const struct ws_frame *f, const uint8_t *payload,
                       size_t have)
{
    static const char scale[] =
        " 0                   1                   2                   3\n"
        " 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1\n";
    size_t shown = have < EXPLAIN_FRAME_DRAWN_BYTES ? have : EXPLAIN_FRAME_DRAWN_BYTES;
    struct drawing d = {.count = 0};
    struct writer w = {.out = out};

    lay_out(&d, f, payload, shown);
    writer_puts(&w, scale);
    put_rows(&w, &d);
    if (f->payload_bytes > shown)
        writer_printf(&w, "  \u2026 and %llu more bytes of payload\n",
                      (unsigned long long)(f->payload_bytes - shown));
    if (f->masked && have > 0)
        put_unmasking(&w, f, payload, have);
    return w.rc;
}
