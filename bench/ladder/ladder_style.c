#include "bench/ladder/ladder_style.h"

#include <math.h>
#include <string.h>

#include "lib/base/utf8.h"

enum { HEAD_LENGTH_PX = 11, HEAD_HALF_PX = 4 };

const struct arrow_style arrow_styles[LADDER_KINDS] = {
    [LADDER_HANDSHAKE] = {"#7D5A3C", "#D3AE8C", 1.8, NULL, true, ARROW_TAIL_NONE},
    [LADDER_REQUEST] = {"#4338CA", "#A5A3FF", 2.2, NULL, false, ARROW_TAIL_SQUARE},
    [LADDER_RESPONSE] = {"#4D7C0F", "#A3D65C", 2.2, NULL, false, ARROW_TAIL_RING},
    [LADDER_DATA] = {"#B91C1C", "#FF8A80", 3, NULL, false, ARROW_TAIL_DISC},
    [LADDER_MESSAGE] = {"#86198F", "#EB8CF5", 2.2, NULL, false, ARROW_TAIL_DISC},
    [LADDER_CONTROL] = {"#565656", "#B5BAC1", 1.4, NULL, true, ARROW_TAIL_RING},
    [LADDER_TEARDOWN] = {"#155E75", "#67C6DD", 1.8, "9 3 2 3", true, ARROW_TAIL_BAR},
    [LADDER_ACK] = {"#757575", "#8B919A", 0.9, NULL, false, ARROW_TAIL_NONE},
};

/* What else is drawn: its colour on white, and on black. */
static const char *const neutrals[][2] = {
    {"#fff", "#1d2024"},    {"#111", "#f2f3f4"}, {"#222", "#e8e9eb"},    {"#333", "#d8dbdf"},
    {"#444", "#c3c8ce"},    {"#555", "#b0b6be"}, {"#666", "#a9aeb6"},    {"#777", "#9aa0a8"},
    {"#888", "#8b919a"},    {"#999", "#7f858e"}, {"#ececec", "#2b2f34"}, {"#f1f1f1", "#26292e"},
    {"#dde3e8", "#39424b"},
};

static void put_dark_rule(struct writer *w, const char *light, const char *dark)
{
    writer_printf(w, "[fill=\"%s\"]{fill:%s}[stroke=\"%s\"]{stroke:%s}", light, dark, light, dark);
}

/* Colours are attributes, which every program reads; a browser's dark theme replaces them. */
void draw_dark_rules(struct writer *w)
{
    writer_puts(w, "@media(prefers-color-scheme:dark){");
    for (size_t i = 0; i < sizeof neutrals / sizeof *neutrals; i++)
        put_dark_rule(w, neutrals[i][0], neutrals[i][1]);
    for (size_t i = 0; i < LADDER_KINDS; i++)
        put_dark_rule(w, arrow_styles[i].colour, arrow_styles[i].on_dark);
    writer_puts(w, "}");
}

static bool is_utf8(const char *text)
{
    struct utf8 u = {0};

    return utf8_feed(&u, (const uint8_t *)text, strlen(text)) && utf8_done(&u);
}

/* Control characters are not allowed in XML, not even as &#7; (XML 1.0 §2.2). */
void draw_text(struct writer *w, const char *text)
{
    bool utf8 = is_utf8(text);

    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;

        if (c == '&')
            writer_printf(w, "&amp;");
        else if (c == '<')
            writer_printf(w, "&lt;");
        else if (c == '>')
            writer_printf(w, "&gt;");
        else if (c == '"')
            writer_printf(w, "&quot;");
        else
            writer_printf(w, "%c", c < ' ' ? ' ' : c >= 0x80 && !utf8 ? '?' : c);
    }
}

void draw_label(struct writer *w, double x, double y, const char *attributes, const char *text)
{
    writer_printf(w, "<text x=\"%.1f\" y=\"%.1f\" %s>", x, y, attributes);
    draw_text(w, text);
    writer_printf(w, "</text>\n");
}

void draw_line(struct writer *w, double x0, double y0, double x1, double y1, const char *attributes)
{
    writer_printf(w, "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" %s/>\n", x0, y0, x1, y1,
                  attributes);
}

static void put_tail(struct writer *w, const struct arrow_style *k, double x, double y)
{
    switch (k->tail) {
    case ARROW_TAIL_NONE:
        break;
    case ARROW_TAIL_SQUARE:
        writer_printf(w, "<rect x=\"%.1f\" y=\"%.1f\" width=\"7\" height=\"7\" fill=\"%s\"/>\n",
                      x - 3.5, y - 3.5, k->colour);
        break;
    case ARROW_TAIL_RING:
    case ARROW_TAIL_DISC:
        writer_printf(w,
                      "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"%d\" fill=\"%s\" stroke=\"%s\" "
                      "stroke-width=\"1.6\"/>\n",
                      x, y, k->tail == ARROW_TAIL_DISC ? 4 : 3,
                      k->tail == ARROW_TAIL_DISC ? k->colour : "#fff", k->colour);
        break;
    case ARROW_TAIL_BAR:
        writer_printf(w,
                      "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\" "
                      "stroke-width=\"2.5\"/>\n",
                      x, y - 5, x, y + 5, k->colour);
        break;
    }
}

static void put_head(struct writer *w, const struct arrow_style *k, const struct ladder_line *l,
                     double size)
{
    double length = hypot(l->x1 - l->x0, l->y1 - l->y0);
    double dx = length > 0 ? (l->x1 - l->x0) / length : 1, dy = (l->y1 - l->y0) / fmax(length, 1);
    double back_x = l->x1 - dx * HEAD_LENGTH_PX * size, back_y = l->y1 - dy * HEAD_LENGTH_PX * size;
    double half = HEAD_HALF_PX * size;

    writer_printf(w,
                  "<path d=\"M%.1f %.1fL%.1f %.1fL%.1f %.1f%s\" fill=\"%s\" stroke=\"%s\" "
                  "stroke-width=\"%.1f\"/>\n",
                  back_x - dy * half, back_y + dx * half, l->x1, l->y1, back_x + dy * half,
                  back_y - dx * half, k->open_head ? "" : "Z", k->open_head ? "none" : k->colour,
                  k->colour, k->open_head ? k->width : 0.5);
}

void draw_cross(struct writer *w, double x, double y)
{
    writer_printf(w,
                  "<path d=\"M%.1f %.1fl12 12m0 -12l-12 12\" fill=\"none\" stroke=\"#222\" "
                  "stroke-width=\"2.6\"/>\n",
                  x - 6, y - 6);
}

void draw_arrow(struct writer *w, enum ladder_kind kind, const struct ladder_line *l,
                const char *dashes, bool arrives)
{
    const struct arrow_style *k = &arrow_styles[kind];
    struct ladder_line shaft = *l;
    double length = hypot(l->x1 - l->x0, l->y1 - l->y0);

    /* Or the end of a thick line would show at the tip. */
    if (arrives && !k->open_head && length > 0) {
        shaft.x1 -= (l->x1 - l->x0) / length * HEAD_LENGTH_PX / 2;
        shaft.y1 -= (l->y1 - l->y0) / length * HEAD_LENGTH_PX / 2;
    }
    writer_printf(w,
                  "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\" "
                  "stroke-width=\"%.1f\"%s%s%s/>\n",
                  shaft.x0, shaft.y0, shaft.x1, shaft.y1, k->colour, k->width,
                  dashes != NULL ? " stroke-dasharray=\"" : "", dashes != NULL ? dashes : "",
                  dashes != NULL ? "\"" : "");
    put_tail(w, k, l->x0, l->y0);
    if (arrives)
        put_head(w, k, l, kind == LADDER_ACK ? 0.7 : 1);
}

void draw_diamond(struct writer *w, double x, double y)
{
    writer_printf(w,
                  "<path d=\"M%.1f %.1fl5 -5l5 5l-5 5Z\" fill=\"#fff\" stroke=\"%s\" "
                  "stroke-width=\"1.5\"/>\n",
                  x - 5, y, arrow_styles[LADDER_DATA].colour);
}
