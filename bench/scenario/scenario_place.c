/* Looking things up in the table of keys, and saying where a file is wrong. */
#include "bench/scenario/scenario_keys.h"

#include "bench/scenario/scenario.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/name.h"

bool scenario_key_applies(const struct scenario *s, const struct scenario_key *k)
{
    return k->when_choices == 0 ||
           (k->when_choices >> *(const int *)((const char *)s + k->when) & 1) != 0;
}

const struct scenario_key *scenario_key_find(const struct scenario_key *keys, const char *name)
{
    for (; keys->name != NULL; keys++)
        if (strcmp(keys->name, name) == 0)
            return keys;
    return NULL;
}

bool scenario_is_name(const char *text)
{
    if (!isalnum((unsigned char)text[0]))
        return false;
    return text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                             "@._+-")] == '\0';
}

void scenario_list_keys(char *out, size_t cap, const struct scenario_key *keys)
{
    size_t len = 0;

    out[0] = '\0';
    for (; keys->name != NULL && len < cap; keys++)
        len += (size_t)snprintf(out + len, cap - len, "%s%s", len > 0 ? ", " : "", keys->name);
}

void scenario_list_choices(char *out, size_t cap, const char *const *choices)
{
    size_t len = 0;

    out[0] = '\0';
    for (; *choices != NULL && len < cap; choices++)
        len += (size_t)snprintf(out + len, cap - len, "%s%s", len > 0 ? ", " : "", *choices);
}

void scenario_describe_accepted(char *out, size_t cap, const struct scenario_key *k)
{
    switch (k->kind) {
    case KEY_INT:
    case KEY_REAL:
        snprintf(out, cap, "%.16g to %.16g", k->min, k->max);
        return;
    case KEY_FLAG:
        snprintf(out, cap, "true, false");
        return;
    case KEY_CHOICE:
        scenario_list_choices(out, cap, k->choices);
        return;
    case KEY_TEXT:
        snprintf(out, cap, "one line of 1 to %.0f bytes", k->max);
        return;
    case KEY_NAME:
        snprintf(out, cap, "1 to %.0f letters, digits and @ . _ + -, a letter or digit first",
                 k->max);
        return;
    case KEY_LINKS:
        snprintf(out, cap,
                 "loopback, a profile (pushlab-link list), values such as "
                 "rtt=50ms,loss=1%%, or a list of 1 to %d of these",
                 SCENARIO_MAX_LINKS);
        return;
    case KEY_CHANNELS:
        snprintf(out, cap, "names of %s with commas between them, or a list of them; %s",
                 NAME_ACCEPTED, "{room} may be part of one");
        return;
    case KEY_OBJECT:
        scenario_list_keys(out, cap, k->inner);
        return;
    case KEY_ROWS:
        snprintf(out, cap, "a list of %.0f to %.0f objects", k->min, k->max);
        return;
    }
}

struct scenario_place scenario_place_below(const struct scenario_place *p, const char *name)
{
    struct scenario_place below = {.path = p->path};

    snprintf(below.at, sizeof below.at, "%.60s%s%.30s", p->at, p->at[0] != '\0' ? "." : "", name);
    return below;
}

int scenario_refuse(const struct scenario_place *p, const char *what, const char *accepted,
                    struct err_text *e)
{
    size_t len = strlen(p->path);
    const char *tail = len > 90 ? p->path + len - 90 : p->path; /* leave room for the rest */

    return err_set(e, PL_EINVAL, "%s%s%s%s%s%s; accepted: %s", tail == p->path ? "" : "...", tail,
                   len > 0 ? ": " : "", p->at, p->at[0] != '\0' ? ": " : "", what, accepted);
}
