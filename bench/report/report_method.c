#include "bench/report/report_method.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "bench/base/json.h"

/* ---- notes and environment ---- */

static void add_notes(cJSON *list, const cJSON *notes, const char *of)
{
    const cJSON *note;

    cJSON_ArrayForEach(note, notes)
    {
        cJSON *o = cJSON_CreateObject();

        cJSON_AddItemToArray(list, o);
        cJSON_AddStringToObject(o, "of", of);
        cJSON_AddItemReferenceToObject(o, "note", (cJSON *)note);
    }
}

static const cJSON *find_all_notes(struct template *t)
{
    const cJSON *row;
    cJSON *list = cJSON_CreateArray();

    add_notes(list, template_find(t, "notes", NULL), "");
    cJSON_ArrayForEach(row, template_find(t, "rows", NULL))
    {
        add_notes(list, json_at(row, "notes"), json_text(row, "id"));
    }
    return template_own(t, list);
}

static void add_fact(cJSON *list, const cJSON *item)
{
    cJSON *fact = cJSON_CreateObject();
    char text[UNITS_TEXT_BYTES] = "not known", *name;

    cJSON_AddItemToArray(list, fact);
    cJSON_AddStringToObject(fact, "name", item->string);
    name = cJSON_GetStringValue(cJSON_GetObjectItem(fact, "name"));
    for (; name != NULL && *name != '\0'; name++)
        *name = *name == '_' ? ' ' : *name;
    if (cJSON_IsNumber(item) && strstr(item->string, "bytes") != NULL)
        snprintf(text, sizeof text, "%.3g GiB", item->valuedouble / (1024.0 * 1024 * 1024));
    else if (cJSON_IsNumber(item))
        units_format_count(text, item->valuedouble);
    cJSON_AddStringToObject(fact, "value", cJSON_IsString(item) ? item->valuestring : text);
}

static const cJSON *find_facts(struct template *t)
{
    cJSON *list = cJSON_CreateArray();
    const cJSON *item;

    cJSON_ArrayForEach(item, template_find(t, ".", NULL))
    {
        if (item->string != NULL && !cJSON_IsObject(item) && !cJSON_IsArray(item) &&
            !cJSON_IsNull(item))
            add_fact(list, item);
    }
    return template_own(t, list);
}

static const cJSON *find_environment_groups(struct template *t)
{
    cJSON *list = cJSON_CreateArray(), *group;
    const cJSON *item;

    cJSON_ArrayForEach(item, template_find(t, "environment", NULL))
    {
        if (!cJSON_IsObject(item) || item->child == NULL)
            continue;
        group = cJSON_CreateObject();
        cJSON_AddStringToObject(group, "heading",
                                strcmp(item->string, "tcp") == 0 ? "TCP settings" : item->string);
        cJSON_AddItemReferenceToObject(group, "group", (cJSON *)item);
        cJSON_AddItemToArray(list, group);
    }
    return template_own(t, list);
}

/* ---- again ---- */

static bool is_plain(const char *word)
{
    return word[0] != '\0' &&
           strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                        "@%+=:,./_-") == strlen(word);
}

static void put_quoted(struct writer *w, const char *word)
{
    if (is_plain(word)) {
        writer_puts(w, word);
        return;
    }
    writer_puts(w, "'");
    for (; *word != '\0'; word++)
        writer_add(w, *word == '\'' ? "'\\''" : word, *word == '\'' ? 4 : 1);
    writer_puts(w, "'");
}

static void write_command(struct writer *w, const cJSON *words, double seed)
{
    const cJSON *word;
    bool seeded = false;

    cJSON_ArrayForEach(word, words)
    {
        if (!cJSON_IsString(word))
            continue;
        if (word != words->child)
            writer_puts(w, " ");
        put_quoted(w, word->valuestring);
        seeded |= strncmp(word->valuestring, "--seed", 6) == 0;
    }
    if (cJSON_GetArraySize(words) == 0)
        writer_puts(w, "pushlab run scenario.json");
    if (!seeded && isfinite(seed))
        writer_printf(w, " --seed %.0f", seed);
}

/* In a block of code, where Markdown escapes nothing. */
static double put_command(struct template *t)
{
    const cJSON *run;
    struct buf text = {0};
    struct writer w = {.out = &text};

    template_find(t, "rows", &run);
    write_command(&w, json_at(run, "environment.command_line"), json_number(run, "seed"));
    output_text(&t->w, t->output == OUTPUT_HTML ? OUTPUT_HTML : OUTPUT_TERMINAL, writer_text(&w));
    t->w.rc = w.rc < 0 ? w.rc : t->w.rc;
    buf_free(&text);
    return 1;
}

static double put_supplied(struct template *t)
{
    char *text = cJSON_Print(template_find(t, "scenario_file.supplied", NULL));

    template_text(t, text != NULL ? text : "");
    cJSON_free(text);
    return 1;
}

const struct template_word report_method_words[] = {
    {"all-notes", NULL, find_all_notes},
    {"facts", NULL, find_facts},
    {"environment-groups", NULL, find_environment_groups},
    {"command", put_command, NULL},
    {"supplied", put_supplied, NULL},
    {NULL, NULL, NULL},
};
