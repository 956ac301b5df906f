#include "lib/proto/http_message.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "lib/proto/url.h"

static const char *text_at(const struct http_message *m, uint32_t offset)
{
    return (const char *)m->text.data + offset;
}

/* Comparing lengths first settles almost every field without touching its text. */
static bool field_is(const struct http_message *m, const struct http_field *f, const char *name,
                     size_t name_len)
{
    return f->value - f->name == name_len + 1 &&
           strncasecmp(text_at(m, f->name), name, name_len) == 0;
}

/* The index of the first field so named, from index i on; nfields if there is none. */
static uint32_t field_find(const struct http_message *m, uint32_t i, const char *name,
                           size_t name_len)
{
    while (i < m->nfields && !field_is(m, &m->fields[i], name, name_len))
        i++;
    return i;
}

const char *http_message_field(const struct http_message *m, const char *name)
{
    uint32_t i = field_find(m, 0, name, strlen(name));

    return i < m->nfields ? text_at(m, m->fields[i].value) : NULL;
}

size_t http_message_count(const struct http_message *m, const char *name)
{
    size_t name_len = strlen(name), count = 0;

    for (uint32_t i = field_find(m, 0, name, name_len); i < m->nfields;
         i = field_find(m, i + 1, name, name_len))
        count++;
    return count;
}

static bool list_has_token(const char *list, const char *token, size_t token_len)
{
    while (*list != '\0') {
        size_t len;

        list += strspn(list, ", \t");
        len = strcspn(list, ",");
        while (len > 0 && (list[len - 1] == ' ' || list[len - 1] == '\t'))
            len--;
        if (len == token_len && len > 0 && strncasecmp(list, token, len) == 0)
            return true;
        list += strcspn(list, ",");
    }
    return false;
}

bool http_message_has_token(const struct http_message *m, const char *name, const char *token)
{
    size_t name_len = strlen(name), token_len = strlen(token);

    for (uint32_t i = field_find(m, 0, name, name_len); i < m->nfields;
         i = field_find(m, i + 1, name, name_len)) {
        if (list_has_token(text_at(m, m->fields[i].value), token, token_len))
            return true;
    }
    return false;
}

/* A token, or a quoted string, at text. */
static size_t word_length(const char *text)
{
    size_t n = 1;

    if (*text != '"')
        return strcspn(text, "=;, \t\"");
    while (text[n] != '\0' && text[n] != '"')
        n += text[n] == '\\' && text[n + 1] != '\0' ? 2 : 1;
    return text[n] == '"' ? n + 1 : n;
}

/* Returns what follows the element. */
static const char *element_read(struct http_element *e, const char *text)
{
    e->name = text;
    e->name_len = word_length(text);
    text += e->name_len;
    text += strspn(text, " \t");
    e->value = text;
    e->value_len = 0;
    if (*text == '=') {
        text += 1 + strspn(text + 1, " \t");
        e->value = text;
        e->value_len = word_length(text);
        text += e->value_len;
    }
    while (*text != '\0' && *text != ',')
        text += *text == '"' ? word_length(text) : 1;
    return text;
}

bool http_message_next_element(const struct http_message *m, const char *name,
                               struct http_element *e)
{
    size_t name_len = strlen(name);

    for (e->field = field_find(m, e->field, name, name_len); e->field < m->nfields;
         e->field = field_find(m, e->field + 1, name, name_len)) {
        const char *value = text_at(m, m->fields[e->field].value);
        const char *text = value + e->at;

        text += strspn(text, ", \t");
        if (*text != '\0') {
            e->at = (size_t)(element_read(e, text) - value);
            return true;
        }
        e->at = 0;
    }
    return false;
}

const char *http_message_target(const struct http_message *m)
{
    return m->text.len == 0 || m->status != 0 ? "" : text_at(m, m->target);
}

const char *http_status_phrase(int status)
{
    static const struct {
        int status;
        const char *phrase;
    } phrases[] = {
        {100, "Continue"},
        {101, "Switching Protocols"},
        {200, "OK"},
        {201, "Created"},
        {202, "Accepted"},
        {204, "No Content"},
        {301, "Moved Permanently"},
        {302, "Found"},
        {303, "See Other"},
        {304, "Not Modified"},
        {307, "Temporary Redirect"},
        {308, "Permanent Redirect"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {406, "Not Acceptable"},
        {407, "Proxy Authentication Required"},
        {408, "Request Timeout"},
        {409, "Conflict"},
        {410, "Gone"},
        {411, "Length Required"},
        {412, "Precondition Failed"},
        {413, "Content Too Large"},
        {414, "URI Too Long"},
        {415, "Unsupported Media Type"},
        {416, "Range Not Satisfiable"},
        {417, "Expectation Failed"},
        {421, "Misdirected Request"},
        {422, "Unprocessable Content"},
        {426, "Upgrade Required"},
        {428, "Precondition Required"},
        {429, "Too Many Requests"},
        {431, "Request Header Fields Too Large"},
        {500, "Internal Server Error"},
        {501, "Not Implemented"},
        {502, "Bad Gateway"},
        {503, "Service Unavailable"},
        {504, "Gateway Timeout"},
        {505, "HTTP Version Not Supported"},
    };

    for (size_t i = 0; i < sizeof phrases / sizeof phrases[0]; i++) {
        if (phrases[i].status == status)
            return phrases[i].phrase;
    }
    return "Unknown";
}

/* Of one of the three forms of an HTTP-date (RFC 9110 §5.6.7); negative when it is none. strptime()
 * would read the user's language. */
static int64_t date_read(const char *text)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    struct tm t = {0};
    char month[4] = "";
    const char *at;
    int end = 0;

    if (sscanf(text, "%*[A-Za-z], %2d%*[- ]%3[A-Za-z]%*[- ]%4d %2d:%2d:%2d GMT%n", &t.tm_mday,
               month, &t.tm_year, &t.tm_hour, &t.tm_min, &t.tm_sec, &end) != 6 &&
        sscanf(text, "%*[A-Za-z] %3[A-Za-z] %2d %2d:%2d:%2d %4d%n", month, &t.tm_mday, &t.tm_hour,
               &t.tm_min, &t.tm_sec, &t.tm_year, &end) != 6)
        return -1;
    at = strstr(months, month);
    if (end == 0 || text[end] != '\0' || strlen(month) != 3 || at == NULL || (at - months) % 3 != 0)
        return -1;
    t.tm_mon = (int)(at - months) / 3;
    t.tm_year += t.tm_year >= 1000 ? -1900
                 : t.tm_year < 70  ? 100
                                   : 0; /* two digits: 1970 to 2069 */
    return (int64_t)timegm(&t);
}

int64_t http_retry_after_s(const struct http_message *m, int64_t unix_s)
{
    const char *text = http_message_field(m, "Retry-After");
    uint64_t seconds;
    int64_t when;

    if (text == NULL)
        return -1;
    if (*text != '\0' && text[strspn(text, "0123456789")] == '\0')
        return url_parse_u64(&seconds, text, INT64_MAX) == PL_OK ? (int64_t)seconds : INT64_MAX;
    when = date_read(text);
    if (when < 0)
        return -1;
    return when > unix_s ? when - unix_s : 0;
}

void http_date(char out[30], int64_t unix_s)
{
    /* strftime() would speak the user's language; the header must not. */
    static const char days[7][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    time_t when = (time_t)unix_s;
    struct tm t = {0};
    char line[64];

    gmtime_r(&when, &t);
    snprintf(line, sizeof line, "%s, %02d %s %04d %02d:%02d:%02d GMT", days[t.tm_wday], t.tm_mday,
             months[t.tm_mon], t.tm_year + 1900, t.tm_hour, t.tm_min, t.tm_sec);
    memcpy(out, line, 29);
    out[29] = '\0';
}
