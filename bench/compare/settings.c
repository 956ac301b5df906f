#include "bench/compare/settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/json.h"
#include "bench/page/output.h"
#include "bench/result/run_file.h"
#include "bench/scenario/scenario.h"
#include "lib/base/spelling.h"

/* ---- what is compared ---- */

static const char *const no_difference[] = {"name",   "title", "require", "seed",
                                            "repeat", "order", "rows.id", NULL};
static const char *const of_machine[] = {"cpu_model", "cores", "kernel", "governor", NULL};

static bool makes_none(const char *key)
{
    size_t i = 0;

    while (no_difference[i] != NULL && strcmp(no_difference[i], key) != 0)
        i++;
    return no_difference[i] != NULL;
}

/* Is key one of the list, or in a section that is? "server" has "server.history". */
static bool is_listed(const char *list, const char *key)
{
    for (size_t len; list != NULL; list = list[len] == ',' ? list + len + 1 : NULL) {
        len = strcspn(list, ",");
        if (len > 0 && strncmp(list, key, len) == 0 && (key[len] == '\0' || key[len] == '.'))
            return true;
    }
    return false;
}

/* What follows from another key where nobody sets it. */
static const struct {
    const char *key, *from;
} derived[] = {{"poll_jitter_ms", "link"}, {"source.rooms", "clients"}};

static bool is_varied(const char *list, const char *key)
{
    for (size_t i = 0; i < sizeof derived / sizeof *derived; i++)
        if (strcmp(derived[i].key, key) == 0 && is_listed(list, derived[i].from))
            return true;
    return is_listed(list, key);
}

int settings_check_vary(const char *vary, struct err_text *e)
{
    for (size_t len; vary != NULL; vary = vary[len] == ',' ? vary + len + 1 : NULL) {
        char key[SETTING_KEY_BYTES], text[SETTING_TEXT_BYTES];
        char near[SCENARIO_NAME_BYTES], hint[SPELLING_HINT_BYTES];

        len = strcspn(vary, ",");
        snprintf(key, sizeof key, "%.*s", (int)len, vary);
        if (!scenario_default(text, sizeof text, key))
            return err_set(e, PL_EINVAL,
                           "--vary: '%.60s' is not a scenario's key; %saccepted: keys such as "
                           "clients, server.test_delay_ms, rows.interval_ms (pushlab help "
                           "scenarios lists them)",
                           key, spelling_hint(hint, scenario_nearest_key(near, key)));
    }
    return PL_OK;
}

/* ---- comparing ---- */

/* Two scenarios, or two rows of them. */
struct pair {
    struct settings *found;
    const char *row, *vary;
};

/* A key that one of them does not name has its default. */
static void value_text(char out[SETTING_TEXT_BYTES], const cJSON *item, const char *key)
{
    char *printed;

    if (item == NULL && !scenario_default(out, SETTING_TEXT_BYTES, key))
        out[0] = '\0';
    if (item == NULL)
        return;
    if (cJSON_IsString(item)) {
        snprintf(out, SETTING_TEXT_BYTES, "%s", item->valuestring);
        return;
    }
    printed = cJSON_PrintUnformatted(item);
    snprintf(out, SETTING_TEXT_BYTES, "%s", printed != NULL ? printed : "?");
    cJSON_free(printed);
}

static void compare_values(const struct pair *p, const char *key, const cJSON *a, const cJSON *b)
{
    struct setting s = {.varied = is_varied(p->vary, key)};

    value_text(s.a, a, key);
    value_text(s.b, b, key);
    if (strcmp(s.a, s.b) == 0 || p->found->n == SETTINGS_MAX)
        return;
    snprintf(s.key, sizeof s.key, "%s", key);
    snprintf(s.row, sizeof s.row, "%s", p->row);
    p->found->list[p->found->n++] = s;
}

static void compare_objects(const struct pair *p, const char *section, const cJSON *a,
                            const cJSON *b);

/* One key of both; the item of one may be NULL. */
static void compare_key(const struct pair *p, const char *section, const cJSON *a, const cJSON *b)
{
    const char *name = a != NULL ? a->string : b->string;
    char key[SETTING_KEY_BYTES];

    snprintf(key, sizeof key, "%s%s%s", section, section[0] != '\0' ? "." : "",
             name != NULL ? name : "");
    if (name == NULL || makes_none(key) || strcmp(key, "rows") == 0)
        return;
    if (cJSON_IsObject(a) || cJSON_IsObject(b))
        compare_objects(p, key, a, b);
    else
        compare_values(p, key, a, b);
}

static void compare_objects(const struct pair *p, const char *section, const cJSON *a,
                            const cJSON *b)
{
    const cJSON *item;

    cJSON_ArrayForEach(item, a)
    {
        compare_key(p, section, item, cJSON_GetObjectItemCaseSensitive(b, item->string));
    }
    cJSON_ArrayForEach(item, b)
    {
        if (cJSON_GetObjectItemCaseSensitive(a, item->string) == NULL)
            compare_key(p, section, NULL, item);
    }
}

static const cJSON *row_settings(const cJSON *run, const char *id)
{
    const cJSON *row;

    cJSON_ArrayForEach(row, json_at(run, "scenario.rows"))
    {
        if (strcmp(json_text(row, "id"), id) == 0)
            return row;
    }
    return NULL;
}

static void compare_rows(struct pair p, const cJSON *a, const cJSON *b)
{
    const cJSON *row;

    cJSON_ArrayForEach(row, json_at(a, "rows"))
    {
        const cJSON *ra, *rb;

        p.row = json_text(row, "id");
        ra = row_settings(a, p.row);
        rb = row_settings(b, p.row);
        if (run_file_row(b, p.row) != NULL && ra != NULL && rb != NULL)
            compare_objects(&p, "rows", ra, rb);
    }
}

/* The file of a link may have changed under its name. */
static void compare_links(const struct pair *p, const cJSON *a, const cJSON *b)
{
    const cJSON *spec_a = json_at(a, "link_details.spec"),
                *spec_b = json_at(b, "link_details.spec");

    if (spec_a != NULL && spec_b != NULL && strcmp(json_text(a, "link"), json_text(b, "link")) == 0)
        compare_values(p, "link", spec_a, spec_b);
}

void settings_compare(struct settings *s, const cJSON *a, const cJSON *b, const char *vary)
{
    const struct pair p = {s, "", vary};

    s->n = 0;
    compare_objects(&p, "", json_at(a, "scenario"), json_at(b, "scenario"));
    compare_links(&p, a, b);
    compare_rows(p, a, b);
}

/* ---- telling ---- */

size_t settings_unmeant(const struct settings *s)
{
    size_t n = 0;

    for (size_t i = 0; i < s->n; i++)
        n += !s->list[i].varied;
    return n;
}

static bool was_named(const struct settings *s, size_t before, const char *key)
{
    for (size_t i = 0; i < before; i++)
        if (!s->list[i].varied && strcmp(s->list[i].key, key) == 0)
            return true;
    return false;
}

void settings_put_unmeant_keys(struct writer *w, const struct settings *s)
{
    const char *between = "";

    for (size_t i = 0; i < s->n; i++) {
        if (s->list[i].varied || was_named(s, i, s->list[i].key))
            continue;
        output_printf(w, OUTPUT_TERMINAL, "%s%s", between, s->list[i].key);
        between = ",";
    }
}

static void put_pair(struct writer *w, const char *a, const char *b)
{
    output_printf(w, OUTPUT_TERMINAL, " (A: %s, B: %s)", a[0] != '\0' ? a : "none",
                  b[0] != '\0' ? b : "none");
}

void settings_put(struct writer *w, const struct settings *s, bool varied)
{
    const char *between = "";

    for (size_t i = 0; i < s->n; i++) {
        const struct setting *one = &s->list[i];

        if (one->varied != varied)
            continue;
        output_printf(w, OUTPUT_TERMINAL, "%s%s%s%s", between, one->key,
                      one->row[0] != '\0' ? " of " : "", one->row);
        put_pair(w, one->a, one->b);
        between = ", ";
    }
}

void settings_put_machine(struct writer *w, const cJSON *a, const cJSON *b)
{
    const cJSON *ma = json_at(a, "environment"), *mb = json_at(b, "environment");
    const char *between = "";

    for (size_t i = 0; of_machine[i] != NULL; i++) {
        char ta[SETTING_TEXT_BYTES], tb[SETTING_TEXT_BYTES];
        const cJSON *ia = json_at(ma, of_machine[i]), *ib = json_at(mb, of_machine[i]);

        value_text(ta, ia, "");
        value_text(tb, ib, "");
        if (ia == NULL || ib == NULL || strcmp(ta, tb) == 0)
            continue;
        writer_printf(w, "%s%s", between, of_machine[i]);
        put_pair(w, ta, tb);
        between = ", ";
    }
}
