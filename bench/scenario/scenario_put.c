/* Scenarios made from a scenario: one key written into its JSON, for sweeps. */
#include "bench/scenario/scenario.h"

#include <stdio.h>
#include <string.h>

#include "bench/base/json.h"
#include "bench/scenario/scenario_keys.h"

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

/* Parts of a link as keys: numbers with their units in their names, as all keys are. */
static const struct link_part {
    struct scenario_key key;
    const char *word, *unit; /* in the link's text: "rtt=50ms" */
} link_parts[] = {
    {{.name = "rtt_ms", .kind = KEY_REAL, .max = 60000}, "rtt", "ms"},
    {{.name = "jitter_ms", .kind = KEY_REAL, .max = 60000}, "jitter", "ms"},
    {{.name = "loss_percent", .kind = KEY_REAL, .max = 100}, "loss", "%"},
    {{.name = "burst_packets", .kind = KEY_REAL, .min = 1, .max = 1e6}, "burst", ""},
    {{.name = "rate_mbit", .kind = KEY_REAL, .min = 0.001, .max = 100000}, "rate", "mbit"},
    {{.name = "queue_ms", .kind = KEY_REAL, .max = 60000}, "queue", "ms"},
};

/* What is being written. */
struct put {
    cJSON *file;
    const struct scenario *s;
    const char *key, *option, *word;
    cJSON **value;
    struct err_text *e;
};

static int refuse(const struct put *p, const char *what, const char *accepted)
{
    struct scenario_place place = {.path = ""};

    snprintf(place.at, sizeof place.at, "%.90s", p->option);
    return scenario_refuse(&place, what, accepted, p->e);
}

static int refuse_key(const struct put *p)
{
    struct scenario_place place = {.path = ""};
    char what[120], near[SCENARIO_NAME_BYTES];

    snprintf(place.at, sizeof place.at, "%.90s", p->option);

    snprintf(what, sizeof what, "'%.60s' is not a number, choice or flag of a scenario", p->key);
    return scenario_refuse_near(&place, what, scenario_nearest_key(near, p->key),
                                "keys of pushlab help scenarios, such as clients, source.rate_hz, "
                                "rows.interval_ms; link, link.rtt_ms, link.jitter_ms, "
                                "link.loss_percent, link.burst_packets, link.rate_mbit, "
                                "link.queue_ms",
                                p->e);
}

static void set(cJSON *object, const char *name, cJSON *value)
{
    cJSON_DeleteItemFromObjectCaseSensitive(object, name);
    cJSON_AddItemToObject(object, name, value);
}

static int keep(const struct put *p, cJSON *value)
{
    if (p->value != NULL)
        *p->value = value;
    else
        cJSON_Delete(value);
    return PL_OK;
}

/* ---- the link ---- */

/* The link's text without its word of that name; "" for loopback, which has no words. */
static void without(char *out, size_t cap, const char *link, const char *name)
{
    size_t name_len = strlen(name), len = 0;

    out[0] = '\0';
    if (strcmp(link, "loopback") == 0)
        return;
    for (const char *from = link; from != NULL; from = strchr(from, ',')) {
        size_t n;

        from += *from == ',';
        n = strcspn(from, ",");
        if ((n > name_len && strncmp(from, name, name_len) == 0 && from[name_len] == '=') ||
            len + n + 1 >= cap)
            continue;
        len += (size_t)snprintf(out + len, cap - len, "%s%.*s", len > 0 ? "," : "", (int)n, from);
    }
}

static int put_link_part(const struct put *p, const struct link_part *part)
{
    const cJSON *given = cJSON_GetObjectItemCaseSensitive(p->file, "link");
    const char *link = cJSON_IsString(given) ? given->valuestring : p->s->links.text[0];
    char rest[SCENARIO_TEXT_BYTES], text[SCENARIO_TEXT_BYTES + 48];
    cJSON *value;

    if (p->s->links.n > 1)
        return refuse(p, "the scenario has a list of links", "a scenario with one");
    value = scenario_read_word(&part->key, p->option, p->word, p->e);
    if (value == NULL)
        return PL_EINVAL;
    without(rest, sizeof rest, link, part->word);
    snprintf(text, sizeof text, "%s%s%s=%.10g%s", rest, rest[0] != '\0' ? "," : "", part->word,
             value->valuedouble, part->unit);
    set(p->file, "link", cJSON_CreateString(text));
    return keep(p, value);
}

static const struct link_part *link_part_find(const char *key)
{
    for (size_t i = 0; strncmp(key, "link.", 5) == 0 && i < COUNT_OF(link_parts); i++)
        if (strcmp(link_parts[i].key.name, key + 5) == 0)
            return &link_parts[i];
    return NULL;
}

/* ---- rows ---- */

/* A row's connection is always set, but only polls have a choice. */
static bool row_has(const struct scenario_row *row, const struct scenario_key *k)
{
    if (strcmp(k->name, "connection") == 0)
        return transport_info_polls(&transport_infos[row->transport]);
    return strcmp(k->name, "heartbeat_ms") == 0 || scenario_key_in_effect(row, k);
}

static int put_rows(const struct put *p, const struct scenario_key *k)
{
    cJSON *rows = cJSON_GetObjectItemCaseSensitive(p->file, "rows");
    cJSON *value = scenario_read_word(k, p->option, p->word, p->e);
    int changed = 0;

    if (value == NULL)
        return PL_EINVAL;
    for (size_t i = 0; i < p->s->nrows; i++) {
        if (!row_has(&p->s->rows[i], k))
            continue;
        set(cJSON_GetArrayItem(rows, (int)i), k->name, cJSON_Duplicate(value, true));
        changed++;
    }
    if (changed > 0)
        return keep(p, value);
    cJSON_Delete(value);
    return refuse(p, "no row has this key", "keys of the scenario's rows");
}

/* ---- faults ---- */

/* Those of a list that have the key. Returns how many. */
static int put_list(cJSON *list, const struct scenario_faults *f, const struct scenario_key *k,
                    const cJSON *value)
{
    int changed = 0;

    for (size_t i = 0; i < f->n; i++) {
        if (!scenario_key_in_effect(&f->list[i], k))
            continue;
        set(cJSON_GetArrayItem(list, (int)i), k->name, cJSON_Duplicate(value, true));
        changed++;
    }
    return changed;
}

/* The scenario's, and those of rows. */
static int put_faults(const struct put *p, const struct scenario_key *k)
{
    cJSON *value = scenario_read_word(k, p->option, p->word, p->e);
    const cJSON *rows = json_at(p->file, "rows");
    int changed = 0;

    if (value == NULL)
        return PL_EINVAL;
    changed +=
        put_list(cJSON_GetObjectItemCaseSensitive(p->file, "faults"), &p->s->faults, k, value);
    for (size_t i = 0; i < p->s->nrows; i++)
        changed +=
            put_list(cJSON_GetObjectItemCaseSensitive(cJSON_GetArrayItem(rows, (int)i), "faults"),
                     &p->s->rows[i].faults, k, value);
    if (changed > 0)
        return keep(p, value);
    cJSON_Delete(value);
    return refuse(p, "no fault has this key", "keys of the scenario's faults");
}

/* ---- the rest ---- */

static bool is_value(const struct scenario_key *k)
{
    return k != NULL && (k->kind == KEY_INT || k->kind == KEY_REAL || k->kind == KEY_FLAG ||
                         k->kind == KEY_CHOICE || k->kind == KEY_LINKS);
}

/* object is the one that has the key. */
static int put_value(const struct put *p, cJSON *object, const struct scenario_key *k)
{
    cJSON *value = scenario_read_word(k, p->option, p->word, p->e);

    if (value == NULL)
        return PL_EINVAL;
    set(object, k->name, cJSON_Duplicate(value, true));
    return keep(p, value);
}

static int put_in_section(const struct put *p, const struct scenario_key *section, const char *name)
{
    const struct scenario_key *k = scenario_key_find(section->inner, name);
    cJSON *object = cJSON_GetObjectItemCaseSensitive(p->file, section->name);
    bool rows = section->kind == KEY_ROWS;

    if (!is_value(k) || (rows && (strcmp(name, "transport") == 0 || strcmp(name, "expect") == 0)))
        return refuse_key(p);
    if (rows)
        return put_rows(p, k);
    if (section->kind == KEY_FAULTS)
        return put_faults(p, k);
    if (object == NULL)
        object = cJSON_AddObjectToObject(p->file, section->name);
    return put_value(p, object, k);
}

int scenario_put(cJSON *file, const struct scenario *s, const char *key, const char *option,
                 const char *word, cJSON **value, struct err_text *e)
{
    const struct put p = {file, s, key, option, word, value, e};
    const struct link_part *part = link_part_find(key);
    size_t len = strcspn(key, ".");
    char section[SCENARIO_NAME_BYTES];
    const struct scenario_key *k;

    snprintf(section, sizeof section, "%.*s", (int)len, key);
    k = scenario_key_find(scenario_keys, section);
    if (part != NULL)
        return put_link_part(&p, part);
    if (k != NULL && k->inner != NULL && key[len] == '.')
        return put_in_section(&p, k, key + len + 1);
    return is_value(k) && key[len] == '\0' ? put_value(&p, file, k) : refuse_key(&p);
}

cJSON *scenario_file(const struct scenario *s)
{
    cJSON *file = cJSON_Duplicate(s->supplied, true);
    const cJSON *rows = json_at(file, "rows");

    set(file, "name", cJSON_CreateString(s->name));
    for (size_t i = 0; i < s->nrows; i++)
        set(cJSON_GetArrayItem(rows, (int)i), "id", cJSON_CreateString(s->rows[i].id));
    return file;
}
