/* The JSON Schema of scenario files, out of the table of keys. What depends on several keys at
 * once, such as interval_ms with a transport that does not poll, only the reader knows. */
#include "bench/scenario/scenario.h"

#include <stdio.h>
#include <string.h>

#include "bench/base/json.h"
#include "bench/link/link_spec.h"
#include "bench/scenario/scenario_keys.h"
#include "lib/base/duration.h"

static cJSON *object_schema(const struct scenario_key *keys, bool unset);

static cJSON *text_schema(double max, const char *pattern)
{
    cJSON *o = cJSON_CreateObject();

    cJSON_AddStringToObject(o, "type", "string");
    cJSON_AddNumberToObject(o, "minLength", 1);
    cJSON_AddNumberToObject(o, "maxLength", max);
    cJSON_AddStringToObject(o, "pattern", pattern);
    return o;
}

/* cJSON writes 15 digits, which are too few for 2^53 - 1. */
static void add_bound(cJSON *o, const char *name, double value)
{
    char text[32];

    snprintf(text, sizeof text, "%.16g", value);
    cJSON_AddRawToObject(o, name, text);
}

/* A time may be a text with its unit. */
static cJSON *number_schema(const struct scenario_key *k)
{
    cJSON *o = cJSON_CreateObject();

    if (scenario_key_is_time(k)) {
        cJSON *types = cJSON_AddArrayToObject(o, "type");

        json_append_text(types, k->kind == KEY_INT ? "integer" : "number");
        json_append_text(types, "string");
        cJSON_AddStringToObject(o, "pattern", DURATION_PATTERN);
    } else {
        cJSON_AddStringToObject(o, "type", k->kind == KEY_INT ? "integer" : "number");
    }
    add_bound(o, "minimum", k->min);
    add_bound(o, "maximum", k->max);
    return o;
}

static cJSON *choice_schema(const struct scenario_key *k)
{
    cJSON *o = cJSON_CreateObject(), *words = cJSON_AddArrayToObject(o, "enum");

    for (const char *const *word = k->choices; *word != NULL; word++)
        json_append_text(words, *word);
    return o;
}

static cJSON *array_schema(cJSON *item, double min, double max)
{
    cJSON *o = cJSON_CreateObject();

    cJSON_AddStringToObject(o, "type", "array");
    cJSON_AddNumberToObject(o, "minItems", min);
    cJSON_AddNumberToObject(o, "maxItems", max);
    cJSON_AddItemToObject(o, "items", item);
    return o;
}

/* One of them, or a list of up to most. */
static cJSON *list_schema(cJSON *item, double most)
{
    cJSON *o = cJSON_CreateObject(), *any = cJSON_AddArrayToObject(o, "anyOf");

    cJSON_AddItemToArray(any, item);
    cJSON_AddItemToArray(any, array_schema(cJSON_Duplicate(item, true), 1, most));
    return o;
}

/* "loopback", a profile, "rtt=50ms,up.loss=1%". */
static cJSON *link_schema(void)
{
    char words[200] = "", pattern[600];
    size_t len = 0;

    for (size_t i = 0; link_spec_word(i) != NULL && len < sizeof words; i++)
        len += (size_t)snprintf(words + len, sizeof words - len, "%s%s", i > 0 ? "|" : "",
                                link_spec_word(i));
    snprintf(pattern, sizeof pattern,
             "^([^=,]+|((up|down)\\.)?(%s)=[^,]+)(,((up|down)\\.)?(%s)=[^,]+)*$", words, words);
    return text_schema(SCENARIO_TEXT_BYTES - 1, pattern);
}

#define CHANNEL_PATTERN "([A-Za-z0-9_.:/-]|\\{room\\})+"

static cJSON *value_schema(const struct scenario_key *k)
{
    switch (k->kind) {
    case KEY_INT:
    case KEY_REAL:
        return number_schema(k);
    case KEY_FLAG:
        return json_object("type:s", "boolean");
    case KEY_CHOICE:
        return choice_schema(k);
    case KEY_TEXT:
        return text_schema(k->max, "^[^\\u0000-\\u001f\\u007f]*$");
    case KEY_NAME:
        return text_schema(k->max, "^[A-Za-z0-9][A-Za-z0-9@._+-]*$");
    case KEY_LINKS:
        return list_schema(link_schema(), SCENARIO_MAX_LINKS);
    case KEY_CHANNELS:
        return list_schema(text_schema(k->max, "^" CHANNEL_PATTERN "(," CHANNEL_PATTERN ")*$"),
                           k->max);
    case KEY_OBJECT:
        return object_schema(k->inner, k->unset);
    case KEY_ROWS:
    case KEY_FAULTS:
        return array_schema(object_schema(k->inner, k->kind == KEY_FAULTS), k->min, k->max);
    }
    return NULL;
}

static void add_default(cJSON *o, const struct scenario_key *k)
{
    bool is_text = k->kind == KEY_TEXT || k->kind == KEY_LINKS;

    if (is_text && k->fallback_text != NULL && k->fallback_text[0] != '\0')
        cJSON_AddStringToObject(o, "default", k->fallback_text);
    else if (k->fallback_text != NULL || k->fallback < 0)
        return;
    else if (k->kind == KEY_CHOICE)
        cJSON_AddStringToObject(o, "default", k->choices[(int)k->fallback]);
    else if (k->kind == KEY_FLAG)
        cJSON_AddBoolToObject(o, "default", k->fallback > 0);
    else if (k->kind == KEY_INT || k->kind == KEY_REAL)
        cJSON_AddNumberToObject(o, "default", k->fallback);
}

/* ---- keys that go only with some choices of another ---- */

static const struct scenario_key *key_at(const struct scenario_key *keys, size_t offset)
{
    while (keys->name != NULL && (keys->kind != KEY_CHOICE || keys->offset != offset))
        keys++;
    return keys;
}

/* {if: that key has another choice, then: this one must not be there}. */
static cJSON *condition(const struct scenario_key *k, const struct scenario_key *other, bool unset)
{
    cJSON *o = cJSON_CreateObject(), *when = cJSON_AddObjectToObject(o, "if"), *choice, *required;
    bool by_default = !unset && (k->when_choices >> (int)other->fallback & 1) == 0;

    choice = cJSON_AddObjectToObject(cJSON_AddObjectToObject(when, "properties"), other->name);
    choice = cJSON_AddArrayToObject(choice, "enum");
    for (int i = 0; other->choices[i] != NULL; i++)
        if ((k->when_choices >> i & 1) == 0)
            json_append_text(choice, other->choices[i]);
    if (!by_default) {
        required = cJSON_AddArrayToObject(when, "required");
        json_append_text(required, other->name);
    }
    cJSON_AddFalseToObject(
        cJSON_AddObjectToObject(cJSON_AddObjectToObject(o, "then"), "properties"), k->name);
    return o;
}

static void add_conditions(cJSON *o, const struct scenario_key *keys, bool unset)
{
    cJSON *all = cJSON_CreateArray();

    for (const struct scenario_key *k = keys; k->name != NULL; k++)
        if (k->when_choices != 0)
            cJSON_AddItemToArray(all, condition(k, key_at(keys, k->when), unset));
    if (cJSON_GetArraySize(all) > 0)
        cJSON_AddItemToObject(o, "allOf", all);
    else
        cJSON_Delete(all);
}

/* ---- objects ---- */

static bool is_required(const struct scenario_key *k)
{
    return k->fallback_text != NULL && strcmp(k->fallback_text, "required") == 0;
}

/* unset: what is absent has no default. Returns o. */
static cJSON *add_object(cJSON *o, const struct scenario_key *keys, bool unset)
{
    cJSON *properties = cJSON_AddObjectToObject(o, "properties");
    cJSON *required = cJSON_CreateArray();

    cJSON_AddStringToObject(o, "type", "object");

    for (const struct scenario_key *k = keys; k->name != NULL; k++) {
        cJSON *value = value_schema(k);

        cJSON_AddStringToObject(value, "description", k->help);
        if (!unset)
            add_default(value, k);
        cJSON_AddItemToObject(properties, k->name, value);
        if (is_required(k))
            json_append_text(required, k->name);
    }
    if (cJSON_GetArraySize(required) > 0)
        cJSON_AddItemToObject(o, "required", required);
    else
        cJSON_Delete(required);
    cJSON_AddFalseToObject(o, "additionalProperties");
    add_conditions(o, keys, unset);
    return o;
}

static cJSON *object_schema(const struct scenario_key *keys, bool unset)
{
    return add_object(cJSON_CreateObject(), keys, unset);
}

cJSON *scenario_schema(void)
{
    cJSON *o = cJSON_CreateObject();

    cJSON_AddStringToObject(o, "$schema", JSON_SCHEMA_2020_12);
    cJSON_AddStringToObject(o, "title", "A scenario of pushlab");
    add_object(o, scenario_keys, false);
    cJSON_AddItemToObject(
        cJSON_GetObjectItemCaseSensitive(o, "properties"), SCENARIO_SCHEMA_KEY,
        json_object("type:s description:s", "string", "for editors; pushlab ignores it"));
    return o;
}
