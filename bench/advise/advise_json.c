/* Advice for programs. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/advise/advise_write.h"
#include "bench/base/json.h"

static const char *const fits[] = {"fits", "fails", "unknown"};
static const char *const verdicts[] = {"no-trust", "nothing-asked", "one",
                                       "tie",      "too-few",       "none-fits"};
static const char *const criteria[] = {"complete", "latency", "upstream", "convergence",
                                       "on-time",  "age",     "budget"};
static const char *const parts[] = {"answer", "fit", "cost", "scale", "change"};

/* ---- findings ---- */

static cJSON *check_object(const struct advise_check *c)
{
    cJSON *o = cJSON_CreateObject();

    cJSON_AddStringToObject(o, "criterion", criteria[c->criterion]);
    if (c->criterion == ADVISE_BUDGET)
        cJSON_AddStringToObject(o, "cost", advise_costs[c->cost].name);
    cJSON_AddStringToObject(o, "fit", fits[c->fit]);
    json_add_number(o, "value", c->value);
    json_add_number(o, "limit", c->limit);
    json_add_number(o, "samples_needed", c->samples_needed);
    return o;
}

static cJSON *row_object(const struct advise *a, const struct advise_row *r)
{
    struct capacity_model_at at = capacity_model_at(&r->load, a->ask.clients);
    cJSON *o = cJSON_CreateObject(), *list, *model;

    json_add_text(o, "id", json_text(r->row, "id"));
    cJSON_AddStringToObject(o, "fit", fits[r->fit]);
    list = cJSON_AddArrayToObject(o, "checks");
    for (int i = 0; i < r->nchecks; i++)
        cJSON_AddItemToArray(list, check_object(&r->checks[i]));
    list = cJSON_AddObjectToObject(o, "costs");
    for (int i = 0; i < ADVISE_COSTS; i++)
        json_add_number(list, advise_costs[i].name, advise_cost_of(r->row, i));
    model = cJSON_AddObjectToObject(o, "model");
    json_add_number(model, "clients", at.clients);
    json_add_number(model, "deliveries_per_s", at.deliveries_hz);
    json_add_number(model, "cores", at.cores);
    json_add_number(model, "bandwidth_bps", at.bandwidth_bps);
    json_add_number(model, "packets_per_s", at.packets_hz);
    json_add_number(model, "requests_per_s", at.requests_hz);
    json_add_number(model, "handshakes_per_s", at.handshakes_hz);
    json_add_number(model, "memory_bytes", at.memory_bytes);
    json_add_number(model, "sockets", at.sockets);
    return o;
}

static cJSON *run_object(const struct advise_entry *entry)
{
    const struct advise *a = entry->advise;
    cJSON *o = cJSON_CreateObject(), *best, *rows;

    json_add_text(o, "file", entry->file);
    json_add_text(o, "scenario", json_text(entry->run, "scenario.name"));
    json_add_text(o, "link", json_text(entry->run, "link"));
    cJSON_AddStringToObject(o, "verdict", verdicts[a->verdict]);
    best = cJSON_AddArrayToObject(o, "best");
    for (int i = 0; i < a->nbest; i++)
        json_append_text(best, json_text(a->rows[a->best[i]].row, "id"));
    rows = cJSON_AddArrayToObject(o, "rows");
    for (int i = 0; i < a->nrows; i++)
        cJSON_AddItemToArray(rows, row_object(a, &a->rows[i]));
    return o;
}

/* ---- sentences ---- */

struct cut {
    struct writer w;
    cJSON *references;
};

static void take_part(void *arg, const char *text, size_t len, int number)
{
    struct cut *cut = arg;

    writer_add(&cut->w, text, len);
    if (number == 0)
        return;
    writer_printf(&cut->w, "[%d]", number);
    cJSON_AddItemToArray(cut->references, cJSON_CreateNumber(number));
}

static void add_sentences(cJSON *list, const struct advise_words *words, int run)
{
    for (size_t i = 0; i < words->n; i++) {
        const struct advise_sentence *sentence = &words->sentences[i];
        struct buf text = {0};
        struct cut cut = {.w = {.out = &text}};
        cJSON *o = cJSON_CreateObject();

        if (run >= 0)
            json_add_number(o, "run", run);
        else
            cJSON_AddNullToObject(o, "run");
        cJSON_AddStringToObject(o, "part", parts[sentence->part]);
        if (sentence->row >= 0)
            json_add_text(o, "row", json_text(words->advise->rows[sentence->row].row, "id"));
        cut.references = cJSON_CreateArray();
        citations_each_part(sentence->text, take_part, &cut);
        writer_add(&cut.w, "", 1);
        json_add_text(o, "text", cut.w.rc < 0 ? "" : (const char *)text.data);
        cJSON_AddItemToObject(o, "references", cut.references);
        cJSON_AddItemToArray(list, o);
        buf_free(&text);
    }
}

/* ---- references ---- */

typedef void describe_fn(struct writer *w, const struct citations *e, const struct citation *i);

static void add_words(cJSON *o, const char *name, describe_fn *describe, const struct citations *e,
                      const struct citation *item)
{
    struct buf text = {0};
    struct writer w = {.out = &text};

    describe(&w, e, item);
    writer_add(&w, "", 1);
    json_add_text(o, name, w.rc < 0 ? "" : (const char *)text.data);
    buf_free(&text);
}

static void describe_pointer(struct writer *w, const struct citations *e,
                             const struct citation *item)
{
    (void)e;
    citations_pointer(w, item);
}

static cJSON *reference_object(const struct citations *e, size_t i)
{
    static const char *const kinds[] = {"figure", "option", "model", "rule"};
    const struct citation *item = &e->items[i];
    cJSON *o = cJSON_CreateObject(), *inputs;

    json_add_number(o, "n", (double)i + 1);
    cJSON_AddStringToObject(o, "kind", kinds[item->kind]);
    if (item->kind == CITATION_FIGURE) {
        json_add_text(o, "file", e->files[item->file]);
        add_words(o, "pointer", describe_pointer, e, item);
    }
    if (item->id[0] != '\0')
        json_add_text(o, "row", item->id);
    json_add_text(o, "path", item->path);
    if (isfinite(item->value))
        cJSON_AddNumberToObject(o, "value", item->value);
    json_add_text(o, "text", item->text);
    if (item->ninputs > 0) {
        inputs = cJSON_AddArrayToObject(o, "inputs");
        for (int k = 0; k < item->ninputs; k++)
            cJSON_AddItemToArray(inputs, cJSON_CreateNumber(item->inputs[k]));
    }
    add_words(o, "words", citations_describe, e, item);
    return o;
}

int advise_write_json(struct buf *out, const struct advise_book *b)
{
    cJSON *all = cJSON_CreateObject(), *list;
    char *text;
    int rc;

    json_add_text(all, "pushlab", PUSHLAB_VERSION);
    list = cJSON_AddArrayToObject(all, "runs");
    for (int i = 0; i < b->n; i++)
        cJSON_AddItemToArray(list, run_object(&b->entries[i]));
    list = cJSON_AddArrayToObject(all, "sentences");
    for (int i = 0; i < b->n; i++)
        add_sentences(list, &b->entries[i].words, i);
    add_sentences(list, &b->together, -1);
    list = cJSON_AddArrayToObject(all, "references");
    for (size_t i = 0; i < b->citations.n; i++)
        cJSON_AddItemToArray(list, reference_object(&b->citations, i));
    text = cJSON_Print(all);
    cJSON_Delete(all);
    if (text == NULL)
        return PL_ENOMEM;
    rc = buf_printf(out, "%s\n", text);
    cJSON_free(text);
    return rc;
}
