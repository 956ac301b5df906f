/* How a ladder diagram is drawn: SVG elements, and an arrow for each kind of step. */
#ifndef PUSHLAB_LADDER_STYLE_H
#define PUSHLAB_LADDER_STYLE_H

#include <stdbool.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "bench/ladder/ladder_page.h"

/* A picture being written. An allocation that fails sticks: it is found in the end. */
struct ink {
    struct buf *out;
    int rc;
};

#define INK_PUT(ink, ...)                                                                          \
    do {                                                                                           \
        if ((ink)->rc == PL_OK)                                                                    \
            (ink)->rc = buf_printf((ink)->out, __VA_ARGS__);                                       \
    } while (0)

/* A kind is told by its colour (Okabe and Ito 2008) and, without colour, by its head, its tail
 * and its line. */
enum ink_tail { INK_TAIL_NONE, INK_TAIL_SQUARE, INK_TAIL_RING, INK_TAIL_DISC, INK_TAIL_BAR };

struct ink_look {
    const char *line, *text; /* colours: text is darker, for contrast on white */
    double width;
    const char *dashes; /* NULL: solid */
    bool open_head;
    enum ink_tail tail;
};

extern const struct ink_look ink_looks[LADDER_KINDS];

/* Anybody's text, escaped; what is not UTF-8 has ? in its place. */
void ink_text(struct ink *s, const char *text);

/* attributes are ours, text is anybody's. */
void ink_label(struct ink *s, double x, double y, const char *attributes, const char *text);
void ink_line(struct ink *s, double x0, double y0, double x1, double y1, const char *attributes);

/* dashes: NULL: solid. An arrow that does not arrive has no head. */
void ink_arrow(struct ink *s, enum ladder_kind kind, const struct ladder_line *l,
               const char *dashes, bool arrives);

/* Where a packet is lost. */
void ink_cross(struct ink *s, double x, double y);

/* What was published, at the server. */
void ink_diamond(struct ink *s, double x, double y);

#endif
