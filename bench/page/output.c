#include "bench/page/output.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/base/utf8.h"
#include "bench/base/json.h"
#include "lib/proto/transport_info.h"

/* Around a citation's number in prose: bytes that output_text() lets nobody else write. */
enum { mark_open = '\x01', mark_close = '\x02' };

/* ---- text of others ---- */

/* Bytes of the code point at text: 0 when it is broken or cut off. */
static size_t code_point_bytes(const char *text, size_t len)
{
    struct utf8 state = {0};

    for (size_t n = 0; n < len && n < 4; n++) {
        if (!utf8_feed(&state, (const uint8_t *)text + n, 1))
            return 0;
        if (utf8_done(&state))
            return n + 1;
    }
    return 0;
}

/* HTML §13.2.3.5: what a parser must call an error, C1 controls (U+0080 to U+009F) included. */
static bool is_control(const char *text, size_t bytes)
{
    unsigned char c = (unsigned char)text[0];

    if (bytes == 2)
        return c == 0xC2 && (unsigned char)text[1] < 0xA0;
    return bytes == 1 && ((c < 0x20 && strchr("\t\n\r", c) == NULL) || c == 0x7F);
}

/* What stands for a character that would act as markup, or NULL. */
static const char *escape_of(enum output o, char c)
{
    static const struct {
        char c;
        const char *as[OUTPUT_TERMINAL + 1];
    } escapes[] = {
        {'&', {"\\&", "&amp;", "&amp;", NULL}}, {'<', {"\\<", "&lt;", "&lt;", NULL}},
        {'>', {NULL, "&gt;", NULL, NULL}},      {'"', {NULL, "&quot;", NULL, NULL}},
        {'\'', {NULL, "&#39;", NULL, NULL}},    {'\\', {"\\\\", NULL, "\\\\", NULL}},
        {'`', {"\\`", NULL, "\\`", NULL}},      {'*', {"\\*", NULL, "\\*", NULL}},
        {'_', {"\\_", NULL, "\\_", NULL}},      {'[', {"\\[", NULL, "\\[", NULL}},
        {']', {"\\]", NULL, "\\]", NULL}},      {'#', {"\\#", NULL, "\\#", NULL}},
        {'|', {"\\|", NULL, "\\|", NULL}},      {'!', {"\\!", NULL, "\\!", NULL}},
        {'\t', {" ", NULL, " ", " "}},          {'\n', {" ", NULL, " ", " "}},
        {'\r', {" ", NULL, " ", " "}},
    };

    for (size_t i = 0; i < sizeof escapes / sizeof *escapes; i++)
        if (escapes[i].c == c)
            return escapes[i].as[o];
    return NULL;
}

static void put_escaped(struct writer *w, enum output o, const char *text, size_t len)
{
    for (size_t i = 0, n; i<len; i += n> 0 ? n : 1) {
        bool in_word = text[i] == '_' && i > 0 && i + 1 < len &&
                       isalnum((unsigned char)text[i - 1]) && isalnum((unsigned char)text[i + 1]);
        const char *escape = in_word ? NULL : escape_of(o, text[i]);

        n = code_point_bytes(text + i, len - i);
        if (escape != NULL)
            writer_puts(w, escape);
        else if (n == 0 || is_control(text + i, n))
            writer_puts(w, "\xEF\xBF\xBD");
        else
            writer_add(w, text + i, n);
    }
}

void output_text(struct writer *w, enum output o, const char *text)
{
    put_escaped(w, o, text, strlen(text));
}

void output_code(struct writer *w, enum output o, const char *text)
{
    /* A code span has no escapes, and in a table '|' ends it. */
    bool plain = o != OUTPUT_MARKDOWN || text[0] == '\0' || strpbrk(text, "`|\\\r\n") != NULL;

    writer_puts(w, plain ? "" : "`");
    if (plain)
        output_text(w, o, text);
    else
        writer_puts(w, text);
    writer_puts(w, plain ? "" : "`");
}

void output_printf(struct writer *w, enum output o, const char *fmt, ...)
{
    char *text = NULL;
    va_list ap;

    va_start(ap, fmt);
    if (vasprintf(&text, fmt, ap) < 0) {
        text = NULL;
        w->rc = PL_ENOMEM;
    }
    va_end(ap);
    if (text != NULL)
        output_text(w, o, text);
    free(text);
}

/* ---- prose ---- */

/* How each output marks what prose has; a citation is a format of its number. */
static const struct style {
    const char *strong[2], *code[2], *citation;
} styles[] = {
    [OUTPUT_PROSE] = {{"**", "**"}, {"`", "`"}, "\x01%1$d\x02"},
    [OUTPUT_HTML] = {{"<strong>", "</strong>"},
                     {"<code>", "</code>"},
                     "<sup class=\"cite\"><a href=\"#figure-%1$d\">%1$d</a></sup>"},
    [OUTPUT_MARKDOWN] = {{"**", "**"}, {"`", "`"}, "[^%1$d]"},
    [OUTPUT_TERMINAL] = {{"", ""}, {"", ""}, "\u00a0[%1$d]"},
    [OUTPUT_JSON] = {{"**", "**"}, {"`", "`"}, "[%1$d]"},
};

struct prose {
    struct writer *w;
    enum output output;
    const cJSON *rows;
};

/* What has no marks in it. */
static void put_plain(const struct prose *p, const char *text, size_t len, bool strong)
{
    if (p->output == OUTPUT_HTML) {
        put_escaped(p->w, OUTPUT_HTML, text, len);
        return;
    }
    for (size_t i = 0; i < len; i++) /* a figure is not broken across lines */
        if (p->output == OUTPUT_TERMINAL && strong && text[i] == ' ')
            writer_puts(p->w, "\u00a0");
        else
            writer_add(p->w, text + i, 1);
}

static const cJSON *row_called(const cJSON *rows, const char *id, size_t len)
{
    const cJSON *row;

    cJSON_ArrayForEach(row, rows)
    {
        const char *name = json_text(row, "id");

        if (strlen(name) == len && memcmp(name, id, len) == 0)
            return row;
    }
    return NULL;
}

static void put_code(const struct prose *p, const char *word, size_t len)
{
    const cJSON *row = p->output == OUTPUT_HTML ? row_called(p->rows, word, len) : NULL;

    if (row != NULL) {
        output_row(p->w, row);
        return;
    }
    writer_puts(p->w, styles[p->output].code[0]);
    put_plain(p, word, len, false);
    writer_puts(p->w, styles[p->output].code[1]);
}

/* A character behind a backslash. */
static void put_literal(const struct prose *p, const char *c)
{
    if (p->output == OUTPUT_JSON)
        writer_add(p->w, c - 1, 2);
    else
        put_escaped(p->w, p->output, c, 1);
}

static void put_prose(const struct prose *p, const char *text, size_t len, bool strong)
{
    const char *end = text + len;

    for (size_t n; text < end; text += n) {
        const char *mark = *text == '`' ? "`" : !strong && strncmp(text, "**", 2) == 0 ? "**" : "";
        const char *inner = text + strlen(mark), *rest = text;
        const char *close = mark[0] != '\0' ? strstr(inner, mark) : NULL;

        if (close != NULL && close < end) {
            n = (size_t)(close - text) + strlen(mark);
            if (*mark == '`') {
                put_code(p, inner, (size_t)(close - inner));
                continue;
            }
            writer_puts(p->w, styles[p->output].strong[0]);
            put_prose(p, inner, (size_t)(close - inner), true);
            writer_puts(p->w, styles[p->output].strong[1]);
        } else if (*text == mark_open) {
            writer_printf(p->w, styles[p->output].citation, output_next_citation(&rest));
            n = (size_t)(rest - text);
        } else if (*text == '\\' && ispunct((unsigned char)text[1])) {
            put_literal(p, text + 1);
            n = 2;
        } else {
            n = 1 + strcspn(text + 1, "`*\\\x01");
            n = n < (size_t)(end - text) ? n : (size_t)(end - text);
            put_plain(p, text, n, strong);
        }
    }
}

void output_prose(struct writer *w, enum output o, const char *prose, const cJSON *rows)
{
    const struct prose p = {w, o, rows};

    put_prose(&p, prose, strlen(prose), false);
}

void output_name(struct writer *w, const char *name)
{
    writer_puts(w, "`");
    for (size_t len; *name != '\0'; name += len) {
        len = strcspn(name, "`");
        put_escaped(w, OUTPUT_TERMINAL, name, len);
        for (; name[len] == '`'; len++)
            writer_puts(w, "?");
    }
    writer_puts(w, "`");
}

void output_cite(struct writer *w, int number)
{
    if (number > 0)
        writer_printf(w, styles[OUTPUT_PROSE].citation, number);
}

int output_next_citation(const char **prose)
{
    const char *open = strchr(*prose, mark_open);

    *prose = open != NULL ? open + 1 + strcspn(open + 1, "\x02") : *prose + strlen(*prose);
    *prose += **prose == mark_close;
    return open != NULL ? atoi(open + 1) : 0;
}

void output_uncited(struct writer *w, const char *prose)
{
    const char *rest = prose;

    while (output_next_citation(&rest) > 0) {
        writer_add(w, prose, strcspn(prose, "\x01"));
        prose = rest;
    }
    writer_puts(w, prose);
}

/* ---- HTML ---- */

void output_row_class(struct writer *w, const cJSON *row)
{
    const char *transport = json_text(row, "transport");

    writer_printf(w, "t-%s%s", transport_info_find(transport) != NULL ? transport : "other",
                  strcmp(json_text(row, "connection"), "close") == 0 ? " closes" : "");
}

void output_row(struct writer *w, const cJSON *row)
{
    writer_puts(w, "<span class=\"row ");
    output_row_class(w, row);
    writer_puts(w, "\">");
    output_text(w, OUTPUT_HTML, json_text(row, "id"));
    writer_puts(w, "</span>");
}

void output_id(struct writer *w, const char *text)
{
    for (; *text != '\0'; text++)
        writer_add(w, isalnum((unsigned char)*text) ? text : "-", 1);
}

void output_url(struct writer *w, const char *text, const char *keep)
{
    for (; *text != '\0'; text++) {
        if (isalnum((unsigned char)*text) || strchr("-._~", *text) != NULL ||
            strchr(keep, *text) != NULL)
            writer_add(w, text, 1);
        else
            writer_printf(w, "%%%02X", (unsigned char)*text);
    }
}
