/* How a ladder diagram is drawn: SVG elements, and an arrow for each kind of step. */
#pragma once

#include <stdbool.h>

#include "bench/base/writer.h"
#include "bench/ladder/ladder_page.h"

/* A kind is told by its colour and, without colour, by its head, its tail and its line. The colours
 * are none of the transports' (lib/proto/transport_info.def), and dark enough for text (WCAG 2.2
 * §1.4.3). */
enum arrow_tail {
    ARROW_TAIL_NONE,
    ARROW_TAIL_SQUARE,
    ARROW_TAIL_RING,
    ARROW_TAIL_DISC,
    ARROW_TAIL_BAR
};

struct arrow_style {
    const char *colour, *on_dark; /* of line and text */
    double width;
    const char *dashes; /* NULL: solid */
    bool open_head;
    enum arrow_tail tail;
};

extern const struct arrow_style arrow_styles[LADDER_KINDS];

/* Untrusted text, escaped; bytes that are not UTF-8 become '?'. */
void draw_text(struct writer *w, const char *text);

/* The rules of a <style> by which the picture follows a dark theme. */
void draw_dark_rules(struct writer *w);

/* attributes is trusted markup, text is untrusted. */
void draw_label(struct writer *w, double x, double y, const char *attributes, const char *text);
void draw_line(struct writer *w, double x0, double y0, double x1, double y1,
               const char *attributes);

/* dashes NULL: a solid line. An arrow that does not arrive has no head. */
void draw_arrow(struct writer *w, enum ladder_kind kind, const struct ladder_line *l,
                const char *dashes, bool arrives);

/* Marks where a packet is lost. */
void draw_cross(struct writer *w, double x, double y);

/* Marks a publication, at the server. */
void draw_diamond(struct writer *w, double x, double y);
