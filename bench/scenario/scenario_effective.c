/* A scenario out of the table of keys: as it is in effect, for run.json, and the reference of all
 * keys, for `pushlab help scenarios`. */
#include "bench/scenario/scenario.h"

#include <string.h>

#include "bench/scenario/scenario_keys.h"

/* ---- in effect ---- */

static cJSON *effective_object(const void *base, const struct scenario *s,
                               const struct scenario_key *keys);

static cJSON *effective_rows(const struct scenario *s, const struct scenario_key *k)
{
    cJSON *rows = cJSON_CreateArray();

    for (size_t i = 0; i < s->nrows; i++)
        cJSON_AddItemToArray(rows, effective_object(&s->rows[i], s, k->inner));
    return rows;
}

static cJSON *effective_faults(const struct scenario_faults *f, const struct scenario *s,
                               const struct scenario_key *k)
{
    cJSON *faults = cJSON_CreateArray();

    for (size_t i = 0; i < f->n; i++)
        cJSON_AddItemToArray(faults, effective_object(&f->list[i], s, k->inner));
    return faults;
}

/* NULL when nothing in it is in effect. */
static cJSON *effective_section(const void *base, const struct scenario *s,
                                const struct scenario_key *keys)
{
    cJSON *object = effective_object(base, s, keys);

    if (object == NULL || object->child != NULL)
        return object;
    cJSON_Delete(object);
    return NULL;
}

/* The value that holds, or NULL where there is none. */
static cJSON *effective_value(const void *base, const struct scenario *s,
                              const struct scenario_key *k)
{
    const void *field = (const char *)base + k->offset;

    if (!scenario_key_in_effect(base, k))
        return NULL;
    switch (k->kind) {
    case KEY_INT:
        return cJSON_CreateNumber((double)*(const int64_t *)field);
    case KEY_REAL:
        return cJSON_CreateNumber(*(const double *)field);
    case KEY_FLAG:
        return cJSON_CreateBool(*(const bool *)field);
    case KEY_CHOICE:
        return cJSON_CreateString(k->choices[*(const int *)field]);
    case KEY_TEXT:
    case KEY_NAME:
    case KEY_CHANNELS:
        return cJSON_CreateString(field);
    case KEY_LINKS: /* of this run */
        return cJSON_CreateString(s->links.text[s->link]);
    case KEY_OBJECT:
        return effective_section(field, s, k->inner);
    case KEY_ROWS:
        return effective_rows(s, k);
    case KEY_FAULTS:
        return effective_faults(field, s, k);
    }
    return NULL;
}

static cJSON *effective_object(const void *base, const struct scenario *s,
                               const struct scenario_key *keys)
{
    cJSON *object = cJSON_CreateObject();

    for (const struct scenario_key *k = keys; k->name != NULL; k++) {
        cJSON *value = effective_value(base, s, k);

        if (value != NULL)
            cJSON_AddItemToObject(object, k->name, value);
    }
    return object;
}

cJSON *scenario_effective(const struct scenario *s)
{
    struct scenario whole = *s;

    whole.source.rooms = scenario_rooms(s);
    whole.poll_jitter_ms = scenario_poll_jitter_ms(s);
    return effective_object(&whole, &whole, scenario_keys);
}

/* ---- the reference ---- */

static void describe_default(char *out, size_t cap, const struct scenario_key *k)
{
    out[0] = '\0';
    if (k->fallback_text != NULL)
        snprintf(out, cap, "%s", k->fallback_text);
    else if (k->kind == KEY_CHOICE)
        snprintf(out, cap, "%s", k->choices[(int)k->fallback]);
    else if (k->kind == KEY_FLAG)
        snprintf(out, cap, "%s", k->fallback != 0 ? "true" : "false");
    else if (k->kind == KEY_REAL || k->kind == KEY_INT)
        snprintf(out, cap, "%.16g", k->fallback);
}

bool scenario_default(char *out, size_t cap, const char *key)
{
    const struct scenario_key *keys = scenario_keys, *k;
    char part[64];

    snprintf(out, cap, "%s", "");
    for (size_t len; keys != NULL; keys = k->inner, key += len + 1) {
        len = strcspn(key, ".");
        snprintf(part, sizeof part, "%.*s", (int)len, key);
        k = scenario_key_find(keys, part);
        if (k == NULL)
            return false;
        if (key[len] == '\0' && k->inner == NULL)
            describe_default(out, cap, k);
        if (key[len] == '\0')
            return true;
    }
    return false;
}

/* again: these keys were described before, with the defaults that they have there. */
static void print_section(FILE *out, const char *section, const struct scenario_key *keys,
                          bool again)
{
    for (const struct scenario_key *k = keys; k->name != NULL; k++) {
        char accepted[200], fallback[64] = "the scenario's", name[64];

        snprintf(name, sizeof name, "%s%s%s", section, section[0] != '\0' ? "." : "", k->name);
        if (k->inner != NULL) {
            fprintf(out, "\n%s: %s\n", name, k->help);
            if (k->kind == KEY_FAULTS && k->unset)
                continue; /* a list is replaced as a whole */
            if (k->kind != KEY_OBJECT)
                strcat(name, "[]");
            print_section(out, name, k->inner, k->unset);
            continue;
        }
        scenario_describe_accepted(accepted, sizeof accepted, k);
        if (!again)
            describe_default(fallback, sizeof fallback, k);
        fprintf(out, "  %-24s %s\n  %24s %s%s%s\n", name, again ? "as above" : k->help, "",
                accepted, fallback[0] != '\0' ? "; default: " : "", fallback);
    }
}

void scenario_print_keys(FILE *out)
{
    fputs("A scenario is a JSON object with these keys. Units are in the names; a time may also be "
          "a\n"
          "text with its own unit, such as \"500ms\" or \"2m\".\n\n",
          out);
    print_section(out, "", scenario_keys, false);
    fputs("\nfaults[].kind:\n", out);
    for (int i = 0; i < FAULT_KINDS; i++)
        fprintf(out, "  %-24s %s\n", fault_kinds[i].name, fault_kinds[i].help);
}
