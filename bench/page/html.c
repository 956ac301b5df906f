#include "bench/page/html.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/base/utf8.h"

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

static void put_escaped(struct writer *w, const char *text, size_t len)
{
    static const char special[] = "&<>\"'";
    static const char *const references[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"};

    for (size_t i = 0, n; i<len; i += n> 0 ? n : 1) {
        const char *found = strchr(special, text[i]);

        n = code_point_bytes(text + i, len - i);
        if (found != NULL)
            writer_puts(w, references[found - special]);
        else if (n == 0 || is_control(text + i, n))
            writer_puts(w, "\xEF\xBF\xBD");
        else
            writer_add(w, text + i, n);
    }
}

void html_text(struct writer *w, const char *text)
{
    put_escaped(w, text, strlen(text));
}

void html_textf(struct writer *w, const char *fmt, ...)
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
        html_text(w, text);
    free(text);
}

static void put_marked(struct writer *w, const char *tag, const char *word, size_t len)
{
    writer_printf(w, "<%s>", tag);
    put_escaped(w, word, len);
    writer_printf(w, "</%s>", tag);
}

void html_prose(struct writer *w, const char *prose, html_code_fn *on_code, const void *arg)
{
    while (*prose != '\0') {
        const char *mark = *prose == '`' ? "`" : strncmp(prose, "**", 2) == 0 ? "**" : "";
        const char *inner = prose + strlen(mark);
        const char *end = *mark != '\0' ? strstr(inner, mark) : NULL;
        size_t len = end != NULL ? (size_t)(end - inner) : 0;

        if (end == NULL) {
            len = 1 + strcspn(prose + 1, "`*");
            put_escaped(w, prose, len);
            prose += len;
            continue;
        }
        if (*mark == '*')
            put_marked(w, "strong", inner, len);
        else if (on_code == NULL || !on_code(w, inner, len, arg))
            put_marked(w, "code", inner, len);
        prose = end + strlen(mark);
    }
}

void html_name(struct writer *w, const char *text)
{
    for (; *text != '\0'; text++)
        writer_add(w, isalnum((unsigned char)*text) ? text : "-", 1);
}
