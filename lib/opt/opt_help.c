#include "lib/opt/opt.h"

#include <string.h>

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

/* Print the words of len bytes from column indent on, where the cursor already stands, and end the
 * line. */
static void print_words(FILE *out, const char *text, size_t text_len, size_t indent)
{
    const char *end = text + text_len;
    size_t at = indent;

    while ((text += strspn(text, " \n")) < end) {
        size_t len = strcspn(text, " \n");
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

static void print_wrapped(FILE *out, const char *text, size_t indent)
{
    print_words(out, text, strlen(text), indent);
}

/* b's text as a string; without memory, help is short rather than absent. */
static const char *buf_text(struct buf *b)
{
    return buf_add(b, "", 1) < 0 ? "" : (const char *)b->data;
}

const struct opt opt_built_in[] = {
    {.name = "Help", .kind = OPT_HEADING},
    {.name = "help", .kind = OPT_FLAG, .help = "print this text"},
    {.name = "version", .kind = OPT_FLAG, .help = "print the version"},
    {.name = NULL},
};

void opt_put_value(struct buf *b, const struct opt *o)
{
    if (o->value_name != NULL) {
        buf_printf(b, "%s", o->value_name);
    } else if (o->kind == OPT_CHOICE) {
        for (int i = 0; o->choices[i] != NULL; i++)
            buf_printf(b, "%s%s", i == 0 ? "" : "|", o->choices[i]);
    }
}

void opt_put_help(struct buf *b, const struct opt *o)
{
    buf_printf(b, "%s", o->help);
    if (o->kind == OPT_CHOICE && o->value_name != NULL) {
        for (int i = 0; o->choices[i] != NULL; i++)
            buf_printf(b, "%s%s", i == 0 ? ": " : ", ", o->choices[i]);
    }
    if (o->default_text != NULL && *o->default_text != '\0' && o->kind != OPT_FLAG)
        buf_printf(b, " (default %s)", o->default_text);
}

const char *opt_times_note(const struct opt *opts)
{
    for (; opts->name != NULL; opts++) {
        bool named = opts->value_name != NULL && opts->kind == OPT_TEXT;

        if (opts->kind == OPT_MS || opts->kind == OPT_SECONDS ||
            (named && (strcmp(opts->value_name, "S") == 0 || strcmp(opts->value_name, "MS") == 0)))
            return "A time (MS, S) may be given in another unit: 500us, 250ms, 2s, 1m, 1h.";
    }
    return NULL;
}

/* "--pattern fixed|poisson|bursts" */
static const char *option_left(struct buf *b, const struct opt *o)
{
    b->len = 0;
    buf_printf(b, "--%s%s", o->name, o->kind == OPT_FLAG ? "" : " ");
    opt_put_value(b, o);
    return buf_text(b);
}

static const char *option_right(struct buf *b, const struct opt *o)
{
    b->len = 0;
    opt_put_help(b, o);
    return buf_text(b);
}

/* "run SCENARIO.json [options]" */
static const char *command_left(struct buf *b, const struct opt_command *c)
{
    b->len = 0;
    buf_printf(b, "%s %s", c->name, c->usage);
    return buf_text(b);
}

/* The wider of width and text, if text fits the column. */
static size_t widen(size_t width, const char *text)
{
    size_t wide = columns(text, strlen(text));

    return wide > width && wide <= HELP_LEFT_MAX ? wide : width;
}

static size_t options_width(const struct opt *opts, struct buf *b, size_t width)
{
    for (const struct opt *o = opts; o->name != NULL; o++)
        if (o->kind != OPT_HEADING)
            width = widen(width, option_left(b, o));
    return width;
}

static void print_left(FILE *out, const char *left, size_t width)
{
    size_t indent = HELP_INDENT + width + HELP_GAP;
    size_t wide = columns(left, strlen(left));

    fprintf(out, "%*s%s", HELP_INDENT, "", left);
    if (wide > width) {
        fputc('\n', out);
        pad(out, indent);
    } else {
        pad(out, indent - HELP_INDENT - wide);
    }
}

static void print_options(FILE *out, const struct opt *opts, struct buf *b, size_t width)
{
    for (const struct opt *o = opts; o->name != NULL; o++) {
        if (o->kind == OPT_HEADING) {
            fprintf(out, "\n%s:\n", o->name);
            continue;
        }
        print_left(out, option_left(b, o), width);
        print_wrapped(out, option_right(b, o), HELP_INDENT + width + HELP_GAP);
    }
}

static void print_commands(FILE *out, const struct opt_command *commands, struct buf *b)
{
    size_t width = 0;

    for (const struct opt_command *c = commands; c->name != NULL; c++)
        width = widen(width, command_left(b, c));
    fprintf(out, "\nCommands:\n");
    for (const struct opt_command *c = commands; c->name != NULL; c++) {
        print_left(out, command_left(b, c), width);
        print_wrapped(out, c->about, HELP_INDENT + width + HELP_GAP);
    }
}

static void print_usage(FILE *out, const struct opt_program *p)
{
    const char *line = p->usage, *label = "Usage:";

    for (; *line != '\0'; line += strspn(line, "\n")) {
        int len = (int)strcspn(line, "\n");

        fprintf(out, "%s %s %.*s\n", label, p->name, len, line);
        label = "      ";
        line += len;
    }
    fputc('\n', out);
}

/* Examples as they are, to be copied; other paragraphs wrapped. */
static void print_footer(FILE *out, const char *text)
{
    while (*text != '\0') {
        const char *end = strstr(text, "\n\n");
        size_t len = end != NULL ? (size_t)(end - text) : strlen(text);

        fputc('\n', out);
        if (strncmp(text, "Example", 7) == 0)
            fprintf(out, "%.*s%s", (int)len, text, text[len - 1] == '\n' ? "" : "\n");
        else
            print_words(out, text, len, 0);
        text += len;
        text += strspn(text, "\n");
    }
}

void opt_help(const struct opt_program *p, FILE *out)
{
    struct buf b = {0};
    size_t width = options_width(p->opts, &b, options_width(opt_built_in, &b, 0));
    bool has_headings = p->opts[0].name != NULL && p->opts[0].kind == OPT_HEADING;

    print_usage(out, p);
    print_wrapped(out, p->about, 0);
    if (p->commands != NULL)
        print_commands(out, p->commands, &b);
    if (!has_headings)
        fprintf(out, "\nOptions:\n");
    print_options(out, p->opts, &b, width);
    print_options(out, opt_built_in + !has_headings, &b, width);
    if (opt_times_note(p->opts) != NULL)
        fprintf(out, "\n%s\n", opt_times_note(p->opts));
    if (p->footer != NULL)
        print_footer(out, p->footer);
    buf_free(&b);
}
