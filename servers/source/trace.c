#include "servers/source/trace.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "lib/base/fields.h"
#include "lib/base/json_line.h"

struct trace_item {
    int64_t at_ns;
    size_t data, data_len; /* within text */
};

struct trace {
    struct model model;       /* first */
    struct trace_item *items; /* owned */
    size_t nitems;
    uint32_t capacity;
    struct buf text;
    size_t at;        /* the item that is next */
    int64_t round_ns; /* when this round began */
    bool loop;
};

/* The compact line is {"at_ms":X,"data":V}: V reaches to the closing brace. */
static int trace_split(char *line, size_t len, double *at_ms, char **data, size_t *data_len)
{
    const char *end = line + len, *value = field_skip(line, end, FIELD_KEY("{\"at_ms\":"));
    char *after;

    if (value == NULL)
        return PL_EINVAL;
    *at_ms = strtod(value, &after);
    if (after == value || !(*at_ms >= 0) || *at_ms > 1e12)
        return PL_EINVAL;
    value = field_skip(after, end, FIELD_KEY(",\"data\":"));
    if (value == NULL || end - value < 2)
        return PL_EINVAL;
    *data = line + (value - line);
    *data_len = (size_t)(end - value - 1);
    return PL_OK;
}

static int trace_append(struct trace *t, int64_t at_ns, const char *data, size_t len)
{
    if (array_reserve(&t->items, &t->capacity, t->nitems + 1, sizeof *t->items) < 0)
        return PL_ENOMEM;
    t->items[t->nitems++] =
        (struct trace_item){.at_ns = at_ns, .data = t->text.len, .data_len = len};
    return buf_add(&t->text, data, len);
}

/* line is changed in place. number is for the error line. */
static int trace_add_line(struct trace *t, char *line, size_t len, unsigned long long number,
                          struct err_text *e)
{
    ssize_t compact_len = json_line_compact(line, line, len);
    size_t data_len;
    double at_ms;
    int64_t at_ns;
    char *data;

    if (compact_len < 0)
        return err_set(e, PL_EINVAL, "line %llu: not a JSON value", number);
    line[compact_len] = '\0'; /* for strtod() */
    if (trace_split(line, (size_t)compact_len, &at_ms, &data, &data_len) < 0)
        return err_set(e, PL_EINVAL, "line %llu: expected {\"at_ms\":NUMBER,\"data\":VALUE}",
                       number);
    /* The slice is one value only if nothing followed it in the object. */
    if (json_line_compact(data, data, data_len) != (ssize_t)data_len)
        return err_set(e, PL_EINVAL, "line %llu: unknown key after data", number);
    at_ns = (int64_t)(at_ms * (double)NS_PER_MS);
    if (t->nitems > 0 && at_ns < t->items[t->nitems - 1].at_ns)
        return err_set(e, PL_EINVAL, "line %llu: at_ms goes back in time", number);
    if (trace_append(t, at_ns, data, data_len) < 0)
        return err_set(e, PL_ENOMEM, "line %llu: %s", number, pl_strerror(PL_ENOMEM));
    return PL_OK;
}

static int trace_read(struct trace *t, const char *path, struct err_text *e)
{
    struct err_text reason;
    size_t number = 0, capacity = 0;
    char *line = NULL;
    ssize_t len;
    int err = PL_OK;
    FILE *f = fopen(path, "re");

    if (f == NULL)
        return err_set(e, PL_EINVAL, "%s: %s", path, strerror(errno));
    while (err == PL_OK && (len = getline(&line, &capacity, f)) >= 0) {
        number++;
        if (strspn(line, " \t\r\n") < (size_t)len)
            err = trace_add_line(t, line, (size_t)len, number, &reason);
    }
    if (err < 0)
        err_set(e, err, "%s: %.200s", path, reason.text);
    else if (ferror(f))
        err = err_set(e, PL_ESYS, "%s: %s", path, strerror(errno));
    else if (t->nitems == 0)
        err = err_set(e, PL_EINVAL, "%s: no updates in it", path);
    free(line);
    fclose(f);
    return err;
}

/* How long a round of a looped trace lasts: the last offset and the average gap. */
static int64_t trace_period_ns(const struct trace *t)
{
    int64_t last_ns = t->items[t->nitems - 1].at_ns;
    int64_t gap_ns = t->nitems > 1 ? last_ns / (int64_t)(t->nitems - 1) : NS_PER_S;

    return last_ns + (gap_ns > NS_PER_MS ? gap_ns : NS_PER_MS);
}

static void trace_next(struct model *model, struct post *out)
{
    struct trace *t = (struct trace *)model;
    const struct trace_item *item = &t->items[t->at++];

    *out =
        (struct post){.data = (const char *)t->text.data + item->data, .data_len = item->data_len};
    if (t->at == t->nitems && t->loop) {
        t->at = 0;
        t->round_ns += trace_period_ns(t);
    }
    model->due_ns = t->at < t->nitems ? t->round_ns + t->items[t->at].at_ns : INT64_MAX;
}

static void trace_release(struct model *model)
{
    struct trace *t = (struct trace *)model;

    free(t->items);
    buf_free(&t->text);
}

struct model *trace_load(const char *path, bool loop, struct err_text *e)
{
    struct trace *t = calloc(1, sizeof *t);

    if (t == NULL) {
        err_set(e, PL_ENOMEM, "%s", pl_strerror(PL_ENOMEM));
        return NULL;
    }
    t->model = (struct model){.next = trace_next, .release = trace_release};
    t->loop = loop;
    if (trace_read(t, path, e) < 0) {
        model_free(&t->model);
        return NULL;
    }
    t->model.due_ns = t->items[0].at_ns;
    return &t->model;
}
