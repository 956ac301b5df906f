/* The layout of a ladder diagram: which steps are shown, and how time becomes height. Pixels, y
 * downwards. No I/O, no SVG: ladder_svg.c draws it.
 *
 * Time is to scale wherever a packet is under way. Longer gaps in which none is are broken: they
 * take up the same small height each and say how long they are. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench/ladder/ladder.h"

/* 800 wide, at most as high as A4 is then: labels of 12 pixels print as 9 point. */
enum {
    LADDER_PAGE_WIDTH = 800,
    LADDER_AXIS_X = 48,
    LADDER_CLIENT_X = 205,
    LADDER_SERVER_X = 682,
    LADDER_TOP_Y = 132,
    LADDER_BOTTOM_MAX_Y = 1022,
    LADDER_LABEL_PX = 12,
};

struct ladder_stretch { /* of time */
    int64_t from_ns, to_ns;
    double from_y, to_y;
    bool broken;
    char text[96]; /* broken: how long and why, UTF-8 */
};

struct ladder_line { /* a step's arrow */
    double x0, y0, x1, y1;
};

enum { LADDER_CAPTION_PARTS = 3, LADDER_PART_CHARS = LADDER_LABEL_CHARS + 72 };

/* The label of an arrow, or of several that lie upon each other, along the arrow. */
struct ladder_caption {
    size_t step; /* whose arrow it lies at */
    struct ladder_part {
        enum ladder_kind kind;
        unsigned count;
        char label[LADDER_PART_CHARS];     /* of one of them */
        char text[LADDER_PART_CHARS + 16]; /* of all, UTF-8 */
    } part[LADDER_CAPTION_PARTS];
    size_t parts;
    bool below;   /* preferably below the arrow */
    double x, y;  /* its middle */
    double width; /* estimated, without the font */
    double angle; /* radians, clockwise */
    bool placed;  /* false: there was no room left, do not draw it */
};

struct ladder_note { /* to the right of the server's line */
    double at_y, y;  /* what it is about; where its text is */
    bool update;     /* published, else a connection opened */
    uint64_t number;
};

struct ladder_page {
    const struct ladder *ladder;
    size_t steps; /* shown */
    int64_t end_ns;
    double bottom_y;
    double px_per_ms;
    struct ladder_stretch *stretches; /* without gaps between them */
    size_t stretch_count;
    struct ladder_caption *captions; /* ladder_caption.h makes them */
    size_t caption_count;
    double *nudge; /* of each step's arrow: moved down, so that it doesn't cover another */
    struct ladder_note *notes;
    size_t note_count;
};

/* max_steps labelled steps at most (0: 24). l must outlive the page and have steps.
 * 0 or PL_ENOMEM, with nothing to free. */
int ladder_page_make(struct ladder_page *p, const struct ladder *l, size_t max_steps);

/* at_ns within [0, end_ns]; what lies outside is moved to the nearer end. */
double ladder_page_y(const struct ladder_page *p, int64_t at_ns);

/* The arrow of step i, which is shown. A lost packet's ends on its way, between the lines. */
struct ladder_line ladder_page_line(const struct ladder_page *p, size_t i);

/* How wide text will be in DejaVu Sans or Verdana, the widest that may be used. */
double ladder_text_width(const char *text, double px);

/* "25.1 ms", "421 ms", "1.52 s". */
void ladder_time_text(char *out, size_t cap, int64_t ns);

void ladder_page_free(struct ladder_page *p);
