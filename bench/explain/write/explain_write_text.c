/* For a terminal: three columns: what was on the wire, what it means, and the reference. */
#include <stdio.h>
#include <string.h>

#include "bench/explain/annotate/explain_frame.h"
#include "bench/explain/write/explain_write.h"
#include "bench/base/units.h"
#include "bench/base/writer.h"

enum {
    WIRE_X = 14,
    MEANING_X = 50,
    GAP = 2,
    MARK_WIDTH = 3,
    SUM_X = 3,
    NAME_WIDTH = 16,
    TIME_WIDTH = 10,
    TEXT_MAX_BYTES = 1024
};

struct page {
    struct writer w;
    const struct explain_report *r;
    unsigned steps;
    size_t columns, meaning_x;
};

static const char *paint(const struct page *p, const char *sequence)
{
    return p->r->colour ? sequence : "";
}

static void pad(struct page *p, size_t columns)
{
    writer_printf(&p->w, "%*s", (int)columns, "");
}

/* ---- wrapping ---- */

static size_t code_point_bytes(const char *text)
{
    size_t n = 1;

    while (((unsigned char)text[n] & 0xc0) == 0x80)
        n++;
    return n;
}

/* How many bytes of text fit so many columns, broken after a space if there is one. */
static size_t fitting_bytes(const char *text, size_t columns)
{
    size_t at = 0, space = 0;

    for (size_t used = 0; text[at] != '\0' && used < columns; used++) {
        at += code_point_bytes(text + at);
        if (text[at] == ' ' || text[at] == '\0')
            space = at;
    }
    return text[at] == '\0' || space == 0 ? at : space;
}

/* Puts text from column `at` on, where the cursor is, further lines from column x on. Returns the
 * column after the last word. */
static size_t put_wrapped(struct page *p, const char *text, size_t at, size_t x)
{
    while (*text != '\0') {
        size_t n = fitting_bytes(text, p->columns - at);

        writer_add(&p->w, text, n);
        for (size_t i = 0; i < n; i++)
            at += ((unsigned char)text[i] & 0xc0) != 0x80;
        text += n;
        while (*text == ' ')
            text++;
        if (*text == '\0')
            break;
        writer_puts(&p->w, "\n");
        pad(p, x);
        at = x;
    }
    return at;
}

/* ---- notes ---- */

static const char *way_paint(const struct page *p, const struct explain_note *n)
{
    if (n->kind == EXPLAIN_INSIDE)
        return paint(p, "\033[2m");
    if (n->way == EXPLAIN_UP)
        return paint(p, "\033[38;5;166m");
    return n->way == EXPLAIN_DOWN ? paint(p, "\033[38;5;32m") : "";
}

/* Derived text has a mark before it. */
static void put_margin(struct page *p, const struct explain_note *n)
{
    const char *about = n->estimated ? "\u2248 " : "";
    const char *mark = n->kind == EXPLAIN_INSIDE ? " \u00b7 " : "   ";
    char time[EXPLAIN_TIME_CHARS];

    if (n->depth > 0) {
        pad(p, WIRE_X - MARK_WIDTH + GAP * n->depth);
        writer_puts(&p->w, mark);
        return;
    }
    explain_time(time, p->r, n->at_ns);
    writer_printf(&p->w, "%s%*s%s%s%s", explain_arrows[n->kind == EXPLAIN_REMARK ? 0 : n->way],
                  TIME_WIDTH - (int)(units_text_width(about) + strlen(time)), "", about, time,
                  mark);
}

static void put_meaning(struct page *p, const struct explain_note *n)
{
    const char *ref = n->ref;
    char meaning[TEXT_MAX_BYTES], far[EXPLAIN_FAR_CHARS];
    size_t x;

    explain_far_text(far, p->r, n);
    snprintf(meaning, sizeof meaning, "%s%s", explain_text(p->r->notes, n->meaning), far);
    x = put_wrapped(p, meaning, p->meaning_x, p->meaning_x);
    if (*ref != '\0') {
        if (x + 1 + units_text_width(ref) > p->columns) {
            writer_puts(&p->w, "\n");
            pad(p, p->meaning_x);
        } else if (x > p->meaning_x) {
            writer_puts(&p->w, " ");
        }
        writer_printf(&p->w, "%s%s%s", paint(p, "\033[2m"), ref, paint(p, "\033[0m"));
    }
    writer_puts(&p->w, "\n");
}

static void put_line(struct page *p, const struct explain_note *n)
{
    const char *wire = explain_text(p->r->notes, n->wire);
    size_t x = WIRE_X + GAP * n->depth, end;

    put_margin(p, n);
    writer_puts(&p->w, way_paint(p, n));
    end = put_wrapped(p, wire, x, x);
    writer_puts(&p->w, paint(p, "\033[0m"));
    if (n->meaning == 0 && *n->ref == '\0') {
        writer_puts(&p->w, "\n");
        return;
    }
    if (end + GAP > p->meaning_x || x + units_text_width(wire) > p->meaning_x - GAP) {
        writer_puts(&p->w, "\n");
        end = 0;
    }
    pad(p, p->meaning_x - end);
    put_meaning(p, n);
}

/* Not indented more than the lines around it: so it fits 80 columns. */
static void put_drawing(struct page *p, const struct explain_note *n)
{
    const char *at = explain_text(p->r->notes, n->wire);
    size_t room = p->columns > EXPLAIN_FRAME_COLUMNS ? p->columns - EXPLAIN_FRAME_COLUMNS : 0;

    while (*at != '\0') {
        size_t len = strcspn(at, "\n");

        if (len > 0) {
            pad(p, room < WIRE_X ? room : WIRE_X);
            writer_puts(&p->w, way_paint(p, n));
            writer_add(&p->w, at, len);
            writer_puts(&p->w, paint(p, "\033[0m"));
        }
        writer_puts(&p->w, "\n");
        at += len + (at[len] == '\n');
    }
}

static void put_step(struct page *p, const struct explain_note *n)
{
    writer_printf(&p->w, "\n%s%u  %s%s\n   ", paint(p, "\033[1m"), ++p->steps,
                  explain_text(p->r->notes, n->wire), paint(p, "\033[0m"));
    put_wrapped(p, explain_text(p->r->notes, n->meaning), SUM_X, SUM_X);
    writer_puts(&p->w, "\n\n");
}

static void put_notes(struct page *p)
{
    for (size_t i = 0; i < p->r->notes->count; i++) {
        const struct explain_note *n = &p->r->notes->all[i];

        if (n->kind == EXPLAIN_STEP)
            put_step(p, n);
        else if (n->kind == EXPLAIN_DRAWING)
            put_drawing(p, n);
        else
            put_line(p, n);
    }
}

/* ---- above and below ---- */

static void put_legend(struct page *p)
{
    put_wrapped(p, p->r->times, 0, 0);
    writer_puts(&p->w, "\n");
    put_wrapped(
        p,
        "\u2192 client to server, \u2190 server to client, \u00b7 not on the wire: derived from "
        "it, or a remark",
        0, 0);
    writer_puts(&p->w, "\n");
}

static void put_sum(struct page *p, bool connections)
{
    struct explain_sum_line lines[EXPLAIN_SUM_LINES];
    size_t count = explain_sum(lines, p->r);

    writer_printf(&p->w, "\n%sTotals%s\n\n", paint(p, "\033[1m"), paint(p, "\033[0m"));
    for (size_t i = 0; i < count; i++) {
        if (!connections && strncmp(lines[i].name, "connection ", 11) == 0)
            continue;
        writer_printf(&p->w, "%*s%-*s", SUM_X, "", NAME_WIDTH, lines[i].name);
        put_wrapped(p, lines[i].value, SUM_X + NAME_WIDTH, SUM_X + NAME_WIDTH);
        writer_puts(&p->w, "\n");
    }
}

static void put_title(struct page *p)
{
    char title[TEXT_MAX_BYTES];

    snprintf(title, sizeof title, ": %s, %s", p->r->about, p->r->network);
    writer_printf(&p->w, "%s%s%s", paint(p, "\033[1m"), p->r->topic, paint(p, "\033[0m"));
    put_wrapped(p, title, units_text_width(p->r->topic), 0);
    writer_puts(&p->w, "\n");
}

int explain_write_text(struct buf *out, const struct explain_report *r, unsigned parts)
{
    size_t columns = r->columns > 0 ? r->columns : EXPLAIN_COLUMNS;
    struct page p = {.w = {.out = out},
                     .r = r,
                     .columns = columns,
                     .meaning_x = columns / 2 < MEANING_X ? columns / 2 : MEANING_X};

    if ((parts & EXPLAIN_TEXT_TITLE) != 0)
        put_title(&p);
    if ((parts & EXPLAIN_TEXT_LEGEND) != 0)
        put_legend(&p);
    if ((parts & EXPLAIN_TEXT_NOTES) != 0)
        put_notes(&p);
    if ((parts & EXPLAIN_TEXT_SUM) != 0)
        put_sum(&p, (parts & EXPLAIN_TEXT_CONNECTIONS) != 0);
    return p.w.rc;
}
