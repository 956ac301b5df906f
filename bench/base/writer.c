#include "bench/base/writer.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"

void writer_add(struct writer *w, const char *text, size_t len)
{
    if (w->rc == PL_OK && w->out != NULL)
        w->rc = buf_add(w->out, text, len);
}

void writer_puts(struct writer *w, const char *text)
{
    writer_add(w, text, strlen(text));
}

void writer_shell_word(struct writer *w, const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "@%+=:,./_-";
    bool bare = word[0] != '\0' && word[strspn(word, plain)] == '\0';

    writer_puts(w, bare ? "" : "'");
    for (; *word != '\0'; word++)
        writer_add(w, *word == '\'' ? "'\\''" : word, *word == '\'' ? 4 : 1);
    writer_puts(w, bare ? "" : "'");
}

void writer_printf(struct writer *w, const char *fmt, ...)
{
    char *text = NULL;
    va_list ap;
    int len;

    va_start(ap, fmt);
    len = w->rc == PL_OK ? vasprintf(&text, fmt, ap) : 0;
    va_end(ap);
    if (len < 0)
        w->rc = PL_ENOMEM;
    else if (w->rc == PL_OK)
        writer_add(w, text, (size_t)len);
    if (len >= 0)
        free(text);
}

void writer_wrap(struct writer *w, const char *text, size_t indent, size_t columns)
{
    size_t column = indent;

    for (size_t len; *text != '\0'; text += len + (text[len] == ' ')) {
        size_t width = 0;

        len = strcspn(text, " ");
        for (size_t i = 0; i < len; i++)
            width += ((unsigned char)text[i] & 0xC0) != 0x80;
        if (column > indent && column + 1 + width > columns) {
            writer_printf(w, "\n%*s", (int)indent, "");
            column = indent;
        } else if (column > indent) {
            writer_puts(w, " ");
            column++;
        }
        writer_add(w, text, len);
        column += width;
    }
}

const char *writer_text(struct writer *w)
{
    writer_add(w, "", 1);
    if (w->rc < 0)
        return "";
    w->out->len--;
    return (const char *)w->out->data;
}
