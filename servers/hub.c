#include "hub.h"

#include <stdlib.h>

#include "err.h"

int hub_init(struct hub *h, uint64_t capacity, int64_t delay_ns)
{
    *h = (struct hub){.capacity = capacity, .delay_ns = delay_ns};
    h->ring = calloc(capacity, sizeof *h->ring);
    return h->ring == NULL ? LAB_ENOMEM : LAB_OK;
}

void hub_free(struct hub *h)
{
    for (uint64_t i = 0; h->ring != NULL && i < h->capacity; i++)
        update_unref(h->ring[i]);
    free(h->ring);
    h->ring = NULL;
}

static struct update **hub_slot(const struct hub *h, uint64_t seq)
{
    return &h->ring[seq % h->capacity];
}

static void hub_make_visible(struct hub *h)
{
    struct update *u = update_ref(*hub_slot(h, ++h->visible_seq));
    struct subscriber *next;

    for (struct subscriber *s = h->subscribers; s != NULL; s = next) {
        next = s->next;
        s->deliver(s, u);
    }
    update_unref(u);
}

uint64_t hub_publish(struct hub *h, const char *data, size_t len, int64_t now_ns)
{
    struct update **slot = hub_slot(h, h->published_seq + 1);
    struct update *u = update_new(h->published_seq + 1, now_ns, data, len);

    if (u == NULL) {
        h->publish_failures++;
        return 0;
    }
    if (h->published_seq - h->visible_seq == h->capacity)
        hub_make_visible(h); /* never overwrite what nobody has seen */
    update_unref(*slot);
    *slot = u;
    h->published_seq++;
    if (h->delay_ns == 0)
        hub_make_visible(h);
    return u->seq;
}

int64_t hub_release(struct hub *h, int64_t now_ns)
{
    while (h->visible_seq < h->published_seq) {
        int64_t due_ns = (*hub_slot(h, h->visible_seq + 1))->t_ns + h->delay_ns;

        if (due_ns > now_ns)
            return due_ns;
        hub_make_visible(h);
    }
    return INT64_MAX;
}

/* At the head: who subscribes during a delivery is not visited by it. */
void hub_subscribe(struct hub *h, struct subscriber *s)
{
    s->next = h->subscribers;
    s->link = &h->subscribers;
    if (s->next != NULL)
        s->next->link = &s->next;
    h->subscribers = s;
    h->nsubscribers++;
}

void hub_unsubscribe(struct hub *h, struct subscriber *s)
{
    if (s->link == NULL)
        return;
    *s->link = s->next;
    if (s->next != NULL)
        s->next->link = s->link;
    s->next = NULL;
    s->link = NULL;
    h->nsubscribers--;
}

bool hub_subscribed(const struct subscriber *s)
{
    return s->link != NULL;
}

uint64_t hub_newest_seq(const struct hub *h)
{
    return h->visible_seq;
}

uint64_t hub_oldest_seq(const struct hub *h)
{
    return h->published_seq < h->capacity ? 1 : h->published_seq - h->capacity + 1;
}

struct update *hub_get(const struct hub *h, uint64_t seq)
{
    if (seq < hub_oldest_seq(h) || seq > h->visible_seq)
        return NULL;
    return *hub_slot(h, seq);
}

struct hub_range hub_after(const struct hub *h, uint64_t cursor)
{
    struct hub_range range = {.last = h->visible_seq};
    uint64_t oldest = hub_oldest_seq(h);

    if (cursor > h->visible_seq)
        cursor = 0;
    range.first = cursor + 1;
    if (range.first < oldest) {
        range.missed = oldest - range.first;
        range.first = oldest;
    }
    return range;
}

bool hub_position(const struct hub *h, int64_t at_ns, uint64_t *seq)
{
    uint64_t low = hub_oldest_seq(h),
             high = h->published_seq + 1; /* first with t >= at_ns is in [low, high] */

    if (low > 1 && (*hub_slot(h, low))->t_ns >= at_ns)
        return false;
    while (low < high) {
        uint64_t mid = low + (high - low) / 2;

        if ((*hub_slot(h, mid))->t_ns < at_ns)
            low = mid + 1;
        else
            high = mid;
    }
    *seq = low - 1;
    return true;
}
