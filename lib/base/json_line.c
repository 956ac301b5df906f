#include "lib/base/json_line.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/base/utf8.h"

/* What the grammar (RFC 8259 §2 to §5) allows next. */
enum expect {
    EXPECT_VALUE,
    EXPECT_VALUE_OR_END, /* after '[' */
    EXPECT_NAME,         /* after ',' in an object */
    EXPECT_NAME_OR_END,  /* after '{' */
    EXPECT_COLON,
    EXPECT_COMMA_OR_END, /* after a value */
};

struct scan {
    const char *at, *end; /* of the text; to <= at, so writing in place is safe */
    char *to;
    enum expect expect;
    size_t depth;
    uint64_t is_object; /* a bit per level */
};

_Static_assert(JSON_LINE_MAX_DEPTH <= 64, "one bit of is_object per level");

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The next byte, or NUL at the end: no token has one, so it stops every loop. */
static char peek(const struct scan *s)
{
    return s->at < s->end ? *s->at : '\0';
}

static void copy_to(struct scan *s, const char *until)
{
    size_t len = (size_t)(until - s->at);

    memmove(s->to, s->at, len);
    s->to += len;
    s->at = until;
}

static int take_literal(struct scan *s, const char *word)
{
    size_t len = strlen(word);

    if ((size_t)(s->end - s->at) < len || memcmp(s->at, word, len) != 0)
        return PL_EPROTO;
    copy_to(s, s->at + len);
    return PL_OK;
}

/* Past one digit or more; NULL if there is none. */
static const char *skip_digits(const char *at, const char *end)
{
    const char *start = at;

    while (at < end && is_digit(*at))
        at++;
    return at > start ? at : NULL;
}

/* RFC 8259 §6: [ minus ] int [ frac ] [ exp ], and no leading zero. */
static int take_number(struct scan *s)
{
    const char *at = s->at + (*s->at == '-');
    const char *first = at;

    at = skip_digits(at, s->end);
    if (at == NULL || (*first == '0' && at > first + 1))
        return PL_EPROTO;
    if (at < s->end && *at == '.') {
        at = skip_digits(at + 1, s->end);
        if (at == NULL)
            return PL_EPROTO;
    }
    if (at < s->end && (*at == 'e' || *at == 'E')) {
        at++;
        at += at < s->end && (*at == '+' || *at == '-');
        at = skip_digits(at, s->end);
        if (at == NULL)
            return PL_EPROTO;
    }
    copy_to(s, at);
    return PL_OK;
}

static bool is_hex4(const char *at, const char *end)
{
    if (end - at < 4)
        return false;
    for (int i = 0; i < 4; i++) {
        if (!is_digit(at[i]) && !(at[i] >= 'a' && at[i] <= 'f') && !(at[i] >= 'A' && at[i] <= 'F'))
            return false;
    }
    return true;
}

/* at stands on a backslash: past the escape, or NULL (RFC 8259 §7). */
static const char *skip_escape(const char *at, const char *end)
{
    if (end - at < 2)
        return NULL;
    if (at[1] == 'u')
        return is_hex4(at + 2, end) ? at + 6 : NULL;
    return at[1] != '\0' && strchr("\"\\/bfnrt", at[1]) != NULL ? at + 2 : NULL;
}

/* UTF-8 is checked once for the whole text, in json_line_compact(). */
static int take_string(struct scan *s)
{
    const char *at = s->at + 1;

    while (at != NULL && at < s->end && *at != '"') {
        if ((unsigned char)*at < 0x20)
            return PL_EPROTO;
        at = *at == '\\' ? skip_escape(at, s->end) : at + 1;
    }
    if (at == NULL || at >= s->end)
        return PL_EPROTO;
    copy_to(s, at + 1);
    return PL_OK;
}

static int open_level(struct scan *s, bool is_object)
{
    if (s->depth == JSON_LINE_MAX_DEPTH)
        return PL_ELIMIT;
    s->is_object = s->is_object << 1 | is_object;
    s->depth++;
    s->expect = is_object ? EXPECT_NAME_OR_END : EXPECT_VALUE_OR_END;
    copy_to(s, s->at + 1);
    return PL_OK;
}

static int close_level(struct scan *s, bool is_object)
{
    if (s->depth == 0 || (s->is_object & 1) != is_object)
        return PL_EPROTO;
    s->is_object >>= 1;
    s->depth--;
    s->expect = EXPECT_COMMA_OR_END;
    copy_to(s, s->at + 1);
    return PL_OK;
}

static int take_value(struct scan *s)
{
    char c = peek(s);

    if (c == '{' || c == '[')
        return open_level(s, c == '{');
    s->expect = EXPECT_COMMA_OR_END;
    if (c == '"')
        return take_string(s);
    if (c == 't')
        return take_literal(s, "true");
    if (c == 'f')
        return take_literal(s, "false");
    if (c == 'n')
        return take_literal(s, "null");
    return c == '-' || is_digit(c) ? take_number(s) : PL_EPROTO;
}

static int take_name(struct scan *s)
{
    if (peek(s) != '"')
        return PL_EPROTO;
    s->expect = EXPECT_COLON;
    return take_string(s);
}

static int take_mark(struct scan *s, char mark, enum expect next)
{
    if (peek(s) != mark)
        return PL_EPROTO;
    s->expect = next;
    copy_to(s, s->at + 1);
    return PL_OK;
}

/* One token: what may stand here, and what may follow it. */
static int take_token(struct scan *s)
{
    char c = peek(s);

    switch (s->expect) {
    case EXPECT_VALUE_OR_END:
        return c == ']' ? close_level(s, false) : take_value(s);
    case EXPECT_VALUE:
        return take_value(s);
    case EXPECT_NAME_OR_END:
        return c == '}' ? close_level(s, true) : take_name(s);
    case EXPECT_NAME:
        return take_name(s);
    case EXPECT_COLON:
        return take_mark(s, ':', EXPECT_VALUE);
    case EXPECT_COMMA_OR_END:
        break;
    }
    if (c == ']' || c == '}')
        return close_level(s, c == '}');
    return take_mark(s, ',', s->is_object & 1 ? EXPECT_NAME : EXPECT_VALUE);
}

static void skip_space(struct scan *s)
{
    while (s->at < s->end && is_space(*s->at))
        s->at++;
}

static bool is_complete(const struct scan *s)
{
    return s->depth == 0 && s->expect == EXPECT_COMMA_OR_END;
}

/* What should have stood where s is; allowed: s->expect before the token was tried. */
static const char *expected(const struct scan *s, enum expect allowed)
{
    bool value = allowed == EXPECT_VALUE || allowed == EXPECT_VALUE_OR_END;
    char c = peek(s);

    if (c == '"' && allowed < EXPECT_COLON)
        return "a string in one line that ends with '\"'";
    if (value && (c == '-' || is_digit(c)))
        return "a decimal number";
    switch (allowed) {
    case EXPECT_VALUE:
        return "a value";
    case EXPECT_VALUE_OR_END:
        return "a value or ']'";
    case EXPECT_NAME:
        return "a key in double quotes";
    case EXPECT_NAME_OR_END:
        return "a key in double quotes or '}'";
    case EXPECT_COLON:
        return "':'";
    case EXPECT_COMMA_OR_END:
        break;
    }
    if (s->depth == 0)
        return "nothing more";
    return s->is_object & 1 ? "',' or '}'" : "',' or ']'";
}

/* The end of the part of text that is UTF-8. */
static const char *end_of_utf8(const char *text, size_t len)
{
    struct utf8 utf8 = {0};
    size_t start = 0; /* of the code point being read */

    for (size_t i = 0; i < len; i++) {
        if (!utf8_feed(&utf8, (const uint8_t *)text + i, 1))
            break;
        if (utf8_done(&utf8))
            start = i + 1;
    }
    return text + start;
}

/* One token after another, until the value is complete. 0, or what is wrong at s->at. */
static int take_all(struct scan *s, struct json_line_fault *fault)
{
    do {
        enum expect allowed = s->expect;
        int err;

        skip_space(s);
        err = take_token(s);
        if (err < 0) {
            *fault = (struct json_line_fault){s->at, err == PL_ELIMIT ? "fewer levels"
                                                                      : expected(s, allowed)};
            return err;
        }
    } while (!is_complete(s));
    skip_space(s);
    *fault = (struct json_line_fault){s->at, expected(s, s->expect)};
    return s->at == s->end ? PL_OK : PL_EPROTO;
}

ssize_t json_line_check(char *dst, const char *text, size_t len, struct json_line_fault *fault)
{
    struct scan s = {.at = text, .end = text + len, .to = dst, .expect = EXPECT_VALUE};
    struct utf8 utf8 = {0};
    int err;

    if (!utf8_feed(&utf8, (const uint8_t *)text, len) || !utf8_done(&utf8)) {
        *fault = (struct json_line_fault){end_of_utf8(text, len), "UTF-8"};
        return PL_EUTF8;
    }
    err = take_all(&s, fault);
    return err < 0 ? err : s.to - dst;
}

ssize_t json_line_compact(char *dst, const char *text, size_t len)
{
    struct json_line_fault ignored;

    return json_line_check(dst, text, len, &ignored);
}

/* ---- where a value ends ---- */

/* at stands behind a string's opening quote: what follows the closing one, or NULL. */
static const char *skip_string(const char *at, const char *end)
{
    const char *start = at;

    while ((at = memchr(at, '"', (size_t)(end - at))) != NULL) {
        const char *backslashes = at;

        while (backslashes > start && backslashes[-1] == '\\')
            backslashes--;
        at++;
        if ((at - 1 - backslashes) % 2 == 0)
            return at;
        start = at; /* an escaped quote: no need to count across it again */
    }
    return NULL;
}

const char *json_skip_nested(const char *at, const char *end)
{
    char close = at < end && *at == '{' ? '}' : ']';
    size_t depth = 0;

    while (at != NULL && at < end) {
        char c = *at++;

        if (c == '"') {
            at = skip_string(at, end);
        } else if (c == '{' || c == '[') {
            depth++;
        } else if (c == '}' || c == ']') {
            if (--depth == 0)
                return c == close ? at : NULL;
        }
    }
    return NULL;
}

/* A number, true, false or null. */
static const char *skip_word(const char *at, const char *end)
{
    const char *start = at;

    while (at < end && strchr(",}] \t\r\n", *at) == NULL)
        at++;
    return at > start ? at : NULL;
}

const char *json_skip_value(const char *at, const char *end)
{
    if (at >= end)
        return NULL;
    if (*at == '"')
        return skip_string(at + 1, end);
    if (*at == '{' || *at == '[')
        return json_skip_nested(at, end);
    return skip_word(at, end);
}
