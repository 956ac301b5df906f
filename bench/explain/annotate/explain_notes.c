#include "bench/explain/annotate/explain_notes.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/base/visible.h"
#include "bench/wire/packet.h"

const struct explain_flag explain_flags[] = {
    {PACKET_SYN, "SYN"}, {PACKET_FIN, "FIN"}, {PACKET_RST, "RST"}, {PACKET_ACK, "ACK"}, {0, NULL}};

void explain_note(struct explain_notes *n, const struct explain_note *shape)
{
    struct explain_note *note;

    if (n->rc == PL_OK && n->text.len == 0)
        n->rc = buf_add(&n->text, "", 1);
    if (n->rc == PL_OK)
        n->rc = array_reserve(&n->all, &n->cap, n->count + 1, sizeof *n->all);
    if (n->rc < 0)
        return;
    note = &n->all[n->count++];
    *note = *shape;
    note->wire = note->meaning = 0;
    note->ref = "";
}

/* Ends a text that began at `from`. Returns its place, or 0 with rc set. */
static size_t end_text(struct explain_notes *n, size_t from, int rc)
{
    if (rc == PL_OK)
        rc = buf_add(&n->text, "", 1);
    if (rc < 0)
        n->rc = rc;
    return rc < 0 ? 0 : from;
}

/* ---- anybody's bytes ---- */

/* Blanks, marks and controls of direction and of joining among U+0600-U+061F, U+2000-U+206F and
 * U+F000-U+FFFF; data is UTF-8. */
static bool is_invisible(const uint8_t *data)
{
    if (data[0] == 0xc2 && data[1] == 0xa0)
        return true;
    if (data[0] == 0xe2 && data[1] == 0x80)
        return data[2] <= 0x8f || (data[2] >= 0xa8 && data[2] <= 0xaf);
    return data[0] == 0xd8 || (data[0] == 0xe2 && data[1] == 0x81) || data[0] == 0xef;
}

/* How many bytes the printable code point at the front takes; 0: show them as numbers. Characters
 * that are invisible or change the direction of writing are not printable. */
static size_t printable_bytes(const uint8_t *data, size_t len)
{
    size_t bytes = visible_bytes((const char *)data, len);

    return bytes > 1 && is_invisible(data) ? 0 : bytes;
}

static int put_number(struct buf *out, uint8_t byte)
{
    if (byte == '\n' || byte == '\r' || byte == '\t')
        return buf_printf(out, "\\%c", byte == '\n' ? 'n' : byte == '\r' ? 'r' : 't');
    return buf_printf(out, "\\x%02x", byte);
}

/* The beginning of total_bytes, of which len are there and at most max_bytes are shown. */
static int put_bytes(struct buf *out, const uint8_t *data, size_t len, uint64_t total_bytes,
                     size_t max_bytes)
{
    size_t at = 0, shown = len < max_bytes ? len : max_bytes;
    int rc = PL_OK;

    while (rc == PL_OK && at < shown) {
        size_t bytes = printable_bytes(data + at, len - at);

        rc = bytes > 0 ? buf_add(out, data + at, bytes) : put_number(out, data[at]);
        at += bytes > 0 ? bytes : 1;
    }
    if (rc == PL_OK && at < total_bytes)
        rc = buf_printf(out, " \u2026 %llu bytes more", (unsigned long long)(total_bytes - at));
    return rc;
}

/* ---- texts ---- */

__attribute__((format(printf, 2, 0))) static size_t put(struct explain_notes *n, const char *fmt,
                                                        va_list ap)
{
    size_t from = n->text.len;
    char *raw = NULL;
    int len = vasprintf(&raw, fmt, ap), rc = PL_ENOMEM;

    if (len >= 0)
        rc = put_bytes(&n->text, (const uint8_t *)raw, (size_t)len, (size_t)len, SIZE_MAX);
    if (len >= 0)
        free(raw);
    return end_text(n, from, rc);
}

void explain_set_wire_v(struct explain_notes *n, const char *fmt, va_list ap)
{
    if (n->rc == PL_OK)
        n->all[n->count - 1].wire = put(n, fmt, ap);
}

void explain_set_wire(struct explain_notes *n, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    explain_set_wire_v(n, fmt, ap);
    va_end(ap);
}

void explain_set_meaning(struct explain_notes *n, const char *fmt, ...)
{
    va_list ap;

    if (n->rc < 0)
        return;
    va_start(ap, fmt);
    n->all[n->count - 1].meaning = put(n, fmt, ap);
    va_end(ap);
}

void explain_set_ref(struct explain_notes *n, const char *ref)
{
    if (n->rc == PL_OK && ref != NULL)
        n->all[n->count - 1].ref = ref;
}

void explain_set_wire_beginning(struct explain_notes *n, const void *data, size_t len,
                                uint64_t total_bytes, size_t max_bytes)
{
    size_t from = n->text.len;

    if (n->rc < 0)
        return;
    n->all[n->count - 1].wire =
        end_text(n, from, put_bytes(&n->text, data, len, total_bytes, max_bytes));
}

void explain_set_wire_bytes(struct explain_notes *n, const void *data, size_t len, size_t max_bytes)
{
    explain_set_wire_beginning(n, data, len, len, max_bytes);
}

void explain_set_lines(struct explain_notes *n, const void *data, size_t len)
{
    size_t from = n->text.len;
    const uint8_t *at = data, *end = at + len;
    int rc = PL_OK;

    if (n->rc < 0)
        return;
    while (rc == PL_OK && at < end) {
        const uint8_t *lf = memchr(at, '\n', (size_t)(end - at));
        size_t line = lf == NULL ? (size_t)(end - at) : (size_t)(lf - at);

        rc = put_bytes(&n->text, at, line, line, SIZE_MAX);
        if (rc == PL_OK)
            rc = buf_add(&n->text, "\n", 1);
        at += line + 1;
    }
    n->all[n->count - 1].wire = end_text(n, from, rc);
}

void explain_set_frame(struct explain_notes *n, const struct explain_note_frame *frame)
{
    if (n->rc < 0)
        return;
    n->all[n->count - 1].fact = EXPLAIN_FACT_FRAME;
    n->all[n->count - 1].frame = *frame;
}

const char *explain_text(const struct explain_notes *n, size_t text)
{
    return n->text.len == 0 ? "" : (const char *)n->text.data + text;
}

void explain_notes_clear(struct explain_notes *n)
{
    n->count = 0;
    n->text.len = n->text.len > 0 ? 1 : 0;
}

void explain_notes_free(struct explain_notes *n)
{
    free(n->all);
    buf_free(&n->text);
    *n = (struct explain_notes){0};
}
