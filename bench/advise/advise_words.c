#include "bench/advise/advise_words.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bench/base/json.h"
#include "bench/result/percentile.h"
#include "bench/page/run_words.h"

/* ---- what the sentence is about ---- */

static int file_of(const struct template_fill *t)
{
    return template_find(t, "file_index", NULL)->valueint;
}

const struct advise *advise_words_run(const struct template_fill *t)
{
    const struct advise_words *w = t->context;

    return w->runs[file_of(t)];
}

/* Which of a's rows an item is, or refers to; -1: none. */
static int index_of(const struct advise *a, const cJSON *item)
{
    for (int i = 0; item != NULL && i < a->nrows; i++)
        if (a->rows[i].row == item || (item->child != NULL && a->rows[i].row->child == item->child))
            return i;
    return -1;
}

int advise_words_row(const struct template_fill *t)
{
    int row = -1;

    for (int i = t->depth; row < 0 && i > 0; i--)
        row = index_of(advise_words_run(t), t->scopes[i].item);
    return row;
}

const struct advise_row *advise_words_this_row(const struct template_fill *t)
{
    int row = advise_words_row(t);

    return &advise_words_run(t)->rows[row < 0 ? 0 : row];
}

/* ---- citations ---- */

void advise_words_cite(struct template_fill *t, int number)
{
    if (t->w.out != NULL)
        output_cite(&t->w, number);
}

int advise_words_figure(struct template_fill *t, const char *path, facts_format *format)
{
    struct advise_words *w = t->context;
    const struct advise *a = advise_words_run(t);
    const cJSON *scope, *item = template_find(t, path, &scope);
    int row = item != NULL ? index_of(a, scope) : advise_words_row(t);

    if (t->w.out == NULL)
        return 0;
    return citations_figure(w->citations, file_of(t), a->run,
                            row < 0 ? CITATION_RUN : a->rows[row].index, path, format);
}

/* The figures at several paths, with these characters between them; returns how many. */
static int figures_at(struct template_fill *t, const char *paths, const char *between,
                      int numbers[CITATION_INPUTS_MAX])
{
    char path[CITATION_PATH_BYTES];
    int n = 0;

    for (size_t len; *paths != '\0' && n < CITATION_INPUTS_MAX; paths += len) {
        len = strcspn(paths, between);
        snprintf(path, sizeof path, "%.*s", (int)len, paths);
        numbers[n++] = advise_words_figure(t, path, facts_format_of(path));
        len += strspn(paths + len, between);
    }
    return n;
}

void advise_words_cited(struct template_fill *t, const char *text, enum citation_kind kind,
                        const char *path, const char *quoted)
{
    struct advise_words *w = t->context;

    if (text[0] != '\0')
        template_strong(t, text);
    if (t->w.out != NULL)
        advise_words_cite(t, citations_other(w->citations, kind, path, quoted));
}

void advise_words_modelled(struct template_fill *t, const char *text, const char *formula,
                           const char *inputs, double value)
{
    struct advise_words *w = t->context;
    struct citation item = {.kind = CITATION_MODEL,
                            .file = CITATION_RUN,
                            .row = CITATION_RUN,
                            .id = json_text(advise_words_this_row(t)->row, "id"),
                            .value = value};

    template_strong(t, text);
    if (t->w.out == NULL)
        return;
    snprintf(item.path, sizeof item.path, "%s", formula);
    snprintf(item.text, sizeof item.text, "%s", text);
    item.ninputs = figures_at(t, inputs, " +", item.inputs);
    advise_words_cite(t, citations_add(w->citations, &item));
}

/* A value as its citation quotes it; what is no value of a run is only written in bold. */
static void put_value(struct template_fill *t, const cJSON *scope, const char *path,
                      const cJSON *item, facts_format *format)
{
    const struct advise_words *w = t->context;
    const struct advise *a = advise_words_run(t);
    int n;

    if (item != NULL && index_of(a, scope) < 0 && scope->child != a->run->child) {
        if (cJSON_IsNumber(item))
            template_number(t, item->valuedouble, format);
        else
            template_strong(t, cJSON_IsString(item) ? item->valuestring : UNITS_NONE);
        return;
    }
    n = advise_words_figure(t, path, format);
    template_strong(t, n > 0 ? w->citations->items[n - 1].text : UNITS_NONE);
    advise_words_cite(t, n);
}

/* {cite PATH}: the mark alone. */
static double put_cite(struct template_fill *t)
{
    advise_words_cite(t, advise_words_figure(t, t->arg, facts_format_of(t->arg)));
    return t->number;
}

/* {rule SECTION|TEXT}: the mark of how this program decides. */
static double put_rule(struct template_fill *t)
{
    char section[CITATION_PATH_BYTES];

    snprintf(section, sizeof section, "%.*s", (int)strcspn(t->arg, "|"), t->arg);
    advise_words_cited(t, "", CITATION_RULE, section, t->arg + strlen(section) + 1);
    return t->number;
}

/* ---- costs ---- */

static enum advise_cost this_cost(const struct template_fill *t)
{
    const cJSON *cost = template_find(t, "cost", NULL);

    return cJSON_IsNumber(cost) ? (enum advise_cost)cost->valueint : ADVISE_CPU;
}

/* A cost per update or client: "**9.33 µs**[3]". */
static double put_cost(struct template_fill *t)
{
    const struct advise_cost_kind *kind = &advise_costs[this_cost(t)];
    int numbers[CITATION_INPUTS_MAX];
    double value = advise_cost_of(advise_words_this_row(t)->row, this_cost(t));

    template_number(t, value, kind->format);
    for (int i = 0, n = figures_at(t, kind->path, "+", numbers); i < n; i++)
        advise_words_cite(t, numbers[i]);
    return value;
}

/* A cost as rows are compared by it: the same, or where they delivered different numbers of
 * updates the rate. */
static double put_price(struct template_fill *t)
{
    const struct advise_cost_kind *kind = &advise_costs[this_cost(t)];
    double value = advise_rate_of(advise_words_this_row(t), this_cost(t));
    char text[UNITS_TEXT_BYTES], inputs[160];

    if (!advise_words_run(t)->by_time || kind->per_client)
        return put_cost(t);
    kind->format(text, value);
    snprintf(inputs, sizeof inputs, "%s deliveries clients phases.window_ms", kind->path);
    advise_words_modelled(t, text, "a client's second = per update × updates / clients / window",
                          inputs, value);
    return value;
}

/* The number of clients to extrapolate to. */
static double put_target_clients(struct template_fill *t)
{
    double clients = advise_words_run(t)->ask.clients;
    char text[UNITS_TEXT_BYTES];

    units_format_count(text, clients);
    if (advise_words_run(t)->ask.typed & ADVISE_TYPED_CLIENTS)
        advise_words_cited(t, text, CITATION_OPTION, "--clients", text);
    else
        advise_words_cited(t, text, CITATION_RULE, "With more clients",
                           "without --clients: 100 times the run's");
    return clients;
}

static const struct template_word words[] = {
    {"cite", put_cite, NULL},
    {"rule", put_rule, NULL},
    {"cost", put_cost, NULL},
    {"price", put_price, NULL},
    {"target-clients", put_target_clients, NULL},
    {NULL, NULL, NULL},
};

/* ---- what sentences ask: items ---- */

static cJSON *cost_item(const struct advise *a, enum advise_cost cost)
{
    const struct advise_cost_kind *kind = &advise_costs[cost];

    return json_object("cost:d name:s per:s path:s", (int)cost, kind->words,
                       kind->per_client ? "per client"
                       : a->by_time     ? "per client and second"
                                        : "per update",
                       kind->path);
}

/* Those costs that the row has. unit_here: the next is per something else, or there is none. */
static void add_costs(cJSON *o, const char *name, const struct advise *a, const cJSON *row,
                      const enum advise_cost *costs, int n, int most)
{
    cJSON *list = cJSON_AddArrayToObject(o, name), *item;

    for (int i = 0; i < n && cJSON_GetArraySize(list) < most; i++)
        if (!isnan(advise_cost_of(row, costs[i])))
            cJSON_AddItemToArray(list, cost_item(a, costs[i]));
    cJSON_ArrayForEach(item, list)
    {
        if (item->next == NULL || strcmp(json_text(item->next, "per"), json_text(item, "per")) != 0)
            cJSON_AddTrueToObject(item, "unit_here");
    }
}

/* The row in each run where it fits, or where it does not: its deciding check, with file_index,
 * run, there (the row) and not_known. */
static void add_links(cJSON *o, const char *name, const struct advise_words *w, const char *id,
                      bool fits)
{
    cJSON *list = cJSON_AddArrayToObject(o, name), *link;

    for (int i = 0; i < w->citations->nfiles; i++) {
        const struct advise_row *r = advise_row_called(w->runs[i], id);

        if (r == NULL || (r->fit == ADVISE_FITS) != fits)
            continue;
        link = advise_check_item(r, &r->checks[r->deciding]);
        cJSON_AddNumberToObject(link, "file_index", i);
        cJSON_AddBoolToObject(link, "not_known", r->fit == ADVISE_UNKNOWN);
        cJSON_AddBoolToObject(link, "kept_out", r->disturbed);
        cJSON_AddItemReferenceToObject(link, "run", (cJSON *)w->runs[i]->run);
        cJSON_AddItemReferenceToObject(link, "there", (cJSON *)r->row);
        cJSON_AddItemToArray(list, link);
    }
}

static cJSON *row_item(const struct advise_words *w, int row)
{
    static const char *const fits[] = {"fits", "does not fit", "can't be judged"};
    static const enum advise_cost all[] = {ADVISE_CPU,      ADVISE_WIRE,       ADVISE_BYTES,
                                           ADVISE_REQUESTS, ADVISE_HANDSHAKES, ADVISE_PACKETS};
    const struct advise *a = w->runs[w->file];
    const struct advise_row *r = &a->rows[row];
    double sockets = capacity_model_at(&r->load, a->ask.clients).sockets;
    double files = json_number(a->run, "environment.limits.open_files");
    int next = advise_successor(a, row);
    cJSON *o =
        json_object("fit:s fits:b arrived_too:b posts:b beyond_files:b there:r", fits[r->fit],
                    r->fit == ADVISE_FITS, r->fit == ADVISE_FITS && r->nchecks > 1, r->load.posts,
                    files > 0 && sockets > files, r->row);
    cJSON *successor = cJSON_AddArrayToObject(o, "successor"), *item;

    if (a->nbest > 0 && advise_cheaper_by(a, row, a->best[0]) >= 0)
        cJSON_AddItemToObject(o, "less", cost_item(a, advise_cheaper_by(a, row, a->best[0])));
    advise_checks_add_row(o, r);
    add_costs(o, "costs", a, r->row, all, sizeof all / sizeof *all, ADVISE_COSTS);
    add_costs(o, "two_costs", a, r->row, a->order, a->norder, 2);
    add_links(o, "fitting", w, json_text(r->row, "id"), true);
    add_links(o, "unfitting", w, json_text(r->row, "id"), false);
    if (next >= 0) {
        item = json_object("there:r", a->rows[next].row);
        advise_checks_add_row(item, &a->rows[next]);
        cJSON_AddItemToArray(successor, item);
    }
    return o;
}

/* Is any row neither known to fit nor known to fail, without having been disturbed? */
static bool any_unknown(const struct advise *a)
{
    for (int i = 0; i < a->nrows; i++)
        if (a->rows[i].fit == ADVISE_UNKNOWN && !a->rows[i].disturbed)
            return true;
    return false;
}

static bool any_kept_out(const struct advise *a)
{
    for (int i = 0; i < a->nrows; i++)
        if (a->rows[i].disturbed)
            return true;
    return false;
}

static void add_rows(cJSON *o, const char *name, const struct advise *a, uint64_t rows)
{
    cJSON *list = cJSON_AddArrayToObject(o, name);

    for (int i = 0; i < a->nrows; i++)
        if (facts_order_has(rows, (size_t)i))
            cJSON_AddItemReferenceToArray(list, (cJSON *)a->rows[i].row);
}

/* Of a limit: limit (text), best[], level[] and dearer[] (rows), same, path of the figure. */
static cJSON *limit_item(const struct advise *a, const struct advise_limit *l)
{
    char limit[UNITS_TEXT_BYTES], path[48];
    cJSON *o;

    units_format_limit_us(limit, l->us);
    snprintf(path, sizeof path, "latency_us.%s", percentile_from(a->ask.percentile)->name);
    o = json_object("limit:s same:b path:s", limit, l->same, path);
    add_rows(o, "best", a, l->best);
    add_rows(o, "level", a, l->level);
    add_rows(o, "dearer", a, l->dearer);
    return o;
}

/* In how many runs a row fits. */
static int count_fits(const struct advise_words *w, const char *id)
{
    int n = 0;

    for (int i = 0; i < w->citations->nfiles; i++) {
        const struct advise_row *r = advise_row_called(w->runs[i], id);

        n += r != NULL && r->fit == ADVISE_FITS;
    }
    return n;
}

static cJSON *page_of(const struct advise_words *w)
{
    const struct advise *a = w->runs[w->file];
    int planned = cJSON_GetArraySize(json_at(a->run, "rows_planned"));
    cJSON *page = json_object(
        "file_index:d file:s by_time:b files:d measured:d missing_rows:b only:b level:b "
        "crowd:b anyway:b some_kept_out:b some_unknown:b lowered:b percentile:s rows:r",
        w->file, w->citations->files[w->file], a->by_time, w->citations->nfiles, a->nrows,
        planned > a->nrows, a->nfits == 1, a->decided_by != a->order[0],
        a->nrows > 0 && a->rows[0].load.crowd, a->ask.anyway, any_kept_out(a), any_unknown(a),
        a->ask.lowered, percentile_from(a->ask.percentile)->words, json_at(a->run, "rows"));
    cJSON *best = cJSON_AddArrayToObject(page, "best"), *links, *everywhere, *limits;

    for (int i = 0; i < a->nbest; i++)
        cJSON_AddItemReferenceToArray(best, (cJSON *)a->rows[a->best[i]].row);
    cJSON_AddItemToObject(page, "first_cost", cost_item(a, a->order[0]));
    cJSON_AddItemToObject(page, "deciding_cost", cost_item(a, a->decided_by));
    advise_checks_add(page, &a->ask);
    links = cJSON_AddArrayToObject(page, "links");
    for (int i = 0; i < w->citations->nfiles; i++)
        cJSON_AddItemToArray(links, json_object("file_index:d run:r", i, w->runs[i]->run));
    everywhere = cJSON_AddArrayToObject(page, "everywhere");
    for (int i = 0; i < a->nrows; i++)
        if (count_fits(w, json_text(a->rows[i].row, "id")) == w->citations->nfiles)
            cJSON_AddItemReferenceToArray(everywhere, (cJSON *)a->rows[i].row);
    limits = cJSON_AddArrayToObject(page, "limits");
    for (int i = 0; i < a->nlimits; i++)
        cJSON_AddItemToArray(limits, limit_item(a, &a->limits[i]));
    cJSON_AddArrayToObject(page, "parts");
    return page;
}

/* ---- sentences ---- */

/* The text as prose, valid until the next. */
static const char *write_text(struct advise_words *w, const cJSON *about, int row, const char *text)
{
    const struct advise *a = w->runs[w->file];

    w->text.len = 0;
    w->t.context = w;
    w->t.w.out = &w->text;
    w->t.gap = false;
    template_enter(&w->t, w->page);
    template_enter(&w->t, a->run);
    if (row >= 0) {
        template_enter(&w->t, template_own(&w->t, row_item(w, row)));
        template_enter(&w->t, a->rows[row].row);
    }
    if (about != NULL)
        template_enter(&w->t, about);
    template_put(&w->t, text);
    w->t.depth = 0;
    template_end(&w->t, text, NULL);
    return w->t.fault[0] != '\0' ? w->t.fault : writer_text(&w->t.w);
}

void advise_words_begin(struct advise_words *w, const struct advise *const *runs,
                        struct citations *citations, int file)
{
    const char *asked;

    *w = (struct advise_words){
        .runs = runs,
        .citations = citations,
        .file = file,
        .t = {.output = OUTPUT_PROSE,
              .words = {words, advise_check_words, advise_model_words, run_words},
              .cite = put_value}};
    w->page = page_of(w);
    asked = write_text(w, NULL, -1, "asked");
    if (asked[0] != '\0')
        cJSON_AddStringToObject(w->page, "asked", asked);
}

/* The sentences of a part, which is added when it has none yet. */
static cJSON *sentences_of(cJSON *page, enum advise_part part)
{
    static const char *const names[][2] = {{"answer", "The answer"},
                                           {"fit", "What meets it"},
                                           {"cost", "What it costs"},
                                           {"scale", "With more clients"},
                                           {"change", "What would change the answer"}};
    cJSON *parts = cJSON_GetObjectItem(page, "parts");
    cJSON *last = cJSON_GetArrayItem(parts, cJSON_GetArraySize(parts) - 1);

    if (last == NULL || strcmp(json_text(last, "part"), names[part][0]) != 0) {
        last = json_object("part:s heading:s", names[part][0], names[part][1]);
        cJSON_AddArrayToObject(last, "sentences");
        cJSON_AddItemToArray(parts, last);
    }
    return cJSON_GetObjectItem(last, "sentences");
}

static void say(struct advise_words *w, enum advise_part part, const cJSON *about, int row,
                const char *text)
{
    const struct advise *a = w->runs[w->file];
    cJSON *sentence = json_object("text:s prose:s", text, write_text(w, about, row, text));

    if (row >= 0)
        json_add_text(sentence, "row", json_text(a->rows[row].row, "id"));
    if (part == ADVISE_PART_FIT && row >= 0 && a->verdict != ADVISE_NO_ASK)
        cJSON_AddStringToObject(sentence, "sign", advise_fits[a->rows[row].fit]);
    cJSON_AddItemToArray(sentences_of(w->page, part), sentence);
}

void advise_words_say(struct advise_words *w, enum advise_part part, int row, const char *text)
{
    say(w, part, NULL, row, text);
}

const char *advise_words_prose(struct advise_words *w, const char *text)
{
    return write_text(w, NULL, -1, text);
}

void advise_words_say_limits(struct advise_words *w)
{
    const cJSON *limit;

    cJSON_ArrayForEach(limit, json_at(w->page, "limits"))
    {
        say(w, ADVISE_PART_ANSWER, limit, -1, "limit");
    }
}

cJSON *advise_words_end(struct advise_words *w)
{
    if (w->t.w.rc == PL_ENOMEM || w->citations->rc < 0) {
        cJSON_Delete(w->page);
        w->page = NULL;
    }
    buf_free(&w->text);
    return w->page;
}
