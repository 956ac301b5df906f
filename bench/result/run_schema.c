#include "bench/result/run_schema.h"

#include <stdio.h>
#include <string.h>

#include "bench/base/json.h"
#include "bench/base/units.h"
#include "bench/result/metric.h"
#include "bench/result/result.h"
#include "bench/scenario/scenario.h"
#include "lib/proto/transport_info.h"

/* ---- the table of what is no metric ---- */

#define ANY            "true"
#define TEXT           "{\"type\":\"string\"}"
#define TIME           "{\"type\":\"string\",\"format\":\"date-time\"}"
#define TIME_OR_NULL   "{\"type\":[\"string\",\"null\"],\"format\":\"date-time\"}"
#define FLAG           "{\"type\":\"boolean\"}"
#define TEXTS          "{\"type\":\"array\",\"items\":{\"type\":\"string\"}}"
#define OBJECT         "{\"type\":\"object\"}"
#define OBJECTS        "{\"type\":\"array\",\"items\":{\"type\":\"object\"}}"
#define OBJECT_OR_NULL "{\"type\":[\"object\",\"null\"]}"
#define WHOLE          "{\"type\":\"integer\",\"minimum\":0}"
#define WHOLE_OR_NULL  "{\"type\":[\"integer\",\"null\"],\"minimum\":0}"
#define FROM_1         "{\"type\":\"integer\",\"minimum\":1}"
#define SCENARIO       "{\"$ref\":\"#/$defs/scenario\"}"
#define ROWS           "{\"type\":\"array\",\"items\":{\"$ref\":\"#/$defs/row\"}}"
#define INTERVALS                                                                                  \
    "{\"type\":\"object\",\"additionalProperties\":{\"type\":\"object\",\"properties\":{"          \
    "\"low\":{\"type\":\"number\"},\"high\":{\"type\":\"number\"}},"                               \
    "\"required\":[\"low\",\"high\"]}}"

struct member {
    const char *path, *schema;
    bool required; /* of top level: every run has it */
};

static const struct member run_members[] = {
    {"pushlab", TEXT, true},
    {"started", TIME, true},
    {"finished", TIME_OR_NULL, true},
    {"complete", FLAG, true},
    {"interrupted", FLAG, true},
    {"scenario", SCENARIO, true},
    {"scenario_file", OBJECT, false},
    {"scenario_file.path", TEXT, false},
    {"scenario_file.supplied", SCENARIO, false},
    {"link", TEXT, true},
    {"link_details", OBJECT_OR_NULL, false},
    {"seed", WHOLE, true},
    {"environment", OBJECT, true},
    {"environment.git", TEXT, false},
    {"environment.command_line", TEXTS, false},
    {"order", OBJECT, false},
    {"order.seed", WHOLE, false},
    {"rows_planned", TEXTS, true},
    {"rows", ROWS, true},
    {"repeats", ROWS, false},
    {"problems", TEXTS, true},
    {"notes", TEXTS, true},
    {NULL, NULL, false},
};

static const struct member row_members[] = {
    {"id", TEXT, true},
    {"seed", WHOLE_OR_NULL, false},
    {"position", FROM_1, false},
    {"repeat", FROM_1, false},
    {"repeats", FROM_1, false},
    {"repeats_left_out", TEXTS, false},
    {"ci95", INTERVALS, false},
    {"problems", TEXTS, true},
    {"notes", TEXTS, true},
    {"findings", TEXTS, false},
    {"disturbed", TEXTS, false},
    {"faults", OBJECTS, false},
    {"phases", OBJECT_OR_NULL, false},
    {"predicted", OBJECT_OR_NULL, false},
    {"raw", OBJECT_OR_NULL, false},
    {"wire", OBJECT_OR_NULL, false},
    {"machine", OBJECT_OR_NULL, false},
    {"commands", OBJECT_OR_NULL, false},
    {NULL, NULL, false},
};

/* ---- members of members ---- */

/* The schema of an object's member, made an empty one where there is none. */
static cJSON *member_of(cJSON *object, const char *name)
{
    cJSON *properties = cJSON_GetObjectItemCaseSensitive(object, "properties"), *member;

    if (properties == NULL)
        properties = cJSON_AddObjectToObject(object, "properties");
    member = cJSON_GetObjectItemCaseSensitive(properties, name);
    return member != NULL ? member : cJSON_AddObjectToObject(properties, name);
}

/* Put the schema of what is at such a path below an object's; it is taken over. */
static void put(cJSON *object, const char *path, cJSON *schema)
{
    char name[64];

    for (const char *dot; (dot = strchr(path, '.')) != NULL; path = dot + 1) {
        snprintf(name, sizeof name, "%.*s", (int)(dot - path), path);
        object = member_of(object, name);
        if (cJSON_GetObjectItemCaseSensitive(object, "type") == NULL)
            cJSON_AddItemToObject(object, "type", cJSON_Parse("[\"object\",\"null\"]"));
    }
    member_of(object, path);
    cJSON_ReplaceItemInObjectCaseSensitive(cJSON_GetObjectItemCaseSensitive(object, "properties"),
                                           path, schema);
}

static cJSON *object_of(const struct member *members)
{
    cJSON *o = json_object("type:s", "object"), *required = cJSON_AddArrayToObject(o, "required");

    for (const struct member *m = members; m->path != NULL; m++) {
        put(o, m->path, cJSON_Parse(m->schema));
        if (m->required)
            json_append_text(required, m->path);
    }
    return o;
}

/* ---- rows ---- */

static cJSON *words_schema(const char *const *words)
{
    cJSON *o = cJSON_CreateObject(), *choices = cJSON_AddArrayToObject(o, "enum");

    for (; *words != NULL; words++)
        json_append_text(choices, *words);
    return o;
}

/* A text or a list where a metric has no format. Nothing is known where there is null. */
static cJSON *metric_schema(const struct metric *m)
{
    bool share = strcmp(m->unit, "share") == 0;
    bool count = m->format == units_format_count && m->merge == METRIC_SUM;
    cJSON *o = cJSON_CreateObject();
    char about[200];

    snprintf(about, sizeof about, "%s%s%s; docs/metrics.md#%s", m->name,
             m->unit[0] != '\0' ? ", " : "", m->unit, m->anchor);
    cJSON_AddStringToObject(o, "description", about);
    if (m->format == NULL)
        return o;
    cJSON_AddItemToObject(o, "type",
                          cJSON_Parse(count ? "[\"integer\",\"null\"]" : "[\"number\",\"null\"]"));
    if (share || count)
        cJSON_AddNumberToObject(o, "minimum", 0);
    if (share)
        cJSON_AddNumberToObject(o, "maximum", 1);
    return o;
}

static cJSON *row_schema(void)
{
    cJSON *o = object_of(row_members);

    put(o, "transport", words_schema(transport_names));
    put(o, "connection", words_schema(connection_modes));
    put(o, "poll", words_schema(poll_modes));
    for (const struct metric *m = metrics; m->path != NULL; m++)
        if (m->derive == NULL) /* others are not in run.json */
            put(o, m->path, metric_schema(m));
    return o;
}

cJSON *run_schema(void)
{
    cJSON *o = cJSON_CreateObject(), *defs = cJSON_CreateObject(), *run = object_of(run_members),
          *part;
    cJSON *scenario = scenario_schema();

    cJSON_AddStringToObject(o, "$schema", JSON_SCHEMA_2020_12);
    cJSON_AddStringToObject(o, "title", "run.json of pushlab");
    while ((part = run->child) != NULL)
        cJSON_AddItemToObject(o, part->string, cJSON_DetachItemViaPointer(run, part));
    cJSON_Delete(run);
    put(o, "schema", json_object("const:d", RESULT_SCHEMA));
    cJSON_DeleteItemFromObjectCaseSensitive(scenario, "$schema");
    cJSON_AddItemToObject(defs, "scenario", scenario);
    cJSON_AddItemToObject(defs, "row", row_schema());
    cJSON_AddItemToObject(o, "$defs", defs);
    return o;
}
