#include "bench/ladder/ladder_page.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"

enum { DEFAULT_STEPS = 24, PACKETS_MAX = 400 };
enum { DELAY_MIN_PX = 30, DELAY_MAX_PX = 56, DELAY_CUT_PX = 34 }; /* height of one median delay */
enum { GAP_MAX_PX = 48, GAP_PX = 36, NOTE_PX = 14, TAIL_PX = 6 };
enum { NUDGE_PX = 4 };

static const double lost_share = 0.62; /* of the way: where it was lost is unknown */

/* ---- time ---- */

/* When the step's arrow has ended. */
static int64_t step_end_ns(const struct ladder *l, const struct ladder_step *s)
{
    if (s->arrived_ns != LADDER_NEVER)
        return s->arrived_ns;
    return s->sent_ns + (int64_t)((double)l->one_way_ns * lost_share);
}

/* Why nothing happens before step next departs. */
static const char *gap_reason(const struct ladder *l, int64_t from_ns, size_t next)
{
    const struct ladder_step *s = &l->steps[next];

    if (s->again || (s[-1].lost && s[-1].kind != LADDER_ACK)) /* next > 0: gaps follow steps */
        return ": the sender waits for an acknowledgment";
    if (s->kind == LADDER_TEARDOWN)
        return "";
    for (size_t i = 0; i < l->span_count; i++)
        if (l->spans[i].kind == LADDER_SPAN_EXCHANGE && l->spans[i].begin_ns <= from_ns &&
            l->spans[i].to >= next && l->spans[i].end_ns != LADDER_NEVER)
            return ": the server holds the request";
    if (!s->up || (s->kind != LADDER_REQUEST && s->kind != LADDER_HANDSHAKE))
        return ": nothing to send";
    for (size_t i = 0; i < next; i++)
        if (l->steps[i].kind == LADDER_REQUEST)
            return ": the client waits before its next request";
    return ": the client waits before its first request";
}

/* The oldest update that is published and not fetched yet, NULL: none. */
static const struct ladder_update *find_waiting(const struct ladder *l, int64_t from_ns,
                                                size_t next)
{
    for (size_t i = 0; i < l->update_count; i++)
        if (l->updates[i].published_ns <= from_ns && l->updates[i].step > next)
            return &l->updates[i];
    return NULL;
}

static void describe_gap(char *out, size_t cap, const struct ladder *l, int64_t from_ns,
                         int64_t to_ns, size_t next)
{
    const struct ladder_update *waiting = find_waiting(l, from_ns, next);
    char time[32];

    ladder_time_text(time, sizeof time, to_ns - from_ns);
    if (waiting != NULL && l->steps[next].up && !l->steps[next].again)
        snprintf(out, cap, "%s: update %llu waits at the server for the next request", time,
                 (unsigned long long)waiting->seq);
    else
        snprintf(out, cap, "%s%s", time, gap_reason(l, from_ns, next));
}

static struct ladder_stretch *add_stretch(struct ladder_page *p, int64_t from_ns, int64_t to_ns)
{
    struct ladder_stretch *s = &p->stretches[p->stretch_count++];
    double px = (double)(to_ns - from_ns) / (double)NS_PER_MS * p->px_per_ms;

    *s = (struct ladder_stretch){.from_ns = from_ns, .to_ns = to_ns, .from_y = p->bottom_y};
    s->to_y = s->from_y + px;
    p->bottom_y = s->to_y;
    p->end_ns = to_ns;
    return s;
}

static void add_gap(struct ladder_page *p, int64_t from_ns, int64_t to_ns, size_t next)
{
    struct ladder_stretch *s = add_stretch(p, from_ns, to_ns);

    if (s->to_y - s->from_y <= GAP_MAX_PX)
        return;
    s->broken = true;
    s->to_y = p->bottom_y = s->from_y + GAP_PX;
    describe_gap(s->text, sizeof s->text, p->ladder, from_ns, to_ns, next);
}

/* Nothing is under way; but the publication of an update splits the gap. */
static void add_quiet(struct ladder_page *p, int64_t to_ns, size_t next)
{
    const struct ladder *l = p->ladder;

    for (;;) {
        int64_t from_ns = p->end_ns, at_ns = to_ns;

        for (size_t i = 0; i < l->update_count; i++)
            if (l->updates[i].published_ns > from_ns && l->updates[i].published_ns < at_ns)
                at_ns = l->updates[i].published_ns;
        add_gap(p, from_ns, at_ns, next);
        if (at_ns == to_ns)
            return;
    }
}

/* Lay out the first `steps` steps. */
static void lay_time(struct ladder_page *p, size_t steps)
{
    const struct ladder *l = p->ladder;

    p->stretch_count = 0;
    p->bottom_y = LADDER_TOP_Y;
    p->end_ns = 0;
    p->steps = steps;
    for (size_t i = 0; i < steps; i++) {
        const struct ladder_step *s = &l->steps[i];
        int64_t end_ns = step_end_ns(l, s);

        if (s->sent_ns > p->end_ns)
            add_quiet(p, s->sent_ns, i);
        if (end_ns > p->end_ns || p->stretch_count == 0)
            add_stretch(p, p->end_ns, end_ns);
    }
}

double ladder_page_y(const struct ladder_page *p, int64_t at_ns)
{
    size_t low = 0, high = p->stretch_count;
    const struct ladder_stretch *s;

    if (at_ns <= 0)
        return LADDER_TOP_Y;
    if (at_ns >= p->end_ns)
        return p->stretches[p->stretch_count - 1].to_y;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;

        if (p->stretches[middle].from_ns <= at_ns)
            low = middle;
        else
            high = middle;
    }
    s = &p->stretches[low];
    if (s->to_ns <= s->from_ns)
        return s->from_y;
    return s->from_y +
           (s->to_y - s->from_y) * (double)(at_ns - s->from_ns) / (double)(s->to_ns - s->from_ns);
}

struct ladder_line ladder_page_line(const struct ladder_page *p, size_t i)
{
    const struct ladder_step *s = &p->ladder->steps[i];
    double from_x = s->up ? LADDER_CLIENT_X : LADDER_SERVER_X;
    double to_x = s->up ? LADDER_SERVER_X : LADDER_CLIENT_X;
    double share = s->arrived_ns == LADDER_NEVER ? lost_share : 1;

    return (struct ladder_line){from_x, ladder_page_y(p, s->sent_ns) + p->nudge[i],
                                from_x + (to_x - from_x) * share,
                                ladder_page_y(p, step_end_ns(p->ladder, s)) + p->nudge[i]};
}

/* Labelled arrows that would overlap are drawn side by side. */
static void nudge_lines(struct ladder_page *p)
{
    const struct ladder *l = p->ladder;
    double last_y[2] = {-NUDGE_PX, -NUDGE_PX};

    for (size_t i = 0; i < p->steps; i++) {
        const struct ladder_step *s = &l->steps[i];
        double y = ladder_page_y(p, s->sent_ns);

        p->nudge[i] = 0;
        if (s->kind == LADDER_ACK)
            continue;
        if (y - last_y[s->up] < NUDGE_PX)
            p->nudge[i] = last_y[s->up] + NUDGE_PX - y;
        last_y[s->up] = y + p->nudge[i];
    }
}

/* ---- how much of it ---- */

/* No packet is under way for a while before step i departs: a good place to end. */
static bool is_quiet_before(const struct ladder *l, size_t i)
{
    for (size_t j = 0; j < i; j++)
        if (step_end_ns(l, &l->steps[j]) + l->one_way_ns / 4 > l->steps[i].sent_ns)
            return false;
    return true;
}

static size_t count_allowed(const struct ladder *l, size_t max_steps)
{
    size_t labelled = 0, i;

    for (i = 0; i < l->count && i < PACKETS_MAX; i++) {
        labelled += l->steps[i].label[0] != '\0';
        if (labelled > max_steps)
            break;
    }
    return i;
}

/* The largest number of steps up to most that ends in a quiet moment and fits; if there is
 * none, the largest that fits. */
static size_t find_cut(struct ladder_page *p, size_t most)
{
    const struct ladder *l = p->ladder;

    for (size_t i = most; i > 0; i--) {
        if (i < l->count && !is_quiet_before(l, i))
            continue;
        lay_time(p, i);
        if (p->bottom_y <= LADDER_BOTTOM_MAX_Y)
            return i;
    }
    for (size_t i = most; i > 1; i--) {
        lay_time(p, i);
        if (p->bottom_y <= LADDER_BOTTOM_MAX_Y)
            return i;
    }
    return 1;
}

static void set_scale(struct ladder_page *p, double delay_px)
{
    double delay_ms = (double)p->ladder->one_way_ns / (double)NS_PER_MS;

    p->px_per_ms = delay_px / (delay_ms > 1e-6 ? delay_ms : 1);
}

/* The largest scale at which all allowed steps fit the page. */
static void choose_steps(struct ladder_page *p, size_t max_steps)
{
    size_t allowed = count_allowed(p->ladder, max_steps), most = allowed;

    while (most > 0 && most < p->ladder->count && !is_quiet_before(p->ladder, most))
        most--;
    if (most == 0)
        most = allowed;
    for (int px = DELAY_MAX_PX; px >= DELAY_MIN_PX; px -= 2) {
        set_scale(p, px);
        lay_time(p, most);
        if (p->bottom_y <= LADDER_BOTTOM_MAX_Y)
            return;
    }
    set_scale(p, DELAY_CUT_PX);
    lay_time(p, find_cut(p, most));
}

/* ---- notes ---- */

static void add_note(struct ladder_page *p, bool update, uint64_t number, int64_t at_ns)
{
    double y = ladder_page_y(p, at_ns);

    p->notes[p->note_count++] =
        (struct ladder_note){.at_y = y, .y = y, .update = update, .number = number};
}

static int compare_notes(const void *a, const void *b)
{
    const struct ladder_note *x = a, *y = b;

    if (x->at_y != y->at_y)
        return x->at_y < y->at_y ? -1 : 1;
    if (x->update != y->update)
        return x->update ? 1 : -1;
    return (x->number > y->number) - (x->number < y->number);
}

/* Each below the one before; those that would leave the page are left out. */
static void spread_notes(struct ladder_page *p)
{
    double next_y = 0;
    size_t kept = 0;

    qsort(p->notes, p->note_count, sizeof *p->notes, compare_notes);
    for (size_t i = 0; i < p->note_count; i++) {
        struct ladder_note n = p->notes[i];

        if (n.y < next_y)
            n.y = next_y;
        if (n.y > p->bottom_y + NOTE_PX)
            break;
        next_y = n.y + NOTE_PX;
        p->notes[kept++] = n;
    }
    p->note_count = kept;
}

/* An update that is delivered again, after a reconnect, was published once. */
static bool is_noted(const struct ladder *l, size_t update)
{
    for (size_t i = 0; i < update; i++)
        if (l->updates[i].seq == l->updates[update].seq &&
            l->updates[i].published_ns == l->updates[update].published_ns)
            return true;
    return false;
}

static void make_notes(struct ladder_page *p)
{
    const struct ladder *l = p->ladder;
    unsigned known = l->connections > 1 ? 0 : 1; /* a single connection needs no number */

    for (size_t i = 0; i < p->steps; i++) {
        if (l->steps[i].connection > known && l->steps[i].up) {
            known = l->steps[i].connection;
            add_note(p, false, known, step_end_ns(l, &l->steps[i]));
        }
    }
    for (size_t i = 0; i < l->update_count; i++)
        if (l->updates[i].published_ns >= 0 && l->updates[i].published_ns <= p->end_ns &&
            !is_noted(l, i))
            add_note(p, true, l->updates[i].seq, l->updates[i].published_ns);
    spread_notes(p);
}

int ladder_page_make(struct ladder_page *p, const struct ladder *l, size_t max_steps)
{
    size_t steps = l->count < PACKETS_MAX ? l->count : PACKETS_MAX;

    *p = (struct ladder_page){.ladder = l};
    p->stretches = calloc(2 * steps + l->update_count + 2, sizeof *p->stretches);
    p->notes = calloc(l->connections + l->update_count + 1, sizeof *p->notes);
    p->nudge = calloc(steps + 1, sizeof *p->nudge);
    if (p->stretches != NULL && p->notes != NULL && p->nudge != NULL) {
        choose_steps(p, max_steps > 0 ? max_steps : DEFAULT_STEPS);
        nudge_lines(p);
        make_notes(p);
        p->bottom_y += TAIL_PX;
        return PL_OK;
    }
    ladder_page_free(p);
    return PL_ENOMEM;
}

void ladder_page_free(struct ladder_page *p)
{
    free(p->stretches);
    free(p->captions);
    free(p->notes);
    free(p->nudge);
    *p = (struct ladder_page){.ladder = NULL};
}

/* ---- text ---- */

/* Widths of DejaVu Sans in ems, rounded up by kind of character. */
static double char_width(unsigned char c)
{
    if (c >= 0x80)
        return c >= 0xC0 ? 0.84 : 0; /* a character's first byte stands for all of it */
    if (strchr("iljI.,:;'|! ", c) != NULL)
        return 0.36;
    if (strchr("frt()/-[]{}\"", c) != NULL)
        return 0.42;
    if (c >= '0' && c <= '9')
        return 0.64;
    if (strchr("mwMW%@+=<>&?", c) != NULL)
        return 0.9;
    return c >= 'A' && c <= 'Z' ? 0.7 : 0.61;
}

double ladder_text_width(const char *text, double px)
{
    double ems = 0;

    for (; *text != '\0'; text++)
        ems += char_width((unsigned char)*text);
    return ems * px;
}

void ladder_time_text(char *out, size_t cap, int64_t ns)
{
    double ms = (double)ns / (double)NS_PER_MS;

    if (ms < 1)
        snprintf(out, cap, "%.2f ms", ms);
    else if (ms < 99.95)
        snprintf(out, cap, "%.1f ms", ms);
    else if (ms < 999.5)
        snprintf(out, cap, "%.0f ms", ms);
    else
        snprintf(out, cap, "%.2f s", ms / 1000);
}
