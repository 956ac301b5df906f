#include "lib/opt/opt.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

enum { TEXT_WIDTH = 78 };

/* The programs that have pages, for SEE ALSO. */
static const char *const pages[] = {"pushlab", "pushlab-client", "pushlab-link", "pushlab-server"};

/* ---- text that mdoc leaves alone ---- */

/* How many bytes the UTF-8 character at text has, and its code point. text is well-formed: it
 * comes from a table in this program. */
static size_t code_point(const unsigned char *text, unsigned *point)
{
    size_t len = *text >= 0xf0 ? 4 : *text >= 0xe0 ? 3 : *text >= 0xc0 ? 2 : 1;

    *point = len == 1 ? *text : *text & (0xffU >> (len + 1));
    for (size_t i = 1; i < len; i++)
        *point = *point << 6 | (text[i] & 0x3f);
    return len;
}

/* Characters that must come out as they are: roff would turn them into typographers' quotes,
 * hyphens and accents, which do not work when pasted into a shell. NULL: the character itself. */
static const char *escape_of(unsigned point)
{
    switch (point) {
    case '\\':
        return "\\e";
    case '-':
        return "\\-";
    case '\'':
        return "\\(aq";
    case '`':
        return "\\(ga";
    case '^':
        return "\\(ha";
    case '~':
        return "\\(ti";
    case '"':
        return "\\(dq";
    default:
        return NULL;
    }
}

static void put(FILE *out, const char *text, size_t len)
{
    const unsigned char *at = (const unsigned char *)text, *end = at + len;
    unsigned point;

    while (at < end) {
        at += code_point(at, &point);
        if (escape_of(point) != NULL)
            fputs(escape_of(point), out);
        else if (point < 0x80)
            fputc((int)point, out);
        else
            fprintf(out, "\\[u%04X]", point);
    }
}

/* Words as lines of text. A sentence ends its line, so that mdoc can set the space behind it;
 * a line must not begin with a dot, which would make it a macro. */
static void put_text(FILE *out, const char *text, size_t len)
{
    const char *end = text + len;
    size_t at = 0;

    while ((text += strspn(text, " \n")) < end) {
        size_t n = strcspn(text, " \n");

        if (n > (size_t)(end - text))
            n = (size_t)(end - text);
        if (at > 0)
            fputc(at + 1 + n > TEXT_WIDTH ? '\n' : ' ', out);
        at = at > 0 && at + 1 + n <= TEXT_WIDTH ? at + 1 + n : n;
        if (at == n && *text == '.')
            fputs("\\&", out);
        put(out, text, n);
        text += n;
        if (n > 2 && text[-1] == '.' && at > 0) {
            fputc('\n', out);
            at = 0;
        }
    }
    if (at > 0)
        fputc('\n', out);
}

static void put_line(FILE *out, const char *text)
{
    put_text(out, text, strlen(text));
}

/* A word of a macro's line: quoted, and never taken for a macro or a delimiter itself. */
static void put_argument(FILE *out, const char *text, size_t len)
{
    fputs(" \"\\&", out);
    put(out, text, len);
    fputc('"', out);
}

/* ---- names and dates ---- */

/* "pushlab run" has the page "pushlab-run". */
static void put_page_name(FILE *out, const char *name, bool upper)
{
    for (; *name != '\0'; name++)
        fputc(*name == ' ' ? '-' : upper ? toupper((unsigned char)*name) : *name, out);
}

static void print_head(FILE *out, const struct opt_program *p, time_t date)
{
    static const char *const months[] = {"January",   "February", "March",    "April",
                                         "May",       "June",     "July",     "August",
                                         "September", "October",  "November", "December"};
    struct tm day;

    gmtime_r(&date, &day);
    fprintf(out, ".\\\" Printed by %s --help=man from the table that parses its options.\n",
            p->name);
    fprintf(out, ".Dd %s %d, %d\n.Dt ", months[day.tm_mon], day.tm_mday, 1900 + day.tm_year);
    put_page_name(out, p->name, true);
    fprintf(out, " 1\n.Os pushlab %s\n.Sh NAME\n.Nm ", PUSHLAB_VERSION);
    put_page_name(out, p->name, false);
}

/* One line for whatis(1): the first sentence, or the part before its colon. */
static void print_summary(FILE *out, const char *about)
{
    size_t len = 0;

    while (about[len] != '\0' && about[len] != ':' &&
           !(about[len] == '.' && strchr(" ", about[len + 1]) != NULL))
        len++;
    fputs("\n.Nd ", out);
    if (len > 1 && islower((unsigned char)about[1])) {
        fputc(tolower((unsigned char)*about++), out);
        len--;
    }
    put(out, about, len);
    fputc('\n', out);
}

static void print_synopsis(FILE *out, const struct opt_program *p)
{
    fputs(".Sh SYNOPSIS\n", out);
    for (const char *line = p->usage; *line != '\0'; line += strspn(line, "\n")) {
        size_t len = strcspn(line, "\n");

        fprintf(out, ".Nm \"%s\"\n", p->name);
        put_text(out, line, len);
        line += len;
    }
}

/* ---- commands and options ---- */

static void print_commands(FILE *out, const struct opt_program *p)
{
    fputs(".Sh COMMANDS\n.Bl -tag -width Ds\n", out);
    for (const struct opt_command *c = p->commands; c->name != NULL; c++) {
        fprintf(out, ".It Cm %s", c->name);
        if (*c->usage != '\0') {
            fputs(" Ar", out);
            put_argument(out, c->usage, strlen(c->usage));
        }
        fputc('\n', out);
        put_line(out, c->about);
        fprintf(out, ".Pq Xr %s-%s 1\n", p->name, c->name);
    }
    fputs(".El\n", out);
}

static void print_option(FILE *out, const struct opt *o, struct buf *b)
{
    fprintf(out, ".It Fl \\-");
    put(out, o->name, strlen(o->name));
    b->len = 0;
    opt_put_value(b, o);
    if (b->len > 0) {
        fputs(" Ar", out);
        put_argument(out, (const char *)b->data, b->len);
    }
    fputc('\n', out);
    b->len = 0;
    opt_put_help(b, o);
    if (b->len > 0 && buf_add(b, "", 1) == 0)
        put_line(out, (const char *)b->data);
}

/* All rows, a list for each heading. */
static void print_lists(FILE *out, const struct opt *o, struct buf *b)
{
    while (o->name != NULL) {
        if (o->kind == OPT_HEADING) {
            fputs(".Ss", out);
            put_argument(out, o->name, strlen(o->name));
            fputc('\n', out);
            o++;
        }
        fputs(".Bl -tag -width Ds\n", out);
        for (; o->name != NULL && o->kind != OPT_HEADING; o++)
            print_option(out, o, b);
        fputs(".El\n", out);
    }
}

static void print_options(FILE *out, const struct opt_program *p)
{
    struct buf b = {0};

    fputs(".Sh OPTIONS\n", out);
    print_lists(out, p->opts, &b);
    if (p->opts[0].name != NULL)
        fputs(".Ss Help\n", out);
    print_lists(out, opt_built_in + 1, &b);
    if (opt_times_note(p->opts) != NULL) {
        fputs(".Pp\n", out);
        put_line(out, opt_times_note(p->opts));
    }
    buf_free(&b);
}

/* ---- the footer's paragraphs ---- */

enum paragraph { PARAGRAPH_TEXT, PARAGRAPH_EXAMPLES, PARAGRAPH_EXIT };

static enum paragraph paragraph_kind(const char *text)
{
    if (strncmp(text, "Example", 7) == 0)
        return PARAGRAPH_EXAMPLES;
    return strncmp(text, "Exit code: ", 11) == 0 ? PARAGRAPH_EXIT : PARAGRAPH_TEXT;
}

/* The next paragraph of that kind at or after *rest, which moves behind it; NULL: no more. */
static const char *next_paragraph(const char **rest, enum paragraph kind, size_t *len)
{
    while (*rest != NULL && **rest != '\0') {
        const char *text = *rest, *end = strstr(text, "\n\n");

        *len = end != NULL ? (size_t)(end - text) : strlen(text);
        *rest = end != NULL ? end + 2 : NULL;
        if (paragraph_kind(text) == kind)
            return text;
    }
    return NULL;
}

static void print_notes(FILE *out, const struct opt_program *p)
{
    const char *rest = p->footer, *text;
    size_t len;

    while ((text = next_paragraph(&rest, PARAGRAPH_TEXT, &len)) != NULL) {
        fputs(".Pp\n", out);
        put_text(out, text, len);
    }
}

static void print_exit_status(FILE *out, const struct opt_program *p)
{
    const char *rest = p->footer;
    const size_t label = strlen("Exit code: ");
    size_t len;
    const char *text = next_paragraph(&rest, PARAGRAPH_EXIT, &len);

    fputs(".Sh EXIT STATUS\n", out);
    if (text != NULL)
        put_text(out, text + label, len - label);
    else
        put_line(out, "0 on success, 1 when something went wrong, 2 when the command line is.");
}

/* Lines to be typed, unchanged; the heading before them is the section's. */
static void print_examples(FILE *out, const struct opt_program *p)
{
    const char *rest = p->footer;
    size_t len;
    const char *text = next_paragraph(&rest, PARAGRAPH_EXAMPLES, &len), *end;

    if (text == NULL)
        return;
    end = text + len;
    fputs(".Sh EXAMPLES\n.Bd -literal -offset indent\n", out);
    for (text += strcspn(text, "\n"); text < end; text += strcspn(text, "\n")) {
        text++;
        text += strspn(text, " ");
        if (*text == '.')
            fputs("\\&", out);
        put(out, text, text < end ? strcspn(text, "\n") : 0);
        if (text < end)
            fputc('\n', out);
    }
    fputs(".Ed\n", out);
}

static void print_see_also(FILE *out, const struct opt_program *p)
{
    const char *before = ".Sh SEE ALSO\n.Xr ";

    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        if (strcmp(pages[i], p->name) == 0)
            continue;
        fprintf(out, "%s%s 1", before, pages[i]);
        before = " ,\n.Xr ";
    }
    fputc('\n', out);
}

void opt_man(const struct opt_program *p, time_t date, FILE *out)
{
    print_head(out, p, date);
    print_summary(out, p->about);
    print_synopsis(out, p);
    fputs(".Sh DESCRIPTION\n", out);
    put_line(out, p->about);
    print_notes(out, p);
    if (p->commands != NULL)
        print_commands(out, p);
    print_options(out, p);
    print_exit_status(out, p);
    print_examples(out, p);
    print_see_also(out, p);
}
