#include "lib/proto/url.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

enum { URL_TEXT_BYTES = 256 };

struct scheme {
    const char *name;
    bool tls;
    uint16_t default_port;
};

static const struct scheme schemes[] = {
    {"http", false, 80},
    {"https", true, 443},
    {"ws", false, 80},
    {"wss", true, 443},
};

static const struct scheme *scheme_find(const char *name, size_t name_len)
{
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        const struct scheme *s = &schemes[i];

        if (strlen(s->name) == name_len && strncasecmp(s->name, name, name_len) == 0)
            return s;
    }
    return NULL;
}

static bool is_host_char(char c)
{
    return isalnum((unsigned char)c) || (c != '\0' && strchr("-._~", c) != NULL);
}

static bool is_ipv6_char(char c)
{
    return isxdigit((unsigned char)c) || c == ':' || c == '.';
}

/* Copy the host at the front of text, without brackets. Returns what follows it, or NULL. */
static const char *take_host(char host[URL_TEXT_BYTES], bool *is_ipv6, const char *text)
{
    size_t n = 0;

    *is_ipv6 = *text == '[';
    if (*is_ipv6)
        text++;
    while (*is_ipv6 ? is_ipv6_char(text[n]) : is_host_char(text[n]))
        n++;
    if (n == 0 || n >= URL_TEXT_BYTES || (*is_ipv6 && text[n] != ']'))
        return NULL;
    memcpy(host, text, n);
    host[n] = '\0';
    return text + n + (*is_ipv6 ? 1 : 0);
}

/* Read the decimal port at the front of text. Returns what follows it, or NULL. */
static const char *take_port(uint16_t *port, const char *text)
{
    size_t n = strspn(text, "0123456789");
    char digits[6];
    uint64_t value;

    if (n == 0 || n >= sizeof digits)
        return NULL;
    memcpy(digits, text, n);
    digits[n] = '\0';
    if (url_parse_u64(&value, digits, UINT16_MAX) < 0)
        return NULL;
    *port = (uint16_t)value;
    return text + n;
}

static bool path_is_plausible(const char *path)
{
    for (; *path != '\0'; path++) {
        if (*path <= ' ' || *path > '~')
            return false;
    }
    return true;
}

static int take_path(struct url *out, const char *text, const char *path, struct err_text *e)
{
    size_t n = strlen(path);

    if (*path != '\0' && *path != '/')
        return err_set(e, PL_EINVAL, "'%s': '%s' cannot follow the host; accepted: :PORT and /PATH",
                       text, path);
    if (strpbrk(path, "?#") != NULL)
        return err_set(e, PL_EINVAL, "'%s': a query or fragment has no place here", text);
    if (!path_is_plausible(path))
        return err_set(e, PL_EINVAL, "'%s': the path needs percent-encoding", text);
    while (n > 0 && path[n - 1] == '/')
        n--;
    if (n >= sizeof out->path)
        return err_set(e, PL_EINVAL, "'%.32s...': the path is too long; accepted: up to %zu bytes",
                       text, sizeof out->path - 1);
    memcpy(out->path, path, n);
    out->path[n] = '\0';
    return PL_OK;
}

/* Is there an '@' before the path? What stands before that is a secret, not to be shown. */
static bool has_userinfo(const char *authority)
{
    return authority[strcspn(authority, "@/?#")] == '@';
}

int url_parse(struct url *out, const char *text, struct err_text *e)
{
    const char *at = strstr(text, "://");
    const struct scheme *scheme = at == NULL ? NULL : scheme_find(text, (size_t)(at - text));

    if (has_userinfo(at != NULL ? at + 3 : text))
        return err_set(e, PL_EINVAL, "a URL with a user name or password is not accepted");
    if (scheme == NULL)
        return err_set(e, PL_EINVAL,
                       "'%s' is not a URL; accepted: http://HOST:PORT, or https, ws, wss", text);
    *out = (struct url){.tls = scheme->tls, .port = scheme->default_port};
    at = take_host(out->host, &out->host_is_ipv6, at + 3);
    if (at == NULL)
        return err_set(e, PL_EINVAL,
                       "'%s': no host in it; accepted: a name, 127.0.0.1 or [::1], up to %d bytes",
                       text, URL_TEXT_BYTES - 1);
    if (*at == ':') {
        at = take_port(&out->port, at + 1);
        if (at == NULL || out->port == 0)
            return err_set(e, PL_EINVAL, "'%s': bad port; accepted: 1 to 65535", text);
    }
    return take_path(out, text, at, e);
}

int url_parse_host_port(char host[256], uint16_t *port, const char *text, struct err_text *e)
{
    bool is_ipv6;
    const char *at = take_host(host, &is_ipv6, text);

    if (has_userinfo(text))
        return err_set(e, PL_EINVAL, "a user name or password is not accepted");
    if (at == NULL || *at != ':')
        return err_set(
            e, PL_EINVAL,
            "'%s' is not an address and a port; accepted: such as 127.0.0.1:8080 or [::1]:8080",
            text);
    at = take_port(port, at + 1);
    if (at == NULL || *at != '\0')
        return err_set(e, PL_EINVAL, "'%s': bad port; accepted: 0 (any free one) to 65535", text);
    return PL_OK;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* The byte that "%XX" stands for; negative when malformed, or a NUL, which would end the
 * string early for every later reader. */
static int percent_decode(const char *text)
{
    int high = hex_digit(text[1]);
    int low = high < 0 ? -1 : hex_digit(text[2]);

    if (low < 0 || (high == 0 && low == 0))
        return PL_EINVAL;
    return high * 16 + low;
}

/* absolute-form (RFC 9112 §3.2.2): where its path or query begins, else NULL. */
static char *after_authority(char *target)
{
    char *authority = strstr(target, "://");

    if (authority == NULL || scheme_find(target, (size_t)(authority - target)) == NULL)
        return NULL;
    return authority + 3 + strcspn(authority + 3, "/?");
}

static char *decode_path(char *path)
{
    char *to = path;

    for (const char *from = path; *from != '\0'; from++) {
        int byte = (unsigned char)*from;

        if (byte == '%') {
            byte = percent_decode(from);
            if (byte < 0)
                return NULL;
            from += 2;
        }
        *to++ = (char)byte;
    }
    *to = '\0';
    return path;
}

char *url_split_target(char *target, char **query)
{
    char *path = *target == '/' ? target : after_authority(target);
    char *mark;

    if (strcmp(target, "*") == 0) { /* asterisk-form: OPTIONS for the server as such (§3.2.4) */
        *query = target + 1;
        return target;
    }
    if (path == NULL || strchr(path, '#') != NULL)
        return NULL;
    mark = path + strcspn(path, "?");
    *query = mark;
    if (*mark == '?') {
        *mark = '\0';
        *query = mark + 1;
    }
    if (mark > path)
        return decode_path(path);
    /* "http://host?q": an empty path is "/" (RFC 9110 §4.2.3); the scheme leaves room for it. */
    memcpy(target, "/", 2);
    return target;
}

/* Decode value[0..len) into out. 1, or PL_EINVAL. */
static int decode_value(char *out, size_t cap, const char *value, size_t len)
{
    size_t n = 0;

    for (size_t i = 0; i < len; i++) {
        int byte = value[i] == '+' ? ' ' : (unsigned char)value[i];

        if (byte == '%') {
            byte = i + 2 < len ? percent_decode(value + i) : PL_EINVAL;
            if (byte < 0)
                return PL_EINVAL;
            i += 2;
        }
        if (n + 1 >= cap)
            return PL_EINVAL;
        out[n++] = (char)byte;
    }
    if (cap == 0)
        return PL_EINVAL;
    out[n] = '\0';
    return 1;
}

/* Is it this name, however it is written? */
static bool is_name(const char *text, size_t len, const char *name)
{
    size_t at = 0;

    for (; *name != '\0' && at < len; name++) {
        int byte = (unsigned char)text[at];

        if (byte == '%')
            byte = at + 2 < len ? percent_decode(text + at) : PL_EINVAL;
        if (byte != (unsigned char)*name)
            return false;
        at += text[at] == '%' ? 3 : 1;
    }
    return *name == '\0' && at == len;
}

int url_query_get(const char *query, const char *name, char *out, size_t cap)
{
    while (*query != '\0') {
        size_t len = strcspn(query, "&"), name_len = strcspn(query, "=&");

        if (is_name(query, name_len, name))
            return decode_value(out, cap, query + name_len + (name_len < len),
                                len - name_len - (name_len < len));
        query += len;
        query += *query == '&';
    }
    return 0;
}

int url_parse_u64(uint64_t *out, const char *text, uint64_t max)
{
    uint64_t value = 0;

    if (*text == '\0')
        return PL_EINVAL;
    for (; *text != '\0'; text++) {
        unsigned digit = (unsigned)(unsigned char)*text - '0';

        if (digit > 9 || __builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, digit, &value) || value > max)
            return PL_EINVAL;
    }
    *out = value;
    return PL_OK;
}
