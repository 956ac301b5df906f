#include "bench/report/report_words.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/json.h"

/* ---- notes and environment ---- */

static void add_notes(cJSON *list, const cJSON *notes, const char *of)
{
    const cJSON *note;

    cJSON_ArrayForEach(note, notes)
    {
        cJSON_AddItemToArray(list, json_object("of:s note:r", of, note));
    }
}

static cJSON *fact_of(const cJSON *item)
{
    cJSON *fact;
    char text[UNITS_TEXT_BYTES] = "not known", *name = strdup(item->string);

    for (char *c = name; c != NULL && *c != '\0'; c++)
        *c = *c == '_' ? ' ' : *c;
    if (cJSON_IsNumber(item) && strstr(item->string, "bytes") != NULL)
        snprintf(text, sizeof text, "%.3g GiB", item->valuedouble / (1024.0 * 1024 * 1024));
    else if (cJSON_IsNumber(item))
        units_format_count(text, item->valuedouble);
    fact = json_object("name:s value:s", name != NULL ? name : "",
                       cJSON_IsString(item) ? item->valuestring : text);
    free(name);
    return fact;
}

static const cJSON *find_facts(struct template_fill *t)
{
    cJSON *list = cJSON_CreateArray();
    const cJSON *item;

    cJSON_ArrayForEach(item, template_find(t, ".", NULL))
    {
        if (item->string != NULL && !cJSON_IsObject(item) && !cJSON_IsArray(item) &&
            !cJSON_IsNull(item))
            cJSON_AddItemToArray(list, fact_of(item));
    }
    return template_own(t, list);
}

void report_method_add(cJSON *page, const cJSON *run)
{
    cJSON *notes = cJSON_AddArrayToObject(page, "all_notes");
    cJSON *groups = cJSON_AddArrayToObject(page, "environment_groups");
    const cJSON *row, *item;

    add_notes(notes, json_at(run, "notes"), "");
    cJSON_ArrayForEach(row, json_at(run, "rows"))
    {
        add_notes(notes, json_at(row, "notes"), json_text(row, "id"));
    }
    cJSON_ArrayForEach(item, json_at(run, "environment"))
    {
        if (cJSON_IsObject(item) && item->child != NULL)
            cJSON_AddItemToArray(
                groups,
                json_object("heading:s group:r",
                            strcmp(item->string, "tcp") == 0 ? "TCP settings" : item->string,
                            item));
    }
}

/* ---- again ---- */

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
        writer_shell_word(w, word->valuestring);
        seeded |= strncmp(word->valuestring, "--seed", 6) == 0;
    }
    if (cJSON_GetArraySize(words) == 0)
        writer_puts(w, "pushlab run scenario.json");
    if (!seeded && isfinite(seed))
        writer_printf(w, " --seed %.0f", seed);
}

/* In a block of code, where Markdown escapes nothing. */
static double put_command(struct template_fill *t)
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

static double put_supplied(struct template_fill *t)
{
    char *text = cJSON_Print(template_find(t, "scenario_file.supplied", NULL));

    template_text(t, text != NULL ? text : "");
    cJSON_free(text);
    return 1;
}

const struct template_word report_method_words[] = {
    {"facts-here", NULL, find_facts},
    {"command", put_command, NULL},
    {"supplied", put_supplied, NULL},
    {NULL, NULL, NULL},
};
