/* `pushlab scenarios`: what there is to run, and how long it takes. */
#include "bench/commands.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/data_find.h"
#include "bench/base/json.h"
#include "lib/base/terminal.h"
#include "bench/base/units.h"
#include "bench/scenario/scenario.h"

#define OPT_CONFIG struct config
#include "lib/opt/opt_rows.h"

enum { TIME_WIDTH = 6 };

struct config {
    bool json;
};

static const struct opt opts[] = {
    FLAG("json", json, "as a JSON array"),
    {.name = NULL},
};

static const struct opt_program program = {
    .name = "pushlab scenarios",
    .usage = "[--json]",
    .about = "List the scenarios that come along with pushlab: the name that pushlab run, sweep, "
             "predict and advise take, about how long a run takes, and what it compares. pushlab "
             "help scenarios describes what can be written in a scenario's file.",
    .opts = opts,
};

/* On all its links. */
static double all_links_s(struct scenario *s)
{
    double all_s = 0;

    for (s->link = 0; s->link < s->links.n; s->link++)
        all_s += scenario_expected_s(s);
    s->link = 0;
    return all_s;
}

/* "25 s", "2 min": more digits would not be true. */
static void about(char out[UNITS_TEXT_BYTES], double s)
{
    if (s < 90)
        snprintf(out, UNITS_TEXT_BYTES, "%.0f s", 5 * ceil(s / 5));
    else
        snprintf(out, UNITS_TEXT_BYTES, "%.0f min", ceil(s / 60));
}

/* Words from column indent on, where the cursor stands. */
static void print_wrapped(FILE *out, const char *text, size_t indent)
{
    size_t at = indent, width = terminal_width(out);

    while (*(text += strspn(text, " ")) != '\0') {
        int len = (int)strcspn(text, " ");
        char word[SCENARIO_TEXT_BYTES];

        snprintf(word, sizeof word, "%.*s", len, text);
        if (at > indent && at + 1 + units_text_width(word) > width) {
            fprintf(out, "\n%*s", (int)indent, "");
            at = indent;
        }
        at += (size_t)fprintf(out, "%s", at > indent ? " " : "") + units_text_width(word);
        fputs(word, out);
        text += len;
    }
    fputc('\n', out);
}

static bool is_in_folder(const struct data_file *f)
{
    return strchr(f->name, '/') != NULL;
}

/* Of names in folders, and of the others: each group has columns of its own. */
static size_t name_width(const struct data_list *list, bool in_folder)
{
    size_t width = 0;

    for (size_t i = 0; i < list->n; i++)
        if (is_in_folder(&list->at[i]) == in_folder)
            width = fmax((double)width, (double)units_text_width(list->at[i].name));
    return width;
}

static void print_one(FILE *out, const struct data_file *f, size_t width, struct scenario *s)
{
    char time[UNITS_TEXT_BYTES];
    struct err_text e = {""};
    bool good = scenario_load(s, f->path, &e) == PL_OK;

    if (good)
        about(time, all_links_s(s));
    fprintf(out, "%-*s  %*s  ", (int)width, f->name, TIME_WIDTH, good ? time : "?");
    print_wrapped(out, good ? s->title : e.text, width + TIME_WIDTH + 4);
    if (good)
        scenario_free(s);
}

static void print_text(FILE *out, const struct data_list *list, struct scenario *s)
{
    for (size_t i = 0; i < list->n; i++) {
        bool in_folder = is_in_folder(&list->at[i]);

        if (i > 0 && in_folder != is_in_folder(&list->at[i - 1]))
            fputc('\n', out);
        print_one(out, &list->at[i], name_width(list, in_folder), s);
    }
}

static cJSON *list_json(const struct data_list *list, struct scenario *s)
{
    cJSON *array = cJSON_CreateArray();
    struct err_text e;

    for (size_t i = 0; i < list->n; i++) {
        if (scenario_load(s, list->at[i].path, &e) < 0)
            continue;
        cJSON_AddItemToArray(
            array, json_object("name:s title:s path:s rows:d repeat:d links:d seconds:n",
                               list->at[i].name, s->title, list->at[i].path, (int)s->nrows,
                               (int)s->repeat, (int)s->links.n, round(all_links_s(s))));
        scenario_free(s);
    }
    return array;
}

/* As text on out, or as JSON on stdout. */
static int list(FILE *out, bool json)
{
    struct scenario *s = calloc(1, sizeof *s);
    struct data_list files;
    cJSON *array;
    int rc = data_list_make(&files, DATA_SCENARIOS);

    if (s == NULL)
        rc = PL_ENOMEM;
    if (rc == PL_OK && json) {
        array = list_json(&files, s);
        rc = command_print_json(array);
        cJSON_Delete(array);
    } else if (rc == PL_OK) {
        print_text(out, &files, s);
    }
    data_list_free(&files);
    free(s);
    return rc;
}

int scenarios_print(FILE *out)
{
    return list(out, false);
}

int command_scenarios(int argc, char **argv)
{
    struct config c = {0};
    int code, rc;

    if (!command_parse(&program, &c, argc, argv, NULL, NULL, &code))
        return code;
    rc = list(stdout, c.json);
    return rc < 0 ? command_fail(PL_EXIT_FAILURE, pl_strerror(rc)) : PL_EXIT_OK;
}
