/* The --help text: aligned in two columns, wrapped at 80. */
#include "opt.h"

#include <stdbool.h>
#include <string.h>

#include "buf.h"

enum {
    HELP_WIDTH = 80,
    HELP_INDENT = 2,
    HELP_GAP = 2,
    HELP_LEFT_MAX = 30, /* a longer left side gets a line of its own */
};

/* Columns that n bytes of UTF-8 take, every code point being one column wide. */
static size_t columns(const char *text, size_t n)
{
    size_t count = 0;

    for (size_t i = 0; i < n; i++)
        count += ((unsigned char)text[i] & 0xc0) != 0x80;
    return count;
}

static void pad(FILE *out, size_t n)
{
    fprintf(out, "%*s", (int)n, "");
}

/* Print words from column indent on, where the cursor already stands, and end the line. */
static void print_wrapped(FILE *out, const char *text, size_t indent)
{
    size_t at = indent;

    while (*(text += strspn(text, " ")) != '\0') {
        size_t len = strcspn(text, " ");
        size_t wide = columns(text, len);

        if (at > indent && at + 1 + wide > HELP_WIDTH) {
            fputc('\n', out);
            pad(out, indent);
            at = indent;
        }
        if (at > indent) {
            fputc(' ', out);
            at++;
        }
        fwrite(text, 1, len, out);
        at += wide;
        text += len;
    }
    fputc('\n', out);
}

/* b's text as a string; without memory, help is short rather than absent. */
static const char *buf_text(struct buf *b)
{
    return buf_add(b, "", 1) < 0 ? "" : (const char *)b->data;
}

/* "--pattern fixed|poisson|bursts" */
static const char *left_side(struct buf *b, const struct opt *o)
{
    b->len = 0;
    buf_printf(b, "--%s", o->name);
    if (o->value_name != NULL) {
        buf_printf(b, " %s", o->value_name);
    } else if (o->kind == OPT_CHOICE) {
        for (int i = 0; o->choices[i] != NULL; i++)
            buf_printf(b, "%s%s", i == 0 ? " " : "|", o->choices[i]);
    }
    return buf_text(b);
}

static const char *right_side(struct buf *b, const struct opt *o)
{
    b->len = 0;
    buf_printf(b, "%s", o->help);
    if (o->kind == OPT_CHOICE && o->value_name != NULL) {
        for (int i = 0; o->choices[i] != NULL; i++)
            buf_printf(b, "%s%s", i == 0 ? ": " : ", ", o->choices[i]);
    }
    if (o->default_text != NULL && *o->default_text != '\0' && o->kind != OPT_FLAG)
        buf_printf(b, " (default %s)", o->default_text);
    return buf_text(b);
}

/* The built-in options, as rows like all others. */
static const struct opt built_in[] = {
    {.name = "help", .kind = OPT_FLAG, .help = "print this text"},
    {.name = "version", .kind = OPT_FLAG, .help = "print the version"},
    {.name = NULL},
};

/* The widest left side that fits the column, of all rows. */
static size_t left_width(const struct opt *opts, struct buf *b, size_t width)
{
    for (const struct opt *o = opts; o->name != NULL; o++) {
        const char *left = o->kind == OPT_HEADING ? "" : left_side(b, o);
        size_t wide = columns(left, strlen(left));

        if (wide > width && wide <= HELP_LEFT_MAX)
            width = wide;
    }
    return width;
}

static void print_row(FILE *out, const struct opt *o, struct buf *b, size_t width)
{
    size_t indent = HELP_INDENT + width + HELP_GAP;
    const char *left = left_side(b, o);
    size_t wide = columns(left, strlen(left));

    fprintf(out, "%*s%s", HELP_INDENT, "", left);
    if (wide > width) {
        fputc('\n', out);
        pad(out, indent);
    } else {
        pad(out, indent - HELP_INDENT - wide);
    }
    print_wrapped(out, right_side(b, o), indent);
}

static void print_rows(FILE *out, const struct opt *opts, struct buf *b, size_t width)
{
    for (const struct opt *o = opts; o->name != NULL; o++) {
        if (o->kind == OPT_HEADING)
            fprintf(out, "\n%s:\n", o->name);
        else
            print_row(out, o, b, width);
    }
}

void opt_help(const struct opt_program *p, FILE *out)
{
    struct buf b = {0};
    size_t width = left_width(p->opts, &b, left_width(built_in, &b, 0));
    bool has_headings = p->opts[0].name != NULL && p->opts[0].kind == OPT_HEADING;

    fprintf(out, "Usage: %s %s\n\n", p->name, p->usage);
    print_wrapped(out, p->about, 0);
    if (!has_headings)
        fprintf(out, "\nOptions:\n");
    print_rows(out, p->opts, &b, width);
    if (has_headings)
        fprintf(out, "\nHelp:\n");
    print_rows(out, built_in, &b, width);
    if (p->footer != NULL)
        fprintf(out, "\n%s%s", p->footer, p->footer[strlen(p->footer) - 1] == '\n' ? "" : "\n");
    buf_free(&b);
}
