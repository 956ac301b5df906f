/* For a page: a heading for each step, tables of lines, drawings as they are, references as links.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/explain/write/explain_write.h"
#include "bench/base/writer.h"

struct page {
    struct writer w;
    const struct explain_report *r;
    bool in_table;
    unsigned steps;
};

/* Escapes what has a meaning in Markdown, in a cell of a table. */
static void put_escaped(struct page *p, const char *text)
{
    for (; *text != '\0'; text++) {
        if (strchr("\\`*_{}[]<>|#~", *text) != NULL)
            writer_puts(&p->w, "\\");
        writer_add(&p->w, text, 1);
    }
}

/* The longest run of backticks. */
static size_t longest_backticks(const char *text)
{
    size_t longest = 0, row = 0;

    for (; *text != '\0'; text++) {
        row = *text == '`' ? row + 1 : 0;
        longest = row > longest ? row : longest;
    }
    return longest;
}

/* A code span or block is fenced with more backticks than it contains. */
static void put_fence(struct page *p, size_t backticks)
{
    while (backticks-- > 0)
        writer_puts(&p->w, "`");
}

/* As code; a | would end the cell. A space keeps backticks of the text apart from ours. */
static void put_code(struct page *p, const char *text)
{
    size_t inside = longest_backticks(text);

    put_fence(p, inside + 1);
    writer_puts(&p->w, inside > 0 ? " " : "");
    for (; *text != '\0'; text++) {
        if (*text == '|')
            writer_puts(&p->w, "\\");
        writer_add(&p->w, text, 1);
    }
    writer_puts(&p->w, inside > 0 ? " " : "");
    put_fence(p, inside + 1);
}

/* Derived text, which was not on the wire: italics instead of code. */
static void put_derived(struct page *p, const char *text)
{
    writer_puts(&p->w, "<em>");
    put_escaped(p, text);
    writer_puts(&p->w, "</em>");
}

/* "RFC 9110 §7.2" and "RFC 8446 §D.4" become links; other references are text. */
static void put_ref(struct page *p, const char *ref)
{
    unsigned rfc = 0;
    int used = 0;
    const char *section;

    if (sscanf(ref, "RFC %u%n", &rfc, &used) != 1) {
        put_escaped(p, ref);
        return;
    }
    writer_printf(&p->w, "[%s](https://www.rfc-editor.org/rfc/rfc%u", ref, rfc);
    section = ref + used + strlen(" \u00a7");
    if (strncmp(ref + used, " \u00a7", 3) == 0)
        writer_printf(&p->w, "#%s-%s", *section >= 'A' ? "appendix" : "section", section);
    writer_puts(&p->w, ")");
}

static void leave_table(struct page *p)
{
    if (p->in_table)
        writer_puts(&p->w, "\n");
    p->in_table = false;
}

static void enter_table(struct page *p)
{
    if (!p->in_table)
        writer_puts(&p->w, "| | time | on the wire | what it means | |\n|---|---:|---|---|---|\n");
    p->in_table = true;
}

static void put_row(struct page *p, const struct explain_note *n)
{
    const char *wire = explain_text(p->r->notes, n->wire);
    char time[EXPLAIN_TIME_CHARS] = "", far[EXPLAIN_FAR_CHARS];

    enter_table(p);
    if (n->depth == 0)
        explain_time(time, p->r, n->at_ns);
    explain_far_text(far, p->r, n);
    writer_printf(&p->w, "| %s | %s%s | ", n->depth == 0 ? explain_arrows[n->way] : "",
                  n->estimated ? "\u2248 " : "", time);
    for (unsigned i = 0; i < n->depth; i++)
        writer_puts(&p->w, "&emsp;");
    if (n->kind == EXPLAIN_WIRE && *wire != '\0')
        put_code(p, wire);
    else if (n->kind == EXPLAIN_INSIDE && *wire != '\0')
        put_derived(p, wire);
    else
        put_escaped(p, wire);
    writer_puts(&p->w, " | ");
    put_escaped(p, explain_text(p->r->notes, n->meaning));
    writer_puts(&p->w, far);
    writer_puts(&p->w, " | ");
    put_ref(p, n->ref);
    writer_puts(&p->w, " |\n");
}

static void put_drawing(struct page *p, const struct explain_note *n)
{
    const char *lines = explain_text(p->r->notes, n->wire);
    size_t inside = longest_backticks(lines), fence = inside < 3 ? 3 : inside + 1;

    leave_table(p);
    put_fence(p, fence);
    writer_printf(&p->w, "text\n%s", lines);
    put_fence(p, fence);
    writer_puts(&p->w, "\n\n");
}

static void put_step(struct page *p, const struct explain_note *n)
{
    leave_table(p);
    writer_printf(&p->w, "### %u. ", ++p->steps);
    put_escaped(p, explain_text(p->r->notes, n->wire));
    writer_puts(&p->w, "\n\n");
    put_escaped(p, explain_text(p->r->notes, n->meaning));
    writer_puts(&p->w, "\n\n");
}

static void put_sum(struct page *p)
{
    struct explain_sum_line lines[EXPLAIN_SUM_LINES];
    size_t count = explain_sum(lines, p->r);

    leave_table(p);
    writer_puts(&p->w, "### Totals\n\n| | |\n|---|---|\n");
    for (size_t i = 0; i < count; i++)
        writer_printf(&p->w, "| %s | %s |\n", lines[i].name, lines[i].value);
}

int explain_write_markdown(struct buf *out, const struct explain_report *r)
{
    struct page p = {.w = {.out = out}, .r = r};

    writer_printf(&p.w, "## %s: %s\n\nMade ", r->topic, r->about);
    put_escaped(&p, r->network);
    writer_puts(&p.w, ". ");
    put_escaped(&p, r->times);
    writer_puts(&p.w, " \u2192 is from the client to the server, \u2190 from the server to the "
                      "client. Text in italics was not on the wire: it is derived.\n\n");
    for (size_t i = 0; i < r->notes->count; i++) {
        const struct explain_note *n = &r->notes->all[i];

        if (n->kind == EXPLAIN_STEP)
            put_step(&p, n);
        else if (n->kind == EXPLAIN_DRAWING)
            put_drawing(&p, n);
        else
            put_row(&p, n);
    }
    put_sum(&p);
    return p.w.rc;
}
