#include "lib/opt/opt.h"

#include <ctype.h>
#include <string.h>

/* What the names of values promise; the first that is found in a value_name counts. */
static const struct {
    const char *in_name, *offers;
} promises[] = {
    {"SCENARIO|RUN", "scenario,run"},
    {"FILE.pcapng|RUN", "file,run"},
    {"SCENARIO", "scenario,file"},
    {"STUDY", "study,file"},
    {"FILE", "file"},
    {"DIR", "directory"},
    {"PATH", "file"},
    {"RUN", "run"},
    {"LINK", "link"},
    {"SPEC", "link"},
    {"CMD", "command"},
};

static const char *offers_of(const char *value_name)
{
    for (size_t i = 0; i < sizeof promises / sizeof *promises; i++)
        if (strstr(value_name, promises[i].in_name) != NULL)
            return promises[i].offers;
    return "value";
}

static void print_words(const char *const *words, FILE *out)
{
    for (size_t i = 0; words[i] != NULL; i++)
        fprintf(out, "%s%s", i == 0 ? "" : " ", words[i]);
}

/* "keep-alive|close" are words, "PATH|URL" is not. */
static bool is_words(const char *value_name)
{
    return strchr(value_name, '|') != NULL && islower((unsigned char)*value_name);
}

/* The columns "offers" and "words". */
static void print_value(const struct opt *o, FILE *out)
{
    if (o->kind == OPT_CHOICE) {
        fputs("words\t", out);
        print_words(o->choices, out);
    } else if (o->kind == OPT_TEXT && is_words(o->value_name)) {
        fputs("words\t", out);
        for (const char *c = o->value_name; *c != '\0'; c++)
            fputc(*c == '|' ? ' ' : *c, out);
    } else if (o->kind == OPT_TEXT || o->kind == OPT_LIST) {
        fprintf(out, "%s\t-", offers_of(o->value_name));
    } else {
        fprintf(out, "%s\t-", o->kind == OPT_FLAG ? "-" : "value");
    }
}

static void print_option(const struct opt_program *p, const struct opt *o, struct buf *b, FILE *out)
{
    fprintf(out, "%s\toption\t--%s\t", p->name, o->name);
    print_value(o, out);
    b->len = 0;
    opt_put_help(b, o);
    fprintf(out, "\t%.*s\n", (int)b->len, b->data != NULL ? (const char *)b->data : "");
}

static void print_options(const struct opt_program *p, const struct opt *opts, struct buf *b,
                          FILE *out)
{
    for (const struct opt *o = opts; o->name != NULL; o++)
        if (o->kind != OPT_HEADING)
            print_option(p, o, b, out);
}

static void print_operands(const struct opt_program *p, FILE *out)
{
    if (p->operand_words != NULL) {
        fprintf(out, "%s\toperand\t-\twords\t", p->name);
        print_words(p->operand_words, out);
        fprintf(out, "\t-\n");
    } else if (p->operands != NULL) {
        fprintf(out, "%s\toperand\t-\t%s\t-\t-\n", p->name, offers_of(p->operands));
    }
}

void opt_complete(const struct opt_program *p, FILE *out)
{
    struct buf b = {0};

    for (const struct opt_command *c = p->commands; c != NULL && c->name != NULL; c++)
        fprintf(out, "%s\tcommand\t%s\t-\t-\t%s\n", p->name, c->name, c->about);
    print_operands(p, out);
    print_options(p, p->opts, &b, out);
    print_options(p, opt_built_in, &b, out);
    buf_free(&b);
}
