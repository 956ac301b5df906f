#include "servers/model/inbox.h"

#include <stdio.h>
#include <stdlib.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

const struct inbox_kind inbox_kinds[] = {
    {"comment", 40, "commented on", "issues"},
    {"mention", 20, "mentioned you in", "issues"},
    {"review_requested", 15, "asked for your review of", "reviews"},
    {"assigned", 10, "assigned you to", "issues"},
    {"build_failed", 10, "broke the build with", "builds"},
    {"deployed", 5, "deployed", "releases"},
};
const size_t inbox_kinds_count = COUNT(inbox_kinds);

static const char *const people[] = {"Amara Osei", "Ben Thorsen",  "Chiara Lodi", "Dev Raman",
                                     "Elif Aydin", "Femi Balogun", "Greta Holm",  "Hugo Pereira"};
static const char *const subjects[] = {
    "Checkout fails for gift cards",  "Search is slow on large accounts",
    "Export invoices as one archive", "Dark theme for the mobile app",
    "Retry webhooks after a timeout", "Names with accents sort wrongly",
    "Move sessions to the new store", "Show who else is editing",
};
static const char *const bodies[] = {
    "Looks good to me, one question about the limits inline.",
    "I can reproduce this on staging with the account from the report.",
    "Could we ship the first half now and keep the rest for the next release?",
    "Numbers are in the sheet: half of the requests never reach the cache.",
    "Thanks! Merging as soon as the checks are through.",
    "This happens again since Tuesday, logs attached.",
};

static size_t pick(struct inbox *in, size_t count)
{
    return rng_next(&in->rng) % count;
}

static const struct inbox_kind *inbox_draw(struct inbox *in)
{
    size_t at = pick(in, 100);
    const struct inbox_kind *kind = inbox_kinds;

    for (; at >= kind->percent; kind++)
        at -= kind->percent;
    return kind;
}

/* Drawn one after the other: in a call's arguments each compiler has its own order. */
static size_t inbox_text(struct inbox *in)
{
    const struct inbox_kind *kind = inbox_draw(in);
    size_t person = pick(in, COUNT(people)), subject = pick(in, COUNT(subjects));
    size_t body = pick(in, COUNT(bodies)), page = 100 + pick(in, 900);
    int len = snprintf(in->text, sizeof in->text,
                       "{\"id\":%llu,\"type\":\"%s\",\"actor\":{\"id\":%zu,\"name\":\"%s\","
                       "\"avatar\":\"/avatars/%zu.png\"},\"title\":\"%s %s \\\"%s\\\"\","
                       "\"body\":\"%s\",\"url\":\"/%s/%zu\",\"read\":false}",
                       (unsigned long long)++in->posted, kind->type, person + 1, people[person],
                       person + 1, people[person], kind->verb, subjects[subject], bodies[body],
                       kind->path, page);

    return (size_t)len;
}

static void inbox_next(struct model *model, struct post *out)
{
    struct inbox *in = (struct inbox *)model;

    *out = (struct post){.channel = MODEL_NAME("inbox"), .data = in->text};
    out->data_len = inbox_text(in);
    model->due_ns = arrivals_next(&in->arrivals, &in->rng);
}

static void inbox_free(struct model *model)
{
    free(model);
}

struct model *inbox_new(uint64_t seed, const struct arrivals *arrivals)
{
    struct inbox *in = calloc(1, sizeof *in);

    if (in == NULL)
        return NULL;
    in->model = (struct model){.next = inbox_next, .free = inbox_free};
    in->arrivals = *arrivals;
    rng_seed(&in->rng, seed);
    in->model.due_ns = arrivals_next(&in->arrivals, &in->rng);
    return &in->model;
}
