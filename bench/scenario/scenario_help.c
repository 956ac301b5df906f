/* The reference of all keys, made from the table that reads them. */
#include "bench/scenario/scenario_keys.h"

#include <string.h>

#include "bench/scenario/scenario.h"

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

static void print_section(FILE *out, const char *section, const struct scenario_key *keys)
{
    for (const struct scenario_key *k = keys; k->name != NULL; k++) {
        char accepted[200], fallback[64], name[64];

        snprintf(name, sizeof name, "%s%s%s", section, section[0] != '\0' ? "." : "", k->name);
        if (k->inner != NULL) {
            fprintf(out, "\n%s: %s\n", name, k->help);
            print_section(out, k->kind == KEY_ROWS ? "rows[]" : name, k->inner);
            continue;
        }
        scenario_describe_accepted(accepted, sizeof accepted, k);
        describe_default(fallback, sizeof fallback, k);
        fprintf(out, "  %-24s %s\n  %24s %s%s%s\n", name, k->help, "", accepted,
                fallback[0] != '\0' ? "; default: " : "", fallback);
    }
}

void scenario_print_keys(FILE *out)
{
    fputs("A scenario is a JSON object with these keys (units are in the names):\n\n", out);
    print_section(out, "", scenario_keys);
}
