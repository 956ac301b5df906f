#include "lib/opt/opt.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/base/clock.h"
#include "lib/base/duration.h"
#include "lib/base/spelling.h"

enum {
    OPT_QUOTE_MAX_BYTES = 60, /* of the user's word, so that what is accepted still fits */
};

/* A bound as people type it: 1000000, not 1e+06; 0.1, not 0.10000000000000001. */
static const char *bound_text(char out[32], double value)
{
    snprintf(out, 32, fabs(value) < 1e15 && value == floor(value) ? "%.0f" : "%.15g", value);
    return out;
}

static bool is_bounded(const struct opt *o)
{
    return o->min != 0 || o->max != 0;
}

static bool is_outside(const struct opt *o, double value)
{
    return is_bounded(o) && (value < o->min || value > o->max);
}

/* "; accepted: 0 to 1000000 ms", or "" when any number is. */
static const char *accepted_text(char out[128], const struct opt *o, const char *unit)
{
    char low[32], high[32];

    out[0] = '\0';
    if (!is_bounded(o) && *unit != '\0')
        snprintf(out, 128, "; accepted: a number of%s", unit);
    if (is_bounded(o))
        snprintf(out, 128, "; accepted: %s to %s%s", bound_text(low, o->min),
                 bound_text(high, o->max), unit);
    return out;
}

/* "--rate: 'fast' is not a number; accepted: 0 to 1000000" */
static int refuse(const struct opt *o, const char *text, const char *what, const char *unit,
                  struct err_text *e)
{
    char accepted[128];

    return err_set(e, PL_EINVAL, "--%s: '%.*s' is %s%s", o->name, OPT_QUOTE_MAX_BYTES, text, what,
                   accepted_text(accepted, o, unit));
}

static int set_int(const struct opt *o, int64_t *field, const char *text, struct err_text *e)
{
    char *end;
    long long value;

    if (!isdigit((unsigned char)text[*text == '-']))
        return refuse(o, text, "not a whole number", "", e);
    errno = 0;
    value = strtoll(text, &end, 10);
    if (*end != '\0')
        return refuse(o, text, "not a whole number", "", e);
    if (errno == ERANGE || is_outside(o, (double)value))
        return refuse(o, text, "out of range", "", e);
    *field = value;
    return PL_OK;
}

static int set_real(const struct opt *o, double *field, const char *text, struct err_text *e)
{
    double value;
    const char *rest = duration_take_number(&value, text);

    if (rest == NULL || *rest != '\0')
        return refuse(o, text, "not a number", "", e);
    if (is_outside(o, value))
        return refuse(o, text, "out of range", "", e);
    *field = value;
    return PL_OK;
}

static int set_time(const struct opt *o, int64_t *field, const char *text, struct err_text *e)
{
    int64_t plain_ns = o->kind == OPT_MS ? NS_PER_MS : NS_PER_S;
    const char *unit = o->kind == OPT_MS ? " ms, or with a unit: 250ms, 2s, 1m"
                                         : " s, or with a unit: 500ms, 10s, 2m";
    double ns;

    if (!duration_read(&ns, text, (double)plain_ns))
        return refuse(o, text, "not a time", unit, e);
    if (is_outside(o, ns / (double)plain_ns) || fabs(ns) >= 0x1p63)
        return refuse(o, text, "out of range", unit, e);
    *field = llround(ns);
    return PL_OK;
}

static int set_choice(const struct opt *o, int *field, const char *text, struct err_text *e)
{
    char list[200] = "", hint[SPELLING_HINT_BYTES];
    size_t n = 0;

    for (int i = 0; o->choices[i] != NULL; i++) {
        if (strcmp(o->choices[i], text) == 0) {
            *field = i;
            return PL_OK;
        }
        if (n < sizeof list)
            n += (size_t)snprintf(list + n, sizeof list - n, "%s%s", i > 0 ? ", " : "",
                                  o->choices[i]);
    }
    return err_set(e, PL_EINVAL, "--%s: '%.*s' is not valid; %saccepted: %s", o->name,
                   OPT_QUOTE_MAX_BYTES, text,
                   spelling_hint(hint, spelling_nearest(text, o->choices)), list);
}

static int add_text(const struct opt *o, struct opt_list *field, const char *text,
                    struct err_text *e)
{
    if (field->n == OPT_LIST_MAX)
        return err_set(e, PL_EINVAL, "--%s: given more than %d times", o->name, OPT_LIST_MAX);
    field->text[field->n++] = text;
    return PL_OK;
}

/* text is a flag's only if it was given at all. */
static int set(const struct opt *o, void *config, const char *text, struct err_text *e)
{
    void *field = (char *)config + o->offset;

    switch (o->kind) {
    case OPT_FLAG:
        *(bool *)field = true;
        return PL_OK;
    case OPT_INT:
        return set_int(o, field, text, e);
    case OPT_REAL:
        return set_real(o, field, text, e);
    case OPT_MS:
    case OPT_SECONDS:
        return set_time(o, field, text, e);
    case OPT_TEXT:
        *(const char **)field = text;
        return PL_OK;
    case OPT_LIST:
        return add_text(o, field, text, e);
    case OPT_CHOICE:
        return set_choice(o, field, text, e);
    case OPT_HEADING:
        break;
    }
    return err_set(e, PL_EINVAL, "%s: not an option", o->name);
}

static const struct opt *opt_find(const struct opt *opts, const char *name, size_t name_len)
{
    for (const struct opt *o = opts; o->name != NULL; o++) {
        if (o->kind != OPT_HEADING && strlen(o->name) == name_len &&
            memcmp(o->name, name, name_len) == 0)
            return o;
    }
    return NULL;
}

static size_t min_of(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* The name of the option most like name, or NULL when none is like it. */
static const char *opt_nearest(const struct opt *opts, const char *name)
{
    struct spelling_guess g;

    spelling_guess_begin(&g, name, strcspn(name, "="));
    for (const struct opt *o = opts; o->name != NULL; o++)
        if (o->kind != OPT_HEADING)
            spelling_guess_try(&g, o->name);
    return g.nearest;
}

static int refuse_unknown(const struct opt_program *p, const char *word, struct err_text *e)
{
    const char *name = word + strspn(word, "-");
    size_t word_len = min_of(strcspn(word, "="), OPT_QUOTE_MAX_BYTES);
    const char *near = opt_nearest(p->opts, name);

    if (near == NULL)
        return err_set(e, PL_EINVAL, "%.*s: no such option (--help lists them)", (int)word_len,
                       word);
    return err_set(e, PL_EINVAL, "%.*s: no such option; did you mean --%s? (--help lists them)",
                   (int)word_len, word, near);
}

/* argv[*i] is an option's word, e.g. "--rate"; *i moves past its value. */
static int parse_option(const struct opt_program *p, void *config, int argc, char **argv, int *i,
                        struct err_text *e)
{
    const char *word = argv[*i];
    size_t name_len = strcspn(word, "=") - 2;
    const char *value = word[2 + name_len] == '=' ? word + 2 + name_len + 1 : NULL;
    const struct opt *o = opt_find(p->opts, word + 2, name_len);

    if (o == NULL)
        return refuse_unknown(p, word, e);
    if (o->kind == OPT_FLAG) {
        if (value != NULL)
            return err_set(e, PL_EINVAL, "--%s: takes no value", o->name);
        return set(o, config, "", e);
    }
    if (value == NULL && *i + 1 < argc && strncmp(argv[*i + 1], "--", 2) != 0)
        value = argv[++*i];
    if (value == NULL)
        return err_set(e, PL_EINVAL, "--%s: a value is missing; accepted: --%s %s", o->name,
                       o->name, o->value_name != NULL ? o->value_name : "VALUE");
    return set(o, config, value, e);
}

static int set_defaults(const struct opt_program *p, void *config, struct err_text *e)
{
    for (const struct opt *o = p->opts; o->name != NULL; o++) {
        int err = o->default_text == NULL ? PL_OK : set(o, config, o->default_text, e);

        if (err < 0)
            return err;
    }
    return PL_OK;
}

/* Package builders set SOURCE_DATE_EPOCH, so that a build can be repeated to the byte. */
static time_t manual_date(void)
{
    const char *epoch = getenv("SOURCE_DATE_EPOCH");

    return epoch != NULL && isdigit((unsigned char)*epoch) ? (time_t)strtoll(epoch, NULL, 10)
                                                           : time(NULL);
}

bool opt_answer(const struct opt_program *p, const char *word)
{
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)
        opt_help(p, stdout);
    else if (strcmp(word, "--help=man") == 0)
        opt_man(p, manual_date(), stdout);
    else if (strcmp(word, "--help=table") == 0)
        opt_complete(p, stdout);
    else if (strcmp(word, "--version") == 0)
        opt_version(p, stdout);
    else
        return false;
    return true;
}

const struct opt_command *opt_command_find(const struct opt_command *commands, const char *name)
{
    for (const struct opt_command *c = commands; c != NULL && c->name != NULL; c++)
        if (strcmp(c->name, name) == 0)
            return c;
    return NULL;
}

static int take_operand(const struct opt_program *p, char **argv, int *nargs, char *word,
                        struct err_text *e)
{
    if (nargs == NULL)
        return err_set(e, PL_EINVAL, "'%.*s': %s takes options only (--help lists them)",
                       OPT_QUOTE_MAX_BYTES, word, p->name);
    argv[++*nargs] = word; /* never ahead of the word being read */
    return PL_OK;
}

int opt_parse(const struct opt_program *p, void *config, int argc, char **argv, int *nargs,
              struct err_text *e)
{
    bool options_ended = false;
    int err = set_defaults(p, config, e);

    if (nargs != NULL)
        *nargs = 0;
    for (int i = 1; err == PL_OK && i < argc; i++) {
        char *word = argv[i];

        if (options_ended || word[0] != '-' || word[1] == '\0') /* "-" is stdin's name */
            err = take_operand(p, argv, nargs, word, e);
        else if (opt_answer(p, word))
            return OPT_EXIT;
        else if (strcmp(word, "--") == 0)
            options_ended = true;
        else if (word[1] != '-')
            err = refuse_unknown(p, word, e);
        else
            err = parse_option(p, config, argc, argv, &i, e);
    }
    return err;
}
