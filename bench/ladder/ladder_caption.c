#include "bench/ladder/ladder_caption.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TOGETHER_PX = 11 }; /* arrows that close share a caption */
enum { HALF_HEIGHT_PX = 7, DISTANCE_PX = 10, MARGIN_PX = 10, PAD_PX = 3 };
enum { COST_CAPTION = 100000, COST_BREAK = 3000, COST_ARROW = 200, COST_ACK = 30 };
enum { COST_BELOW = 40, COST_OFF_CENTRE = 100 /* per whole length */ };

struct box { /* turned by an angle about its middle */
    double x, y, half_width, half_height, cos, sin;
};

static struct box caption_box(const struct ladder_caption *c)
{
    return (struct box){c->x,           c->y,          c->width / 2 + PAD_PX,
                        HALF_HEIGHT_PX, cos(c->angle), sin(c->angle)};
}

/* How far the box reaches from its middle in the direction (dx, dy). */
static double box_reach(const struct box *b, double dx, double dy)
{
    return fabs(dx * b->cos + dy * b->sin) * b->half_width +
           fabs(dy * b->cos - dx * b->sin) * b->half_height;
}

static bool apart_along(const struct box *a, const struct box *b, double dx, double dy)
{
    double distance = fabs((b->x - a->x) * dx + (b->y - a->y) * dy);

    return distance >= box_reach(a, dx, dy) + box_reach(b, dx, dy);
}

/* Two rectangles are apart when an edge of one of them has them on different sides. */
static bool boxes_overlap(const struct box *a, const struct box *b)
{
    return !apart_along(a, b, a->cos, a->sin) && !apart_along(a, b, -a->sin, a->cos) &&
           !apart_along(a, b, b->cos, b->sin) && !apart_along(a, b, -b->sin, b->cos);
}

/* The line as a box without height. */
static bool line_crosses(const struct box *b, const struct ladder_line *l)
{
    double dx = l->x1 - l->x0, dy = l->y1 - l->y0, length = hypot(dx, dy);
    struct box line = {(l->x0 + l->x1) / 2, (l->y0 + l->y1) / 2, length / 2, 0, 1, 0};

    if (length > 0) {
        line.cos = dx / length;
        line.sin = dy / length;
    }
    return boxes_overlap(b, &line);
}

/* ---- what to say ---- */

static bool lie_together(const struct ladder_page *p, size_t a, size_t b)
{
    struct ladder_line x = ladder_page_line(p, a);
    struct ladder_line y = ladder_page_line(p, b);

    return p->ladder->steps[a].up == p->ladder->steps[b].up && x.x1 == y.x1 &&
           fabs(x.y0 - y.y0) < TOGETHER_PX && fabs(x.y1 - y.y1) < TOGETHER_PX;
}

static void describe(char out[LADDER_PART_CHARS], const struct ladder_page *p,
                     const struct ladder_step *s)
{
    char time[32];

    snprintf(out, LADDER_PART_CHARS, "%s", s->label);
    if (s->updates == 0 || s->oldest_age_ns < 0 || s->delivered_ns > p->end_ns)
        return;
    ladder_time_text(time, sizeof time, s->oldest_age_ns);
    snprintf(out, LADDER_PART_CHARS, "%s \u00b7 %s%s old%s", s->label,
             s->updates > 1 ? "up to " : "", time,
             s->delivered_ns > s->arrived_ns ? " when the gap is filled" : "");
}

/* The same again in the same caption is counted: "3 \u00d7 TLS application data". */
static void add_part(struct ladder_caption *c, enum ladder_kind kind, const char *text)
{
    struct ladder_part *last = c->parts > 0 ? &c->part[c->parts - 1] : NULL;

    if (last != NULL && last->kind == kind && strcmp(last->label, text) == 0) {
        snprintf(last->text, sizeof last->text, "%u \u00d7 %s", ++last->count, text);
    } else {
        last = &c->part[c->parts++];
        *last = (struct ladder_part){.kind = kind, .count = 1};
        snprintf(last->label, sizeof last->label, "%s", text);
        snprintf(last->text, sizeof last->text, "%s", text);
    }
    c->width = 0;
    for (size_t i = 0; i < c->parts; i++)
        c->width += ladder_text_width(c->part[i].text, LADDER_LABEL_PX) +
                    (i > 0 ? ladder_text_width(" + ", LADDER_LABEL_PX) : 0);
}

/* Is there room for the words in the caption of another arrow at the same place? */
static bool has_room(const struct ladder_caption *c, enum ladder_kind kind, const char *text)
{
    const double room = LADDER_SERVER_X - LADDER_CLIENT_X - 5 * MARGIN_PX;
    const struct ladder_part *last = &c->part[c->parts - 1];

    if (last->kind == kind && strcmp(last->label, text) == 0)
        return true;
    return c->parts < LADDER_CAPTION_PARTS && c->width + ladder_text_width(" + ", LADDER_LABEL_PX) +
                                                      ladder_text_width(text, LADDER_LABEL_PX) <=
                                                  room;
}

/* The caption made last in the direction of step i, if their arrows lie together. */
static struct ladder_caption *find_near(struct ladder_page *p, size_t i)
{
    for (size_t k = p->caption_count; k > 0; k--) {
        struct ladder_caption *c = &p->captions[k - 1];

        if (p->ladder->steps[c->step].up == p->ladder->steps[i].up)
            return lie_together(p, c->step, i) ? c : NULL;
    }
    return NULL;
}

static void make_captions(struct ladder_page *p)
{
    char text[LADDER_PART_CHARS];

    for (size_t i = 0; i < p->steps; i++) {
        const struct ladder_step *s = &p->ladder->steps[i];
        struct ladder_caption *near = find_near(p, i), *c = near;

        if (s->label[0] == '\0')
            continue;
        describe(text, p, s);
        if (near == NULL || !has_room(near, s->kind, text)) {
            c = &p->captions[p->caption_count++];
            *c = (struct ladder_caption){.step = i, .below = near != NULL};
        }
        add_part(c, s->kind, text);
    }
}

/* ---- where ---- */

/* Arrows that lie together, acknowledgments included, as one thick line. */
struct bundle {
    struct ladder_line line; /* the caption's own */
    double above, below;     /* how far the others stray from it */
};

static struct bundle find_bundle(const struct ladder_page *p, size_t own)
{
    struct bundle b = {.line = ladder_page_line(p, own)};

    for (size_t i = 0; i < p->steps; i++) {
        struct ladder_line l = ladder_page_line(p, i);
        double stray = (l.y0 + l.y1 - b.line.y0 - b.line.y1) / 2;

        if (!lie_together(p, own, i))
            continue;
        b.above = fmax(b.above, -stray);
        b.below = fmax(b.below, stray);
    }
    return b;
}

static void put_at(struct ladder_caption *c, const struct bundle *bundle, double share, bool below)
{
    const struct ladder_line *l = &bundle->line;
    double dx = l->x1 - l->x0, dy = l->y1 - l->y0, length = hypot(dx, dy);
    double side = below ? DISTANCE_PX + bundle->below : -DISTANCE_PX - bundle->above;

    if (length <= 0)
        length = 1;
    c->angle = dx < 0 ? atan2(-dy, -dx) : atan2(dy, dx); /* never upside down */
    c->x = l->x0 + dx * share - side * dy / length * (dx < 0 ? -1 : 1);
    c->y = l->y0 + dy * share + side * fabs(dx) / length;
}

static double cost_of_captions(const struct ladder_page *p, const struct box *b, size_t count)
{
    double cost = 0;

    for (size_t i = 0; i < count; i++) {
        struct box other = caption_box(&p->captions[i]);

        if (p->captions[i].placed && boxes_overlap(b, &other))
            cost += COST_CAPTION;
    }
    return cost;
}

static double cost_of_breaks(const struct ladder_page *p, const struct box *b)
{
    for (size_t i = 0; i < p->stretch_count; i++) {
        const struct ladder_stretch *s = &p->stretches[i];
        struct box band = {(LADDER_CLIENT_X + LADDER_SERVER_X) / 2.0,
                           (s->from_y + s->to_y) / 2,
                           (LADDER_SERVER_X - LADDER_CLIENT_X) / 2.0,
                           (s->to_y - s->from_y) / 4,
                           1,
                           0};

        if (s->broken && boxes_overlap(b, &band))
            return COST_BREAK;
    }
    return 0;
}

static double cost_of_arrows(const struct ladder_page *p, const struct box *b, size_t own)
{
    double cost = 0;

    for (size_t i = 0; i < p->steps; i++) {
        const struct ladder_step *s = &p->ladder->steps[i];
        struct ladder_line l = ladder_page_line(p, i);

        if (line_crosses(b, &l) && !(i != own && lie_together(p, own, i)))
            cost += s->label[0] == '\0' ? COST_ACK : COST_ARROW;
    }
    return cost;
}

static bool fits_between(const struct box *b)
{
    double reach = box_reach(b, 1, 0);

    return b->x - reach >= LADDER_CLIENT_X + MARGIN_PX &&
           b->x + reach <= LADDER_SERVER_X - MARGIN_PX;
}

static void place(struct ladder_page *p, struct ladder_caption *c)
{
    static const double shares[] = {0.5, 0.44, 0.56, 0.38, 0.62, 0.32, 0.68, 0.26, 0.74, 0.2, 0.8};
    struct bundle bundle = find_bundle(p, c->step);
    struct ladder_caption best = *c;
    double least = COST_CAPTION;

    for (size_t i = 0; i < 2 * sizeof shares / sizeof *shares; i++) {
        double share = shares[i / 2], cost = fabs(share - 0.5) * COST_OFF_CENTRE;
        bool below = i % 2 == 1;
        struct box b;

        put_at(c, &bundle, share, below);
        b = caption_box(c);
        if (!fits_between(&b) && i > 1)
            continue;
        cost += below != c->below ? COST_BELOW : 0;
        cost += cost_of_captions(p, &b, (size_t)(c - p->captions)) + cost_of_breaks(p, &b) +
                cost_of_arrows(p, &b, c->step);
        if (cost >= least)
            continue;
        least = cost;
        best = *c;
        best.placed = true;
    }
    *c = best;
}

int ladder_caption_make(struct ladder_page *p)
{
    p->captions = calloc(p->steps + 1, sizeof *p->captions);
    if (p->captions == NULL)
        return PL_ENOMEM;
    make_captions(p);
    for (size_t i = 0; i < p->caption_count; i++)
        place(p, &p->captions[i]);
    return PL_OK;
}
