#include "bench/overrides.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

/* The next "KEY=VALUE" of a list; commas in a value are its own unless a key follows. NULL at the
 * end, else where the rest begins. */
static const char *next_setting(const char *list, char key[80], char value[SCENARIO_LIST_BYTES])
{
    size_t key_len = strcspn(list, "="), len;
    const char *text = list + key_len + (list[key_len] == '='), *end = text;

    do {
        end += *end == ',';
        end += strcspn(end, ",");
    } while (*end == ',' && strcspn(end + 1, "=") >= strcspn(end + 1, ","));
    len = (size_t)(end - text);
    snprintf(key, 80, "%.*s", (int)key_len, list);
    snprintf(value, SCENARIO_LIST_BYTES, "%.*s", (int)len, text);
    return *end == ',' ? end + 1 : NULL;
}

static int apply_settings(struct scenario *s, const char *list, struct err_text *e)
{
    char key[80], value[SCENARIO_LIST_BYTES], option[100];
    int rc = PL_OK;

    while (rc == PL_OK && list != NULL) {
        list = next_setting(list, key, value);
        snprintf(option, sizeof option, "--set %s", key);
        rc = scenario_override(s, key, option, value, e);
    }
    return rc;
}

static int apply_overrides(struct scenario *s, const struct overrides *o, struct err_text *e)
{
    const struct {
        const char *key, *option, *text;
    } overrides[] = {
        {"duration_s", "--duration", o->duration},
        {"warmup_s", "--warmup", o->warmup},
        {"clients", "--clients", o->clients},
        {"repeat", "--repeat", o->repeat},
        {"order", "--order", o->order},
        {"seed", "--seed", o->seed},
        {"link", "--link", o->link},
        {"ip", "--ip", o->ip},
    };

    int rc = apply_settings(s, o->set, e);

    for (size_t i = 0; rc == PL_OK && i < sizeof overrides / sizeof *overrides; i++)
        if (overrides[i].text != NULL)
            rc = scenario_override(s, overrides[i].key, overrides[i].option, overrides[i].text, e);
    rc = rc < 0 ? rc : scenario_check(s, e);
    if (rc < 0)
        return rc;
    return o->rows != NULL ? scenario_keep_rows(s, o->rows, e) : PL_OK;
}

int overrides_load(struct scenario *s, const struct overrides *o, const char *word,
                   struct err_text *e)
{
    char path[PATH_MAX];
    int rc;

    scenario_find(path, sizeof path, word);
    rc = scenario_load(s, path, e);
    if (rc < 0)
        return rc;
    rc = apply_overrides(s, o, e);
    if (rc < 0)
        scenario_free(s);
    return rc;
}
