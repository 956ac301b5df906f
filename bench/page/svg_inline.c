#include "bench/page/svg_inline.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "bench/page/output.h"

struct inliner {
    struct writer *w;
    const char *prefix, *title;
    size_t depth;
    bool opened; /* the <svg> is there */
};

struct attribute {
    const char *name, *value;
    size_t name_len, value_len;
};

/* Is text one of these words, which have a space before and behind each? */
static bool is_word(const char *text, size_t len, const char *words)
{
    const char *at = words;

    while ((at = memmem(at, strlen(at), text, len)) != NULL && len > 0) {
        if (at[-1] == ' ' && at[len] == ' ')
            return true;
        at += len;
    }
    return false;
}

/* Elements that only draw. */
static bool draws(const char *name, size_t len)
{
    return is_word(
        name, len,
        " svg g defs symbol use path rect circle ellipse line polyline polygon text tspan "
        "marker linearGradient radialGradient stop clipPath mask pattern filter feFlood "
        "feComposite ");
}

static bool is_link(const struct attribute *a)
{
    return is_word(a->name, a->name_len, " href xlink:href ");
}

/* ---- attributes ---- */

static const char *skip_space(const char *p, const char *end)
{
    while (p < end && isspace((unsigned char)*p))
        p++;
    return p;
}

/* The next name="value" in [p, end); NULL at the end or when it is none (a->name is NULL then). */
static const char *next_attribute(struct attribute *a, const char *p, const char *end)
{
    const char *close;

    *a = (struct attribute){.name = p = skip_space(p, end)};
    while (p < end && (isalnum((unsigned char)*p) || strchr(":_-.", *p) != NULL))
        p++;
    a->name_len = (size_t)(p - a->name);
    p = skip_space(p, end);
    if (a->name_len == 0 || p >= end || *p != '=')
        return NULL;
    p = skip_space(p + 1, end);
    if (p >= end || (*p != '"' && *p != '\''))
        return NULL;
    close = memchr(p + 1, *p, (size_t)(end - p - 1));
    if (close == NULL)
        return NULL;
    a->value = p + 1;
    a->value_len = (size_t)(close - a->value);
    return close + 1;
}

static bool holds(const struct attribute *a, const char *word)
{
    return memmem(a->value, a->value_len, word, strlen(word)) != NULL;
}

/* Nothing that runs (onclick), fetches (href or url(...) elsewhere) or covers the page. */
static bool is_harmless(const struct attribute *a)
{
    if (a->name_len > 1 && strncasecmp(a->name, "on", 2) == 0)
        return false;
    if (holds(a, "<") || holds(a, "\\") || holds(a, "&#")) /* other ways to write the same */
        return false;
    if (is_link(a) && (a->value_len == 0 || a->value[0] != '#'))
        return false;
    if (is_word(a->name, a->name_len, " style ") && (holds(a, "position") || holds(a, "@")))
        return false;
    for (const char *p = a->value; p + 4 <= a->value + a->value_len; p++)
        if (strncasecmp(p, "url(", 4) == 0 && p[4] != '#')
            return false;
    return true;
}

/* url(#a) becomes url(#prefix-a). */
static void put_value(struct inliner *in, const struct attribute *a)
{
    static const char reference[] = "url(#";
    const char *p = a->value, *end = a->value + a->value_len;

    while (p < end) {
        const char *found = memmem(p, (size_t)(end - p), reference, sizeof reference - 1);
        const char *stop = found != NULL ? found + sizeof reference - 1 : end;

        for (const char *c = p; c < stop; c++)
            writer_add(in->w, *c == '"' ? "'" : c, 1);
        if (found != NULL)
            writer_printf(in->w, "%s-", in->prefix);
        p = stop;
    }
}

static void put_attribute(struct inliner *in, const struct attribute *a)
{
    if (is_word(a->name, a->name_len, " id ")) {
        writer_printf(in->w, " id=\"%s-", in->prefix);
        put_value(in, a);
    } else if (is_link(a)) {
        writer_printf(in->w, " href=\"#%s-", in->prefix);
        writer_add(in->w, a->value + 1, a->value_len - 1);
    } else {
        writer_printf(in->w, " %.*s=\"", (int)a->name_len, a->name);
        put_value(in, a);
    }
    writer_puts(in->w, "\"");
}

/* Namespaces are for XML; sizes, roles and names of the root are the page's to give. */
static bool is_dropped(const struct inliner *in, const struct attribute *a)
{
    if (a->name_len >= 5 && (memcmp(a->name, "xmlns", 5) == 0 || memcmp(a->name, "xml:s", 5) == 0))
        return true;
    return in->depth == 0 && is_word(a->name, a->name_len,
                                     " width height role aria-label aria-labelledby version class "
                                     "preserveAspectRatio ");
}

/* ---- elements ---- */

static void put_title(struct inliner *in)
{
    writer_printf(in->w, "<title id=\"%s-title\">", in->prefix);
    output_text(in->w, OUTPUT_HTML, in->title);
    writer_puts(in->w, "</title>");
}

/* <name ...> or <name .../>, from the name to before '>'. */
static int put_open_tag(struct inliner *in, const char *p, const char *end)
{
    bool empty = end > p && end[-1] == '/';
    const char *stop = empty ? end - 1 : end, *name = p;
    struct attribute a;

    while (p < stop && isalpha((unsigned char)*p))
        p++;
    if (!draws(name, (size_t)(p - name)) ||
        (in->depth == 0 && (in->opened || (size_t)(p - name) != 3 || memcmp(name, "svg", 3) != 0)))
        return PL_EPROTO;
    writer_printf(in->w, "<%.*s", (int)(p - name), name);
    if (in->depth == 0)
        writer_printf(in->w, " role=\"img\" aria-labelledby=\"%s-title\"", in->prefix);
    while ((p = skip_space(p, stop)) < stop) {
        p = next_attribute(&a, p, stop);
        if (p == NULL || !is_harmless(&a))
            return PL_EPROTO;
        if (!is_dropped(in, &a))
            put_attribute(in, &a);
    }
    writer_puts(in->w, empty ? "/>" : ">");
    if (in->depth == 0)
        put_title(in);
    in->opened = true;
    in->depth += !empty;
    return PL_OK;
}

static int put_close_tag(struct inliner *in, const char *p, const char *end)
{
    if (in->depth == 0 || !draws(p, (size_t)(end - p)))
        return PL_EPROTO;
    in->depth--;
    writer_printf(in->w, "</%.*s>", (int)(end - p), p);
    return PL_OK;
}

/* The '>' that ends the tag at p: one inside quotes does not. */
static const char *tag_end(const char *p)
{
    char quote = '\0';

    for (; *p != '\0'; p++) {
        if (quote != '\0')
            quote = *p == quote ? '\0' : quote;
        else if (*p == '"' || *p == '\'')
            quote = *p;
        else if (*p == '>')
            return p;
    }
    return NULL;
}

/* What is skipped whole: comments, prolog, charts' dark.css (the page has its own), and the
 * titles and descriptions that gnuplot gives to each curve. Where it is over, p when p is none of
 * these, NULL when it has no end. */
static const char *skip(const char *p)
{
    static const struct {
        const char *from, *to;
    } skipped[] = {{"<!--", "-->"},         {"<?", "?>"},
                   {"<!DOCTYPE", ">"},      {"<style class=\"dark\">", "</style>"},
                   {"<title>", "</title>"}, {"<desc>", "</desc>"}};

    for (size_t i = 0; i < sizeof skipped / sizeof *skipped; i++) {
        const char *end;

        if (strncmp(p, skipped[i].from, strlen(skipped[i].from)) != 0)
            continue;
        end = strstr(p, skipped[i].to);
        return end == NULL ? NULL : end + strlen(skipped[i].to);
    }
    return p;
}

static int put_markup(struct inliner *in, const char **at)
{
    const char *p = *at, *after = skip(p), *end;
    bool closes = p[1] == '/';

    if (after != p) {
        *at = after;
        return after == NULL ? PL_EPROTO : PL_OK;
    }
    p += 1 + closes;
    end = tag_end(p);
    if (end == NULL)
        return PL_EPROTO;
    *at = end + 1;
    return closes ? put_close_tag(in, p, end) : put_open_tag(in, p, end);
}

/* Character data: its references stay; between elements it is layout, one space is enough. */
static const char *put_text(struct inliner *in, const char *p)
{
    size_t len = strcspn(p, "<");

    if (strspn(p, " \t\r\n") >= len)
        writer_add(in->w, "\n", in->depth > 0);
    else if (in->depth > 0)
        writer_add(in->w, p, len);
    return p + len;
}

static int put_all(struct inliner *in, const char *p)
{
    int rc = PL_OK;

    while (rc == PL_OK && *p != '\0') {
        if (*p == '<')
            rc = put_markup(in, &p);
        else
            p = put_text(in, p);
    }
    if (rc == PL_OK && (!in->opened || in->depth > 0))
        return PL_EPROTO;
    return rc;
}

int svg_inline(struct writer *w, const char *svg, size_t len, const char *prefix, const char *title)
{
    struct inliner in = {.w = w, .prefix = prefix, .title = title};
    size_t before = w->out->len;
    int rc = strlen(svg) == len ? put_all(&in, svg) : PL_EPROTO;

    if (rc < 0 && w->rc == PL_OK)
        w->out->len = before;
    return w->rc < 0 ? w->rc : rc;
}

void svg_embed(struct writer *w, const void *svg, size_t len, const char *title)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const uint8_t *p = svg;

    writer_puts(w, "<img alt=\"");
    output_text(w, OUTPUT_HTML, title);
    writer_puts(w, "\" src=\"data:image/svg+xml;base64,");
    for (size_t i = 0; i < len; i += 3) {
        uint32_t bits = (uint32_t)p[i] << 16 | (i + 1 < len ? (uint32_t)p[i + 1] << 8 : 0) |
                        (i + 2 < len ? p[i + 2] : 0);
        char four[4] = {digits[bits >> 18], digits[bits >> 12 & 63],
                        i + 1 < len ? digits[bits >> 6 & 63] : '=',
                        i + 2 < len ? digits[bits & 63] : '='};

        writer_add(w, four, 4);
    }
    writer_puts(w, "\">");
}
