/* Any file is refused with a line, or its effective configuration is a scenario that means the
 * same and fits on the programs' command lines. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "bench/scenario/scenario.h"
#include "bench/scenario/scenario_args.h"
#include "bench/scenario/scenario_keys.h"

static void check_rows(const struct scenario *s)
{
    if (s->nrows < 1 || s->nrows > SCENARIO_MAX_ROWS || !scenario_is_name(s->name))
        abort();
    for (size_t i = 0; i < s->nrows; i++) {
        if (!scenario_is_name(s->rows[i].id)) /* it becomes a file's name */
            abort();
        for (size_t j = 0; j < i; j++)
            if (strcmp(s->rows[i].id, s->rows[j].id) == 0)
                abort();
    }
}

static void check_args(const struct scenario *s)
{
    struct scenario_args *a = calloc(2, sizeof *a);

    if (scenario_args_server(&a[0], s) < 0 || scenario_args_client(&a[1], s, &s->rows[0]) < 0)
        abort();
    free(a);
}

static void check_effective(const struct scenario *s)
{
    struct scenario *again = malloc(sizeof *again);
    cJSON *first = scenario_effective(s), *second;
    char *text = cJSON_PrintUnformatted(first);
    struct err_text e;

    if (scenario_parse(again, "/f.json", text, strlen(text), &e) < 0)
        abort();
    second = scenario_effective(again);
    if (!cJSON_Compare(first, second, true))
        abort();
    scenario_free(again);
    cJSON_free(text);
    cJSON_Delete(first);
    cJSON_Delete(second);
    free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct scenario *s = malloc(sizeof *s);
    char *text = malloc(len + 1);
    struct err_text e = {""};

    memcpy(text, data, len);
    text[len] = '\0';
    if (scenario_parse(s, "/f.json", text, len, &e) == 0) {
        check_rows(s);
        check_args(s);
        check_effective(s);
        scenario_free(s);
    } else if (e.text[0] == '\0' || strchr(e.text, '\n') != NULL) {
        abort();
    }
    free(text);
    free(s);
    return 0;
}
