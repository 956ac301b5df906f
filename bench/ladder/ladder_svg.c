#include "bench/ladder/ladder_svg.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/clock.h"
#include "bench/ladder/ladder_caption.h"
#include "bench/ladder/ladder_style.h"
#include "bench/ladder/ladder_words.h"

enum { HEADER_Y = 112, LEGEND_GAP_Y = 44, LEGEND_LINE_Y = 19 };
enum { CLOSING_GAP_Y = 29, CLOSING_LINE_Y = 18, BOTTOM_GAP_Y = 20, LEFT_X = LADDER_AXIS_X - 20 };
enum { BAR_HALF_PX = 4, TICK_MIN_PX = 30, BRACKET_PX = 14, BRACKET_LINE_PX = 13 };

static void put_step(struct writer *w, const struct ladder_page *p, size_t i)
{
    const struct ladder_step *step = &p->ladder->steps[i];
    struct ladder_line l = ladder_page_line(p, i);

    draw_arrow(w, step->kind, &l, step->again ? "6 4" : arrow_styles[step->kind].dashes,
               step->arrived_ns != LADDER_NEVER);
    if (step->lost)
        draw_cross(w, l.x1, l.y1);
}

/* Thin grey arrows first, so that they are below the others. */
static void put_steps(struct writer *w, const struct ladder_page *p)
{
    for (int labelled = 0; labelled < 2; labelled++)
        for (size_t i = 0; i < p->steps; i++)
            if ((p->ladder->steps[i].kind != LADDER_ACK) == labelled)
                put_step(w, p, i);
}

/* ---- labels ---- */

/* Twice: first a white outline that keeps lines away from the letters, then the letters. */
static void put_caption(struct writer *w, const struct ladder_caption *c)
{
    for (int rim = 1; rim >= 0; rim--) {
        writer_printf(w,
                      "<text transform=\"translate(%.1f %.1f) rotate(%.2f)\" y=\"4.2\" class=\"c\" "
                      "xml:space=\"preserve\"%s>",
                      c->x, c->y, c->angle * 180 / 3.14159265358979,
                      rim ? " stroke=\"#fff\" stroke-width=\"3\" stroke-linejoin=\"round\"" : "");
        for (size_t i = 0; i < c->parts; i++) {
            writer_printf(w, "%s<tspan fill=\"%s\">",
                          i == 0 ? ""
                          : rim  ? "<tspan fill=\"#fff\"> + </tspan>"
                                 : "<tspan fill=\"#666\"> + </tspan>",
                          rim ? "#fff" : arrow_styles[c->part[i].kind].colour);
            draw_text(w, c->part[i].text);
            writer_printf(w, "</tspan>");
        }
        writer_printf(w, "</text>\n");
    }
}

static void put_note(struct writer *w, const struct ladder_note *n)
{
    char text[48], style[48];

    snprintf(text, sizeof text, n->update ? "update %llu" : "connection %llu",
             (unsigned long long)n->number);
    writer_printf(
        w, "<path d=\"M%d %.1fL%d %.1f\" stroke=\"#888\" stroke-width=\"0.8\" fill=\"none\"/>\n",
        LADDER_SERVER_X + 6, n->at_y, LADDER_SERVER_X + 17, n->y);
    if (n->update)
        draw_diamond(w, LADDER_SERVER_X, n->at_y);
    snprintf(style, sizeof style, "class=\"n\" fill=\"%s\"",
             n->update ? arrow_styles[LADDER_DATA].colour : "#555");
    draw_label(w, LADDER_SERVER_X + 20, n->y + 4, style, text);
}

static void bracket_lines(const struct ladder_span *span, char first[48], char second[64])
{
    static const char *const names[] = {"TCP handshake", "TLS handshake",
                                        "request \u2192 response"};
    char held[32], whole[32];

    ladder_time_text(whole, sizeof whole, span->end_ns - span->begin_ns);
    ladder_time_text(held, sizeof held, span->held_ns);
    snprintf(first, 48, "%s", names[span->kind]);
    if (span->repeated)
        snprintf(second, 64, "%s, with a loss", whole);
    else if (span->held_ns * 4 > span->end_ns - span->begin_ns)
        snprintf(second, 64, "%u RTT + %s", span->round_trips, held);
    else
        snprintf(second, 64, "%u RTT: %s", span->round_trips, whole);
}

static void put_bracket(struct writer *w, const struct ladder_page *p,
                        const struct ladder_span *span, double *free_y)
{
    double y0 = ladder_page_y(p, span->begin_ns) + 1.5, y1 = ladder_page_y(p, span->end_ns) - 1.5;
    double x = LADDER_CLIENT_X - 10, text_y = (y0 + y1) / 2 - 2;
    char first[48], second[64];

    writer_printf(
        w, "<path d=\"M%.1f %.1fh-6V%.1fh6\" fill=\"none\" stroke=\"%s\" stroke-width=\"1.5\"/>\n",
        x, y0, y1,
        span->kind == LADDER_SPAN_EXCHANGE ? "#555" : arrow_styles[LADDER_HANDSHAKE].colour);
    if (text_y < *free_y)
        text_y = *free_y;
    if (text_y > y1)
        return;
    bracket_lines(span, first, second);
    draw_label(w, x - BRACKET_PX, text_y, "class=\"b\" fill=\"#333\"", first);
    draw_label(w, x - BRACKET_PX, text_y + BRACKET_LINE_PX, "class=\"b\" fill=\"#333\"", second);
    *free_y = text_y + 2 * BRACKET_LINE_PX;
}

static void put_brackets(struct writer *w, const struct ladder_page *p)
{
    double free_y = 0;

    for (size_t i = 0; i < p->ladder->span_count; i++) {
        const struct ladder_span *span = &p->ladder->spans[i];

        if (span->to < p->steps && span->end_ns <= p->end_ns)
            put_bracket(w, p, span, &free_y);
    }
}

/* ---- what lies behind ---- */

/* 1, 2 or 5 times a power of ten, so that ticks are far enough apart. */
static double tick_ms(double px_per_ms)
{
    static const double steps[] = {1, 2, 2.5, 5, 10};
    double need = TICK_MIN_PX / px_per_ms, power = pow(10, floor(log10(need)));

    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        if (steps[i] * power >= need)
            return steps[i] * power;
    return 10 * power;
}

static void put_ticks(struct writer *w, const struct ladder_page *p, const struct ladder_stretch *t,
                      double *free_y)
{
    double step = tick_ms(p->px_per_ms), from = (double)t->from_ns / (double)NS_PER_MS;
    double to = (double)t->to_ns / (double)NS_PER_MS;
    char text[32];

    for (double k = fabs(ceil(from / step - 1e-9)); k * step <= to + 1e-9; k++) {
        double y = t->from_y + (k * step - from) * p->px_per_ms;

        if (y < *free_y)
            continue;
        *free_y = y + TICK_MIN_PX * 0.6;
        draw_line(w, LADDER_AXIS_X, y, LADDER_AXIS_X + 5, y, "stroke=\"#555\" stroke-width=\"1\"");
        draw_line(w, LADDER_CLIENT_X, y, LADDER_SERVER_X, y,
                  "stroke=\"#ececec\" stroke-width=\"1\"");
        snprintf(text, sizeof text, "%.*f",
                 step >= 1 && step != 2.5 ? 0
                 : step >= 0.1            ? 1
                                          : 2,
                 k * step);
        draw_label(w, LADDER_AXIS_X - 4, y + 4, "class=\"t\" fill=\"#444\"", text);
    }
}

static void put_axis(struct writer *w, const struct ladder_page *p)
{
    double free_y = 0;

    draw_label(w, LADDER_AXIS_X - 4, LADDER_TOP_Y - 13, "class=\"t\" fill=\"#444\"", "ms");
    for (size_t i = 0; i < p->stretch_count; i++) {
        const struct ladder_stretch *t = &p->stretches[i];

        draw_line(w, LADDER_AXIS_X, t->from_y, LADDER_AXIS_X, t->to_y,
                  t->broken ? "stroke=\"#999\" stroke-dasharray=\"1.5 3.5\"" : "stroke=\"#555\"");
        if (!t->broken)
            put_ticks(w, p, t, &free_y);
    }
}

static void put_breaks(struct writer *w, const struct ladder_page *p)
{
    for (size_t i = 0; i < p->stretch_count; i++) {
        const struct ladder_stretch *t = &p->stretches[i];

        if (t->broken)
            writer_printf(
                w, "<rect x=\"%d\" y=\"%.1f\" width=\"%d\" height=\"%.1f\" fill=\"#f1f1f1\"/>\n",
                LADDER_CLIENT_X, t->from_y + 6, LADDER_SERVER_X - LADDER_CLIENT_X,
                t->to_y - t->from_y - 12);
    }
}

static void put_break_texts(struct writer *w, const struct ladder_page *p)
{
    static const double xs[] = {LADDER_CLIENT_X, LADDER_SERVER_X, LADDER_AXIS_X};

    for (size_t i = 0; i < p->stretch_count; i++) {
        const struct ladder_stretch *t = &p->stretches[i];
        double y = (t->from_y + t->to_y) / 2;

        if (!t->broken)
            continue;
        for (size_t k = 0; k < sizeof xs / sizeof *xs; k++)
            writer_printf(w,
                          "<path d=\"M%.1f %.1fl14 -5v4l-14 5Z\" fill=\"#fff\" stroke=\"#777\" "
                          "stroke-width=\"0.8\"/>\n",
                          xs[k] - 7, y + 0.5);
        draw_label(w, (LADDER_CLIENT_X + LADDER_SERVER_X) / 2.0, y + 4, "class=\"g\" fill=\"#444\"",
                   t->text);
    }
}

/* From when to when a side takes part in a connection, as far as it is shown. */
static bool find_life(const struct ladder_page *p, unsigned connection, bool client, double *from_y,
                      double *to_y)
{
    const struct ladder *l = p->ladder;
    bool found = false;

    for (size_t i = 0; i < l->count; i++) {
        const struct ladder_step *s = &l->steps[i];
        int64_t at_ns = s->up == client ? s->sent_ns : s->arrived_ns;
        double y = i < p->steps ? ladder_page_y(p, at_ns) : p->bottom_y;

        if (s->connection != connection || at_ns == LADDER_NEVER)
            continue;
        if (!found && i >= p->steps)
            return false;
        if (!found || y < *from_y)
            *from_y = y;
        if (!found || y > *to_y)
            *to_y = y;
        found = true;
    }
    return found;
}

static void put_lives(struct writer *w, const struct ladder_page *p)
{
    for (int client = 0; client < 2; client++) {
        int x = client ? LADDER_CLIENT_X : LADDER_SERVER_X;

        draw_line(w, x, LADDER_TOP_Y - 12, x, p->bottom_y,
                  "stroke=\"#888\" stroke-width=\"1\" stroke-dasharray=\"2 3\"");
        for (unsigned i = 1; i <= p->ladder->connections; i++) {
            double y0 = 0, y1 = 0;

            if (find_life(p, i, client, &y0, &y1))
                writer_printf(
                    w,
                    "<rect x=\"%d\" y=\"%.1f\" width=\"%d\" height=\"%.1f\" fill=\"#dde3e8\" "
                    "stroke=\"#8796a3\" stroke-width=\"0.8\"/>\n",
                    x - BAR_HALF_PX, y0, 2 * BAR_HALF_PX, fmax(y1 - y0, 1));
        }
    }
}

/* ---- legend and counts ---- */

struct legend {
    struct writer *svg;
    double x, y;
};

/* Room for a sample of 34 pixels and its words. Returns the sample's x. */
static double legend_next(struct legend *g, const char *words)
{
    double width = 34 + 6 + ladder_text_width(words, 11) + 14, x;

    if (g->x + width > LADDER_PAGE_WIDTH - 10) {
        g->x = LEFT_X;
        g->y += LEGEND_LINE_Y;
    }
    x = g->x;
    draw_label(g->svg, x + 40, g->y + 4, "class=\"n\" fill=\"#333\"", words);
    g->x += width;
    return x;
}

static void legend_kind(struct legend *g, const struct ladder_page *p, enum ladder_kind kind)
{
    for (size_t i = 0; i < p->steps; i++) {
        struct ladder_line l;
        double x;

        if (p->ladder->steps[i].kind != kind)
            continue;
        x = legend_next(g, ladder_words_legend(kind, p->ladder->encrypted));
        l = (struct ladder_line){x + 4, g->y, x + 34, g->y};
        draw_arrow(g->svg, kind, &l, arrow_styles[kind].dashes, true);
        return;
    }
}

static void legend_rest(struct legend *g, const struct ladder_page *p,
                        const struct ladder_counts *n)
{
    double x;

    if (n->again > 0) {
        x = legend_next(g, "sent again");
        draw_line(g->svg, x + 4, g->y, x + 34, g->y,
                  "stroke=\"#333\" stroke-width=\"2\" stroke-dasharray=\"6 4\"");
    }
    if (n->lost > 0) {
        x = legend_next(g, "lost by the link");
        draw_line(g->svg, x + 4, g->y, x + 26, g->y, "stroke=\"#333\" stroke-width=\"2\"");
        draw_cross(g->svg, x + 28, g->y);
    }
    for (size_t i = 0; i < p->note_count; i++) {
        if (!p->notes[i].update)
            continue;
        x = legend_next(g, "update published: its age counts from here");
        draw_diamond(g->svg, x + 29, g->y);
        return;
    }
}

static double put_legend(struct writer *w, const struct ladder_page *p,
                         const struct ladder_counts *n)
{
    struct legend g = {w, LEFT_X, p->bottom_y + LEGEND_GAP_Y};

    for (int kind = 0; kind < LADDER_KINDS; kind++)
        legend_kind(&g, p, (enum ladder_kind)kind);
    legend_rest(&g, p, n);
    return g.y;
}

/* ---- the page ---- */

/* Colours are attributes: see draw_dark_rules(). */
static void put_style(struct writer *w)
{
    writer_printf(w,
                  "<style>text{font-family:'DejaVu Sans',Verdana,sans-serif}"
                  ".h{font-size:21px;font-weight:bold}"
                  ".s{font-size:12.5px}"
                  ".l{font-size:14px;font-weight:bold;text-anchor:middle}"
                  ".c{font-size:%dpx;text-anchor:middle}"
                  ".n{font-size:11px}"
                  ".b,.t{font-size:11px;text-anchor:end}"
                  ".g{font-size:11px;font-style:italic;text-anchor:middle}",
                  LADDER_LABEL_PX);
    draw_dark_rules(w);
    writer_puts(w, "</style>\n");
}

static void put_head_lines(struct writer *w, const struct ladder_words *words)
{
    draw_label(w, LEFT_X, 36, "class=\"h\" fill=\"#111\"", words->title);
    draw_label(w, LEFT_X, 58, "class=\"s\" fill=\"#333\"", words->what);
    if (words->how[0] != '\0')
        draw_label(w, LEFT_X, 77, "class=\"s\" fill=\"#333\"", words->how);
    draw_label(w, LADDER_CLIENT_X, HEADER_Y, "class=\"l\" fill=\"#111\"", "client");
    draw_label(w, LADDER_SERVER_X, HEADER_Y, "class=\"l\" fill=\"#111\"", "server");
}

static void put_page(struct writer *w, const struct ladder_page *p,
                     const struct ladder_words *words)
{
    put_breaks(w, p);
    put_axis(w, p);
    put_lives(w, p);
    put_break_texts(w, p);
    put_steps(w, p);
    put_brackets(w, p);
    for (size_t i = 0; i < p->note_count; i++)
        put_note(w, &p->notes[i]);
    for (size_t i = 0; i < p->caption_count; i++)
        if (p->captions[i].placed)
            put_caption(w, &p->captions[i]);
    if (p->steps < p->ladder->count)
        draw_label(w, (LADDER_CLIENT_X + LADDER_SERVER_X) / 2.0, p->bottom_y + 17,
                   "class=\"g\" fill=\"#444\"", "and so on");
    put_head_lines(w, words);
}

static void put_begin(struct writer *w, double height, const struct ladder_words *words)
{
    writer_printf(w,
                  "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%.0f\" "
                  "viewBox=\"0 0 %d %.0f\" role=\"img\" aria-labelledby=\"t d\">\n<title id=\"t\">",
                  LADDER_PAGE_WIDTH, height, LADDER_PAGE_WIDTH, height);
    draw_text(w, words->title);
    writer_printf(w, "</title>\n<desc id=\"d\">");
    draw_text(w, words->description);
    writer_printf(w, "</desc>\n");
    put_style(w);
    writer_printf(w, "<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n");
}

/* Returns where the page ends. */
static double put_closing(struct writer *w, double y, const struct ladder_words *words)
{
    y += CLOSING_GAP_Y;
    for (size_t i = 0; i < LADDER_CLOSING_LINES; i++, y += CLOSING_LINE_Y)
        draw_label(w, LEFT_X, y, "class=\"s\" fill=\"#333\"", words->closing[i]);
    return y - CLOSING_LINE_Y + BOTTOM_GAP_Y;
}

int ladder_svg_write(struct buf *out, const struct ladder *l, const struct ladder_about *about)
{
    struct buf body = {0}; /* the height of the page is known only after drawing */
    struct writer inner = {.out = &body}, outer = {.out = out};
    struct ladder_counts counts;
    struct ladder_words words;
    struct ladder_page page;
    double height;

    if (ladder_page_make(&page, l, about->max_steps) < 0)
        return PL_ENOMEM;
    inner.rc = ladder_caption_make(&page);
    ladder_count(l, page.steps, page.end_ns, &counts);
    ladder_words_make(&words, &page, about, &counts);
    put_page(&inner, &page, &words);
    height = put_closing(&inner, put_legend(&inner, &page, &counts), &words);
    put_begin(&outer, height, &words);
    if (body.len > 0)
        writer_add(&outer, (const char *)body.data, body.len);
    writer_puts(&outer, "</svg>\n");
    ladder_page_free(&page);
    buf_free(&body);
    return inner.rc < 0 ? inner.rc : outer.rc;
}
