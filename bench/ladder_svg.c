#include "ladder_svg.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "ladder_words.h"

enum { HEADER_Y = 112, LEGEND_GAP_Y = 44, LEGEND_LINE_Y = 19, CLOSING_LINE_Y = 18 };
enum { BAR_HALF_PX = 4, TICK_MIN_PX = 30, BRACKET_PX = 14, BRACKET_LINE_PX = 13 };
enum { HEAD_LENGTH_PX = 11, HEAD_HALF_PX = 4 };

/* A kind is told by its colour (Okabe and Ito 2008) and, without colour, by its head, its tail
 * and its line. */
enum tail { TAIL_NONE, TAIL_SQUARE, TAIL_RING, TAIL_DISC, TAIL_BAR };

struct look {
    const char *line, *text; /* colours: text is darker, for contrast on white */
    double width;
    const char *dashes; /* NULL: solid */
    bool open_head;
    enum tail tail;
    const char *legend;
};

static const struct look looks[LADDER_KINDS] = {
    [LADDER_HANDSHAKE] = {"#E69F00", "#7A5200", 1.8, NULL, true, TAIL_NONE, "handshake"},
    [LADDER_REQUEST] = {"#0072B2", "#00568A", 2.2, NULL, false, TAIL_SQUARE, "request"},
    [LADDER_RESPONSE] = {"#009E73", "#00664A", 2.2, NULL, false, TAIL_RING,
                         "response without data"},
    [LADDER_DATA] = {"#D55E00", "#A03F00", 3, NULL, false, TAIL_DISC, "data: updates"},
    [LADDER_CONTROL] = {"#555555", "#444444", 1.4, NULL, true, TAIL_RING, "hello, heartbeat"},
    [LADDER_TEARDOWN] = {"#CC79A7", "#8A3A68", 1.8, "9 3 2 3", true, TAIL_BAR, "teardown"},
    [LADDER_ACK] = {"#A0A0A0", "#707070", 0.9, NULL, false, TAIL_NONE, "TCP acknowledgment only"},
};

/* ---- primitives: an allocation that fails is found in the end ---- */

struct svg {
    struct buf *out;
    int rc;
};

#define PUT(svg, ...)                                                                              \
    do {                                                                                           \
        if ((svg)->rc == LAB_OK)                                                                   \
            (svg)->rc = buf_printf((svg)->out, __VA_ARGS__);                                       \
    } while (0)

static void put_text(struct svg *s, const char *text)
{
    for (; *text != '\0'; text++) {
        switch (*text) {
        case '&':
            PUT(s, "&amp;");
            break;
        case '<':
            PUT(s, "&lt;");
            break;
        case '>':
            PUT(s, "&gt;");
            break;
        case '"':
            PUT(s, "&quot;");
            break;
        default:
            /* Other control characters are no XML at all, not even as &#7; (XML 1.0 §2.2). */
            PUT(s, "%c", *text >= 0 && *text < ' ' ? ' ' : *text);
        }
    }
}

/* attributes are ours, text is anybody's. */
static void put_label(struct svg *s, double x, double y, const char *attributes, const char *text)
{
    PUT(s, "<text x=\"%.1f\" y=\"%.1f\" %s>", x, y, attributes);
    put_text(s, text);
    PUT(s, "</text>\n");
}

static void put_line(struct svg *s, double x0, double y0, double x1, double y1,
                     const char *attributes)
{
    PUT(s, "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" %s/>\n", x0, y0, x1, y1,
        attributes);
}

/* ---- arrows ---- */

static void put_tail(struct svg *s, const struct look *k, double x, double y)
{
    switch (k->tail) {
    case TAIL_NONE:
        break;
    case TAIL_SQUARE:
        PUT(s, "<rect x=\"%.1f\" y=\"%.1f\" width=\"7\" height=\"7\" fill=\"%s\"/>\n", x - 3.5,
            y - 3.5, k->line);
        break;
    case TAIL_RING:
    case TAIL_DISC:
        PUT(s,
            "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"%d\" fill=\"%s\" stroke=\"%s\" "
            "stroke-width=\"1.6\"/>\n",
            x, y, k->tail == TAIL_DISC ? 4 : 3, k->tail == TAIL_DISC ? k->line : "#fff", k->line);
        break;
    case TAIL_BAR:
        PUT(s,
            "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\" "
            "stroke-width=\"2.5\"/>\n",
            x, y - 5, x, y + 5, k->line);
        break;
    }
}

static void put_head(struct svg *s, const struct look *k, const struct ladder_line *l, double size)
{
    double length = hypot(l->x1 - l->x0, l->y1 - l->y0);
    double dx = length > 0 ? (l->x1 - l->x0) / length : 1, dy = (l->y1 - l->y0) / fmax(length, 1);
    double back_x = l->x1 - dx * HEAD_LENGTH_PX * size, back_y = l->y1 - dy * HEAD_LENGTH_PX * size;
    double half = HEAD_HALF_PX * size;

    PUT(s,
        "<path d=\"M%.1f %.1fL%.1f %.1fL%.1f %.1f%s\" fill=\"%s\" stroke=\"%s\" "
        "stroke-width=\"%.1f\"/>\n",
        back_x - dy * half, back_y + dx * half, l->x1, l->y1, back_x + dy * half,
        back_y - dx * half, k->open_head ? "" : "Z", k->open_head ? "none" : k->line, k->line,
        k->open_head ? k->width : 0.5);
}

static void put_cross(struct svg *s, double x, double y)
{
    PUT(s,
        "<path d=\"M%.1f %.1fl12 12m0 -12l-12 12\" fill=\"none\" stroke=\"#222\" "
        "stroke-width=\"2.6\"/>\n",
        x - 6, y - 6);
}

static void put_arrow(struct svg *s, const struct look *k, const struct ladder_line *l,
                      const char *dashes, bool arrives)
{
    struct ladder_line shaft = *l;
    double length = hypot(l->x1 - l->x0, l->y1 - l->y0);

    if (arrives && !k->open_head && length > 0) { /* else a thick line's end shows at the tip */
        shaft.x1 -= (l->x1 - l->x0) / length * HEAD_LENGTH_PX / 2;
        shaft.y1 -= (l->y1 - l->y0) / length * HEAD_LENGTH_PX / 2;
    }
    PUT(s,
        "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\" "
        "stroke-width=\"%.1f\"%s%s%s/>\n",
        shaft.x0, shaft.y0, shaft.x1, shaft.y1, k->line, k->width,
        dashes != NULL ? " stroke-dasharray=\"" : "", dashes != NULL ? dashes : "",
        dashes != NULL ? "\"" : "");
    put_tail(s, k, l->x0, l->y0);
    if (arrives)
        put_head(s, k, l, k == &looks[LADDER_ACK] ? 0.7 : 1);
}

static void put_step(struct svg *s, const struct ladder_page *p, size_t i)
{
    const struct ladder_step *step = &p->ladder->steps[i];
    const struct look *k = &looks[step->kind];
    struct ladder_line l = ladder_page_line(p, i);

    put_arrow(s, k, &l, step->again ? "6 4" : k->dashes, step->arrived_ns != LADDER_NEVER);
    if (step->lost)
        put_cross(s, l.x1, l.y1);
}

/* First what is thin and grey, so that it lies below. */
static void put_steps(struct svg *s, const struct ladder_page *p)
{
    for (int labelled = 0; labelled < 2; labelled++)
        for (size_t i = 0; i < p->steps; i++)
            if ((p->ladder->steps[i].kind != LADDER_ACK) == labelled)
                put_step(s, p, i);
}

/* ---- labels ---- */

/* Twice: a white rim that keeps lines away from the letters, then the letters. Widths are
 * ours, not the font's: textLength only when the guess was too small would need the font. */
static void put_caption(struct svg *s, const struct ladder_caption *c)
{
    for (int rim = 1; rim >= 0; rim--) {
        PUT(s,
            "<text transform=\"translate(%.1f %.1f) rotate(%.2f)\" y=\"4.2\" class=\"c\" "
            "xml:space=\"preserve\"%s>",
            c->x, c->y, c->angle * 180 / 3.14159265358979,
            rim ? " stroke=\"#fff\" stroke-width=\"3\" stroke-linejoin=\"round\"" : "");
        for (size_t i = 0; i < c->parts; i++) {
            PUT(s, "%s<tspan fill=\"%s\">",
                i == 0 ? ""
                : rim  ? "<tspan fill=\"#fff\"> + </tspan>"
                       : "<tspan fill=\"#666\"> + </tspan>",
                rim ? "#fff" : looks[c->part[i].kind].text);
            put_text(s, c->part[i].text);
            PUT(s, "</tspan>");
        }
        PUT(s, "</text>\n");
    }
}

static void put_note(struct svg *s, const struct ladder_note *n)
{
    char text[48];

    snprintf(text, sizeof text, n->update ? "update %llu" : "connection %llu",
             (unsigned long long)n->number);
    PUT(s, "<path d=\"M%d %.1fL%d %.1f\" stroke=\"#888\" stroke-width=\"0.8\" fill=\"none\"/>\n",
        LADDER_SERVER_X + 6, n->at_y, LADDER_SERVER_X + 17, n->y);
    if (n->update)
        PUT(s,
            "<path d=\"M%d %.1fl5 -5l5 5l-5 5Z\" fill=\"#fff\" stroke=\"#A03F00\" "
            "stroke-width=\"1.5\"/>\n",
            LADDER_SERVER_X - 5, n->at_y);
    put_label(s, LADDER_SERVER_X + 20, n->y + 4,
              n->update ? "class=\"n\" fill=\"#A03F00\"" : "class=\"n\" fill=\"#555\"", text);
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

static void put_bracket(struct svg *s, const struct ladder_page *p, const struct ladder_span *span,
                        double *free_y)
{
    double y0 = ladder_page_y(p, span->begin_ns) + 1.5, y1 = ladder_page_y(p, span->end_ns) - 1.5;
    double x = LADDER_CLIENT_X - 10, text_y = (y0 + y1) / 2 - 2;
    char first[48], second[64];

    PUT(s, "<path d=\"M%.1f %.1fh-6V%.1fh6\" fill=\"none\" stroke=\"%s\" stroke-width=\"1.5\"/>\n",
        x, y0, y1, span->kind == LADDER_SPAN_EXCHANGE ? "#555" : looks[LADDER_HANDSHAKE].text);
    if (text_y < *free_y)
        text_y = *free_y;
    if (text_y > y1)
        return;
    bracket_lines(span, first, second);
    put_label(s, x - BRACKET_PX, text_y, "class=\"b\"", first);
    put_label(s, x - BRACKET_PX, text_y + BRACKET_LINE_PX, "class=\"b\"", second);
    *free_y = text_y + 2 * BRACKET_LINE_PX;
}

static void put_brackets(struct svg *s, const struct ladder_page *p)
{
    double free_y = 0;

    for (size_t i = 0; i < p->ladder->span_count; i++) {
        const struct ladder_span *span = &p->ladder->spans[i];

        if (span->to < p->steps && span->end_ns <= p->end_ns)
            put_bracket(s, p, span, &free_y);
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

static void put_ticks(struct svg *s, const struct ladder_page *p, const struct ladder_stretch *t,
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
        put_line(s, LADDER_AXIS_X, y, LADDER_AXIS_X + 5, y, "stroke=\"#555\" stroke-width=\"1\"");
        put_line(s, LADDER_CLIENT_X, y, LADDER_SERVER_X, y,
                 "stroke=\"#ececec\" stroke-width=\"1\"");
        snprintf(text, sizeof text, "%.*f",
                 step >= 1 && step != 2.5 ? 0
                 : step >= 0.1            ? 1
                                          : 2,
                 k * step);
        put_label(s, LADDER_AXIS_X - 4, y + 4, "class=\"t\"", text);
    }
}

static void put_axis(struct svg *s, const struct ladder_page *p)
{
    double free_y = 0;

    put_label(s, LADDER_AXIS_X - 4, LADDER_TOP_Y - 13, "class=\"t\"", "ms");
    for (size_t i = 0; i < p->stretch_count; i++) {
        const struct ladder_stretch *t = &p->stretches[i];

        put_line(s, LADDER_AXIS_X, t->from_y, LADDER_AXIS_X, t->to_y,
                 t->broken ? "stroke=\"#999\" stroke-dasharray=\"1.5 3.5\"" : "stroke=\"#555\"");
        if (!t->broken)
            put_ticks(s, p, t, &free_y);
    }
}

static void put_breaks(struct svg *s, const struct ladder_page *p)
{
    for (size_t i = 0; i < p->stretch_count; i++) {
        const struct ladder_stretch *t = &p->stretches[i];

        if (t->broken)
            PUT(s, "<rect x=\"%d\" y=\"%.1f\" width=\"%d\" height=\"%.1f\" fill=\"#f1f1f1\"/>\n",
                LADDER_CLIENT_X, t->from_y + 6, LADDER_SERVER_X - LADDER_CLIENT_X,
                t->to_y - t->from_y - 12);
    }
}

static void put_break_texts(struct svg *s, const struct ladder_page *p)
{
    static const double xs[] = {LADDER_CLIENT_X, LADDER_SERVER_X, LADDER_AXIS_X};

    for (size_t i = 0; i < p->stretch_count; i++) {
        const struct ladder_stretch *t = &p->stretches[i];
        double y = (t->from_y + t->to_y) / 2;

        if (!t->broken)
            continue;
        for (size_t k = 0; k < sizeof xs / sizeof *xs; k++)
            PUT(s,
                "<path d=\"M%.1f %.1fl14 -5v4l-14 5Z\" fill=\"#fff\" stroke=\"#777\" "
                "stroke-width=\"0.8\"/>\n",
                xs[k] - 7, y + 0.5);
        put_label(s, (LADDER_CLIENT_X + LADDER_SERVER_X) / 2.0, y + 4, "class=\"g\"", t->text);
    }
}

/* From when to when a side has to do with a connection, as far as it is shown. */
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

static void put_lives(struct svg *s, const struct ladder_page *p)
{
    for (int client = 0; client < 2; client++) {
        int x = client ? LADDER_CLIENT_X : LADDER_SERVER_X;

        put_line(s, x, LADDER_TOP_Y - 12, x, p->bottom_y,
                 "stroke=\"#888\" stroke-width=\"1\" stroke-dasharray=\"2 3\"");
        for (unsigned i = 1; i <= p->ladder->connections; i++) {
            double y0 = 0, y1 = 0;

            if (find_life(p, i, client, &y0, &y1))
                PUT(s,
                    "<rect x=\"%d\" y=\"%.1f\" width=\"%d\" height=\"%.1f\" fill=\"#dde3e8\" "
                    "stroke=\"#8796a3\" stroke-width=\"0.8\"/>\n",
                    x - BAR_HALF_PX, y0, 2 * BAR_HALF_PX, fmax(y1 - y0, 1));
        }
    }
}

/* ---- legend and counts ---- */

struct legend {
    struct svg *svg;
    double x, y;
};

/* Room for a sample of 34 pixels and its words. Returns the sample's x. */
static double legend_next(struct legend *g, const char *words)
{
    double width = 34 + 6 + ladder_text_width(words, 11) + 14, x;

    if (g->x + width > LADDER_PAGE_WIDTH - 10) {
        g->x = LADDER_AXIS_X - 20;
        g->y += LEGEND_LINE_Y;
    }
    x = g->x;
    put_label(g->svg, x + 40, g->y + 4, "class=\"n\" fill=\"#333\"", words);
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
        x = legend_next(g, looks[kind].legend);
        l = (struct ladder_line){x + 4, g->y, x + 34, g->y};
        put_arrow(g->svg, &looks[kind], &l, looks[kind].dashes, true);
        return;
    }
}

static void legend_rest(struct legend *g, const struct ladder_page *p,
                        const struct ladder_counts *n)
{
    double x;

    if (n->again > 0) {
        x = legend_next(g, "sent again");
        put_line(g->svg, x + 4, g->y, x + 34, g->y,
                 "stroke=\"#333\" stroke-width=\"2\" stroke-dasharray=\"6 4\"");
    }
    if (n->lost > 0) {
        x = legend_next(g, "lost by the link");
        put_line(g->svg, x + 4, g->y, x + 26, g->y, "stroke=\"#333\" stroke-width=\"2\"");
        put_cross(g->svg, x + 28, g->y);
    }
    for (size_t i = 0; i < p->note_count; i++) {
        if (!p->notes[i].update)
            continue;
        x = legend_next(g, "update published: its age counts from here");
        PUT(g->svg,
            "<path d=\"M%.1f %.1fl5 -5l5 5l-5 5Z\" fill=\"#fff\" stroke=\"#A03F00\" "
            "stroke-width=\"1.5\"/>\n",
            x + 24, g->y);
        return;
    }
}

static double put_legend(struct svg *s, const struct ladder_page *p, const struct ladder_counts *n)
{
    struct legend g = {s, LADDER_AXIS_X - 20, p->bottom_y + LEGEND_GAP_Y};

    for (int kind = 0; kind < LADDER_KINDS; kind++)
        legend_kind(&g, p, (enum ladder_kind)kind);
    legend_rest(&g, p, n);
    return g.y;
}

/* ---- the page ---- */

static void put_style(struct svg *s)
{
    PUT(s,
        "<style>text{font-family:'DejaVu Sans',Verdana,sans-serif}"
        ".h{font-size:21px;font-weight:bold;fill:#111}"
        ".s{font-size:12.5px;fill:#333}"
        ".l{font-size:14px;font-weight:bold;fill:#111;text-anchor:middle}"
        ".c{font-size:%dpx;text-anchor:middle}"
        ".n{font-size:11px}"
        ".b{font-size:11px;fill:#333;text-anchor:end}"
        ".t{font-size:11px;fill:#444;text-anchor:end}"
        ".g{font-size:11px;font-style:italic;fill:#444;text-anchor:middle}"
        "</style>\n",
        LADDER_LABEL_PX);
}

static void put_head_lines(struct svg *s, const struct ladder_words *w)
{
    put_label(s, LADDER_AXIS_X - 20, 36, "class=\"h\"", w->title);
    put_label(s, LADDER_AXIS_X - 20, 58, "class=\"s\"", w->what);
    put_label(s, LADDER_AXIS_X - 20, 77, "class=\"s\"", w->how);
    put_label(s, LADDER_CLIENT_X, HEADER_Y, "class=\"l\"", "client");
    put_label(s, LADDER_SERVER_X, HEADER_Y, "class=\"l\"", "server");
}

static void put_page(struct svg *s, const struct ladder_page *p, const struct ladder_words *w)
{
    put_breaks(s, p);
    put_axis(s, p);
    put_lives(s, p);
    put_break_texts(s, p);
    put_steps(s, p);
    put_brackets(s, p);
    for (size_t i = 0; i < p->note_count; i++)
        put_note(s, &p->notes[i]);
    for (size_t i = 0; i < p->caption_count; i++)
        if (p->captions[i].placed)
            put_caption(s, &p->captions[i]);
    if (p->steps < p->ladder->count)
        put_label(s, (LADDER_CLIENT_X + LADDER_SERVER_X) / 2.0, p->bottom_y + 17, "class=\"g\"",
                  "and so on");
    put_head_lines(s, w);
}

int ladder_svg_write(struct buf *out, const struct ladder_page *p, const struct ladder_about *about)
{
    struct ladder_counts counts;
    struct ladder_words words;
    struct svg s = {out, LAB_OK};
    struct buf body = {0};
    double y;

    ladder_count(p->ladder, p->steps, p->end_ns, &counts);
    ladder_words_make(&words, p, about, &counts);
    s.out = &body; /* how high the page is, is known when it is drawn */
    put_page(&s, p, &words);
    y = put_legend(&s, p, &counts);
    for (size_t i = 0; i < LADDER_CLOSING_LINES; i++)
        put_label(&s, LADDER_AXIS_X - 20, y + 29 + (double)i * CLOSING_LINE_Y, "class=\"s\"",
                  words.closing[i]);
    y += 29 + (LADDER_CLOSING_LINES - 1) * CLOSING_LINE_Y + 20;

    s.out = out;
    PUT(&s,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%.0f\" "
        "viewBox=\"0 0 %d %.0f\" role=\"img\" aria-labelledby=\"t d\">\n<title id=\"t\">",
        LADDER_PAGE_WIDTH, y, LADDER_PAGE_WIDTH, y);
    put_text(&s, words.title);
    PUT(&s, "</title>\n<desc id=\"d\">");
    put_text(&s, words.description);
    PUT(&s, "</desc>\n");
    put_style(&s);
    PUT(&s, "<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n");
    if (s.rc == LAB_OK)
        s.rc = buf_add(out, body.data, body.len);
    PUT(&s, "</svg>\n");
    buf_free(&body);
    return s.rc;
}
