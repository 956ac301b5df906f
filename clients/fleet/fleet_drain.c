/* fleet.h, the drain: what the window held, and who has all of it. */
#include "clients/fleet/fleet.h"

bool fleet_published(const struct fleet *f, uint64_t *first_seq, uint64_t *last_seq)
{
    const struct control_answer *start = &f->control.answers[CONTROL_WINDOW_START];
    const struct control_answer *end = &f->control.answers[CONTROL_WINDOW_END];

    if (f->use_control && start->has_seq && end->has_seq) {
        *first_seq = start->seq + 1;
        *last_seq = end->seq;
        return true;
    }
    *first_seq = f->env.seen_first > 0 ? f->env.seen_first : 1;
    *last_seq = f->env.seen_last;
    return false;
}

/* Without the server's word, a client is through when it holds an update from after the window. */
static bool has_drained(const struct fleet *f, const struct client *c, bool known, uint64_t last)
{
    if (c->state == CLIENT_ENDED)
        return true;
    if (c->lanes != NULL)
        return f->windows_known ? channel_tracks_complete(c->lanes)
                                : channel_tracks_reach(c->lanes, f->window_end_ns);
    return known ? c->track.cursor >= last : c->track.newest_t_ns >= f->window_end_ns;
}

void fleet_set_windows(struct fleet *f)
{
    const struct control_answer *start = &f->control.answers[CONTROL_WINDOW_START];
    const struct control_answer *end = &f->control.answers[CONTROL_WINDOW_END];

    f->windows_known = start->has_seq && end->has_seq &&
                       channels_set_window(&f->env.channels, &start->channels, &end->channels);
}

/* The first client at or behind number from that is not through. */
static uint64_t find_undrained(const struct fleet *f, uint64_t from)
{
    uint64_t first, last;
    bool known = fleet_published(f, &first, &last);

    while (from < f->nclients && has_drained(f, fleet_client(f, from), known, last))
        from++;
    return from;
}

/* Cursors only grow, so one walk over the fleet is enough for the whole drain. But which value is
 * the newest of its key is only known as far as any client has seen it: look again at the end. */
bool fleet_drained(struct fleet *f)
{
    if (f->use_control && !f->control.answers[CONTROL_WINDOW_END].done)
        return false;
    f->drained = find_undrained(f, f->drained);
    if (f->drained == f->nclients && f->env.channels.nlatest > 0)
        f->drained = find_undrained(f, 0);
    return f->drained == f->nclients;
}
