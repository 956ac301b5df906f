#include "servers/model/inbox.h"

#include <stdio.h>
#include <stdlib.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

const struct inbox_kind inbox_kinds[INBOX_KINDS] = {
    {"comment", 40, "commented on", "issues"},
    {"mention", 20, "mentioned you in", "issues"},
    {"review_requested", 15, "asked for your review of", "reviews"},
    {"assigned", 10, "assigned you to", "issues"},
    {"build_failed", 10, "broke the build with", "builds"},
    {"deployed", 5, "deployed", "releases"},
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
    size_t person = pick(in, COUNT(inbox_people)), subject = pick(in, COUNT(inbox_subjects));
    size_t body = pick(in, COUNT(inbox_bodies)), page = 100 + pick(in, 900);
    int len = snprintf(in->text, sizeof in->text,
                       "{\"id\":%llu,\"type\":\"%s\",\"actor\":{\"id\":%zu,\"name\":\"%s\","
                       "\"avatar\":\"/avatars/%zu.png\"},\"title\":\"%s %s \\\"%s\\\"\","
                       "\"body\":\"%s\",\"url\":\"/%s/%zu\",\"read\":false}",
                       (unsigned long long)++in->posted, kind->type, person + 1,
                       inbox_people[person], person + 1, inbox_people[person], kind->verb,
                       inbox_subjects[subject], inbox_bodies[body], kind->path, page);

    return (size_t)len;
}

static void inbox_next(struct model *model, struct post *out)
{
    struct inbox *in = (struct inbox *)model;

    *out = (struct post){.channel = MODEL_NAME("inbox"), .data = in->text};
    out->data_len = inbox_text(in);
    model->due_ns = arrivals_next(&in->arrivals, &in->rng);
}

struct model *inbox_new(uint64_t seed, const struct arrivals *arrivals)
{
    struct inbox *in = calloc(1, sizeof *in);

    if (in == NULL)
        return NULL;
    in->model.next = inbox_next;
    in->arrivals = *arrivals;
    rng_seed(&in->rng, seed);
    in->model.due_ns = arrivals_next(&in->arrivals, &in->rng);
    return &in->model;
}
