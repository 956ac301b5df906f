/* Advice for programs. */
#include <math.h>
#include <string.h>

#include "bench/advise/advise_book.h"
#include "bench/base/json.h"

static const char *const verdicts[] = {"no-trust", "nothing-asked", "one",
                                       "tie",      "too-few",       "none-fits"};

/* ---- findings ---- */

static cJSON *check_object(const struct advise_check *c)
{
    cJSON *o = json_object("criterion:s fit:s value:n low:n high:n limit:n samples_needed:n",
                           advise_criteria[c->criterion], advise_fits[c->fit], c->value,
                           c->interval.low, c->interval.high, c->limit, c->samples_needed);

    if (c->criterion == ADVISE_BUDGET)
        cJSON_AddStringToObject(o, "cost", advise_costs[c->cost].name);
    return o;
}

static cJSON *row_object(const struct advise *a, const struct advise_row *r)
{
    struct capacity_model_at at = capacity_model_at(&r->load, a->ask.clients);
    cJSON *o = json_object("id:s fit:s", json_text(r->row, "id"), advise_fits[r->fit]), *list;

    if (json_at(r->row, "disturbed") != NULL)
        cJSON_AddItemReferenceToObject(o, "disturbed", (cJSON *)json_at(r->row, "disturbed"));
    else
        cJSON_AddArrayToObject(o, "disturbed");
    list = cJSON_AddArrayToObject(o, "checks");
    for (int i = 0; i < r->nchecks; i++)
        cJSON_AddItemToArray(list, check_object(&r->checks[i]));
    list = cJSON_AddObjectToObject(o, "costs");
    for (int i = 0; i < ADVISE_COSTS; i++)
        json_add_number(list, advise_costs[i].name, advise_cost_of(r->row, i));
    cJSON_AddItemToObject(o, "model", capacity_model_describe(&at));
    return o;
}

static cJSON *limit_object(const struct advise *a, const struct advise_limit *l)
{
    cJSON *o = json_object("latency_us:n", l->us), *best = cJSON_AddArrayToObject(o, "best");

    for (int i = 0; i < a->nrows; i++)
        if (facts_order_has(l->best, (size_t)i))
            json_append_text(best, json_text(a->rows[i].row, "id"));
    return o;
}

static cJSON *run_object(const struct advise_entry *entry)
{
    const struct advise *a = entry->advise;
    cJSON *o = json_object("file:s scenario:s link:s verdict:s", entry->file,
                           json_text(entry->run, "scenario.name"), json_text(entry->run, "link"),
                           verdicts[a->verdict]);
    cJSON *best = cJSON_AddArrayToObject(o, "best"), *rows, *list;

    for (int i = 0; i < a->nbest; i++)
        json_append_text(best, json_text(a->rows[a->best[i]].row, "id"));
    list = cJSON_AddArrayToObject(o, "limits");
    for (int i = 0; i < a->nlimits; i++)
        cJSON_AddItemToArray(list, limit_object(a, &a->limits[i]));
    rows = cJSON_AddArrayToObject(o, "rows");
    for (int i = 0; i < a->nrows; i++)
        cJSON_AddItemToArray(rows, row_object(a, &a->rows[i]));
    return o;
}

/* ---- sentences ---- */

/* Add prose as it is for this output. */
static void add_prose(cJSON *o, const char *name, enum output output, const char *prose)
{
    struct buf text = {0};
    struct writer w = {.out = &text};

    output_prose(&w, output, prose, NULL);
    json_add_text(o, name, writer_text(&w));
    buf_free(&text);
}

static void add_sentence(cJSON *list, int run, const char *part, const cJSON *sentence)
{
    const char *prose = json_text(sentence, "prose");
    cJSON *o = cJSON_CreateObject(), *references;

    if (run >= 0)
        json_add_number(o, "run", run);
    else
        cJSON_AddNullToObject(o, "run");
    cJSON_AddStringToObject(o, "part", part);
    if (json_at(sentence, "row") != NULL)
        json_add_text(o, "row", json_text(sentence, "row"));
    add_prose(o, "text", OUTPUT_JSON, prose);
    references = cJSON_AddArrayToObject(o, "references");
    for (int n; (n = output_next_citation(&prose)) > 0;)
        cJSON_AddItemToArray(references, cJSON_CreateNumber(n));
    cJSON_AddItemToArray(list, o);
}

static void add_sentences(cJSON *list, const cJSON *page, int run)
{
    const cJSON *part, *sentence;

    cJSON_ArrayForEach(part, json_at(page, "parts"))
    {
        cJSON_ArrayForEach(sentence, json_at(part, "sentences"))
        {
            add_sentence(list, run, json_text(part, "part"), sentence);
        }
    }
}

/* ---- references ---- */

static cJSON *reference_object(const struct citations *e, const struct citation *item, int n,
                               const char *says)
{
    static const char *const kinds[] = {"figure", "option", "model", "rule"};
    cJSON *o = json_object("n:d kind:s", n, kinds[item->kind]), *inputs;
    struct buf pointer = {0};
    struct writer w = {.out = &pointer};

    if (item->kind == CITATION_FIGURE) {
        citations_pointer(&w, item);
        json_add_text(o, "file", e->files[item->file]);
        json_add_text(o, "pointer", writer_text(&w));
    }
    if (item->id[0] != '\0')
        json_add_text(o, "row", item->id);
    json_add_text(o, "path", item->path);
    if (isfinite(item->value))
        cJSON_AddNumberToObject(o, "value", item->value);
    json_add_text(o, "text", item->text);
    inputs = item->ninputs > 0 ? cJSON_AddArrayToObject(o, "inputs") : NULL;
    for (int k = 0; k < item->ninputs; k++)
        cJSON_AddItemToArray(inputs, cJSON_CreateNumber(item->inputs[k]));
    add_prose(o, "words", OUTPUT_TERMINAL, says);
    buf_free(&pointer);
    return o;
}

int advise_book_write_json(struct buf *out, const struct advise_book *b)
{
    cJSON *page = advise_book_page(b), *all = json_object("pushlab:s", PUSHLAB_VERSION), *list;
    const cJSON *reference;
    char *text;
    int rc;

    list = cJSON_AddArrayToObject(all, "runs");
    for (int i = 0; i < b->n; i++)
        cJSON_AddItemToArray(list, run_object(&b->entries[i]));
    list = cJSON_AddArrayToObject(all, "sentences");
    for (int i = 0; i < b->n; i++)
        add_sentences(list, b->entries[i].page, i);
    add_sentences(list, b->together, -1);
    list = cJSON_AddArrayToObject(all, "references");
    cJSON_ArrayForEach(reference, json_at(page, "references"))
    {
        int n = (int)json_number(reference, "n");

        cJSON_AddItemToArray(list, reference_object(&b->citations, &b->citations.items[n - 1], n,
                                                    json_text(reference, "says")));
    }
    text = cJSON_Print(all);
    cJSON_Delete(all);
    cJSON_Delete(page);
    if (text == NULL)
        return PL_ENOMEM;
    rc = buf_printf(out, "%s\n", text);
    cJSON_free(text);
    return rc;
}
