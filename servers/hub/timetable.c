#include "servers/hub/timetable.h"

#include "lib/base/clock.h"

int timetable_init(struct timetable *s)
{
    *s = (struct timetable){0};
    return hdr_init(&s->late_us, HDR_LATENCY_LOWEST_US, HDR_LATENCY_HIGHEST_US,
                    HDR_LATENCY_FIGURES);
}

void timetable_free(struct timetable *s)
{
    hdr_free(&s->late_us);
}

static int64_t late_us(const struct timetable_play *play)
{
    return (play->published_ns - play->due_ns + NS_PER_US / 2) / NS_PER_US;
}

void timetable_play(struct timetable *s, int64_t due_ns, int64_t now_ns)
{
    struct timetable_play *play = &s->recent[s->played++ % TIMETABLE_RECENT];

    *play = (struct timetable_play){due_ns, now_ns};
    hdr_record(&s->late_us, late_us(play), 1);
}

void timetable_move(struct timetable *s, int64_t from_ns, int64_t to_ns, uint64_t skipped)
{
    s->stalled_ns += to_ns - from_ns;
    s->skipped += skipped;
    s->move.from_ns = from_ns;
    s->move.to_ns = to_ns;
    s->move.skipped = skipped;
}

/* The play before the newest n; NULL: none, or no longer known. */
static const struct timetable_play *play_before(const struct timetable *s, uint64_t n)
{
    return n < s->played && n < TIMETABLE_RECENT
               ? &s->recent[(s->played - 1 - n) % TIMETABLE_RECENT]
               : NULL;
}

/* Of the skipped ones, those due at at_ns or later: spread evenly over the time of the move. */
static uint64_t skipped_from(const struct timetable *s, int64_t at_ns)
{
    int64_t from_ns = at_ns > s->move.from_ns ? at_ns : s->move.from_ns;
    double share;

    if (from_ns >= s->move.to_ns)
        return 0;
    share = (double)(s->move.to_ns - from_ns) / (double)(s->move.to_ns - s->move.from_ns);
    return (uint64_t)((double)s->move.skipped * share + 0.5);
}

struct timetable_counts timetable_count(const struct timetable *s, int64_t at_ns)
{
    const struct timetable_play *play;
    uint64_t due_later = 0, published_later = 0;

    while ((play = play_before(s, due_later)) != NULL && play->due_ns >= at_ns)
        due_later++;
    while ((play = play_before(s, published_later)) != NULL && play->published_ns >= at_ns)
        published_later++;
    return (struct timetable_counts){
        .due = s->played - due_later + s->skipped - skipped_from(s, at_ns),
        .published = s->played - published_later,
    };
}

int64_t timetable_count_late(const struct timetable *s, const struct hdr_iter *it, int64_t at_ns)
{
    const struct timetable_play *play;
    int64_t count = it->count;

    for (uint64_t n = 0; (play = play_before(s, n)) != NULL && play->due_ns >= at_ns; n++)
        count -= hdr_highest_equivalent(&s->late_us, late_us(play)) == it->value;
    return count;
}
