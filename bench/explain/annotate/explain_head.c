/* The head of an HTTP message, line by line (RFC 9112 §2.1). */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "bench/explain/annotate/explain_parts.h"

enum { QUERY_PARTS_MAX = 8 };

/* ---- the first line ---- */

static void say_line(struct explain_side *s, unsigned depth, struct explain_word word,
                     const char *line)
{
    explain_say(s, EXPLAIN_WIRE, depth, explain_brief(s->c->x, word), NULL);
    explain_set_wire_bytes(s->c->x->notes, line, strlen(line), EXPLAIN_SHOWN_BYTES);
}

static void say_part(struct explain_side *s, const char *part, size_t len, struct explain_word word)
{
    explain_say(s, EXPLAIN_INSIDE, 1, explain_brief(s->c->x, word), NULL);
    explain_set_wire_bytes(s->c->x->notes, part, len, EXPLAIN_SHOWN_BYTES);
}

/* "?since=17&timeout=1000": the parameters that pushlab defines */
static void say_query(struct explain_side *s, const char *query)
{
    for (int i = 0; *query != '\0' && i < QUERY_PARTS_MAX; i++) {
        size_t len = strcspn(query, "&");
        struct explain_word word = explain_word("query %.*s", (int)strcspn(query, "=&"), query);

        if (word.meaning != NULL)
            say_part(s, query, len, word);
        query += len + (query[len] == '&');
    }
}

static void say_request_line(struct explain_side *s, const char *line)
{
    const struct http_message *m = &s->http.msg;
    const char *method = llhttp_method_name((llhttp_method_t)m->method);
    const char *target = http_message_target(m), *query = strchr(target, '?');
    struct explain *x = s->c->x;
    char version[16];

    snprintf(version, sizeof version, "HTTP/1.%d", m->minor);
    say_line(s, 0, explain_word("request-line"), line);
    if (!x->parts_explained) {
        say_part(s, method, strlen(method),
                 explain_word_or(explain_word("method %s", method), "method other"));
        say_part(s, target, strcspn(target, "?"), explain_word("request-line path"));
    }
    if (query != NULL)
        say_query(s, query + 1);
    if (!x->parts_explained)
        say_part(s, version, strlen(version),
                 explain_word("request-line version 1.%d", m->minor > 0));
    x->parts_explained = true;
    s->c->tally.requests++;
}

/* "HTTP/1.1 200 OK": each part, if it is the first of its kind. */
static void say_status_parts(struct explain_side *s, const char *line)
{
    const struct http_message *m = &s->http.msg;
    const char *status = line + strcspn(line, " "), *phrase;
    struct explain *x = s->c->x;

    if (explain_is_new(&x->versions_explained, m->minor))
        say_part(s, line, (size_t)(status - line),
                 explain_word("status version 1.%d", m->minor > 0));
    status += strspn(status, " ");
    phrase = status + strcspn(status, " ");
    if (explain_is_new(&x->classes_explained, m->status / 100U))
        say_part(s, status, (size_t)(phrase - status),
                 explain_word_or(explain_word("status class %u", m->status / 100U),
                                 "status class other"));
    phrase += strspn(phrase, " ");
    if (!x->phrase_explained && *phrase != '\0')
        say_part(s, phrase, strlen(phrase), explain_word("status phrase"));
    x->phrase_explained |= *phrase != '\0';
}

static void say_status_line(struct explain_side *s, const char *line)
{
    unsigned status = s->http.msg.status;
    struct explain_word word =
        explain_word_or(explain_word("status %uxx", status / 100), "status other");

    if (explain_word("status %u", status).meaning != NULL)
        word = explain_word("status %u", status);
    say_line(s, 0, word, line);
    say_status_parts(s, line);
    if (status >= 200 || status == 101) {
        s->c->tally.responses++;
        s->c->tally.round_trips++;
    }
}

/* ---- the fields ---- */

static void trim_end(char *text)
{
    size_t len = strlen(text);

    while (len > 0 && (text[len - 1] == ' ' || text[len - 1] == '\t'))
        text[--len] = '\0';
}

static void say_field(struct explain_side *s, char *line)
{
    char *colon = strchr(line, ':'), *value;
    struct explain *x = s->c->x;
    struct buf shown = {0};

    if (colon == NULL || *line == ' ' || *line == '\t') {
        explain_say(s, EXPLAIN_WIRE, 1, explain_word("folded line"), NULL);
        explain_set_wire_bytes(x->notes, line, strlen(line), EXPLAIN_SHOWN_BYTES);
        return;
    }
    *colon = '\0';
    value = colon + 1 + strspn(colon + 1, " \t");
    trim_end(value);
    explain_say(s, EXPLAIN_WIRE, 1, explain_brief(x, explain_word_field(s->up, line, value)), NULL);
    if (buf_printf(&shown, "%s: ", line) < 0 || explain_put_value(s, &shown, line, value) < 0)
        x->notes->rc = PL_ENOMEM;
    explain_set_wire_bytes(x->notes, shown.data, shown.len, EXPLAIN_SHOWN_BYTES);
    buf_free(&shown);
    if (s->up && strcasecmp(line, "Sec-WebSocket-Key") == 0)
        snprintf(s->c->key, sizeof s->c->key, "%s", value);
    if (!s->up && s->http.msg.status == 101 && strcasecmp(line, "Sec-WebSocket-Accept") == 0)
        explain_accept(s, value);
}

/* ---- the end of it ---- */

/* RFC 9112 §6.3 */
static const char *what_follows(const struct explain_side *s)
{
    const struct http_message *m = &s->http.msg;

    if (!s->up && m->status == 101)
        return "head end: upgrade";
    if (m->has_body)
        return "head end: content";
    if (s->up || m->status < 200 || m->status == 204 || m->status == 304 ||
        http_message_field(m, "Content-Length") != NULL)
        return "head end: no content";
    return "head end: content until close";
}

/* The server's decision on an offered upgrade; with a wrong Sec-WebSocket-Accept the client fails
 * the connection (RFC 6455 §4.1). */
static void say_verdict(struct explain_side *s)
{
    struct explain_connection *c = s->c;
    bool agreed = s->http.msg.status == 101;

    if (s->up || !c->asked_upgrade || (s->http.msg.status < 200 && !agreed))
        return;
    c->asked_upgrade = false;
    if (agreed)
        explain_say(s, EXPLAIN_INSIDE, 0,
                    explain_word(c->accept_wrong ? "upgraded: accept wrong" : "upgraded"),
                    "the server has decided: upgraded");
    else
        explain_say(s, EXPLAIN_INSIDE, 0,
                    explain_word(s->http.msg.keep_alive && !c->asked_close ? "not upgraded: goes on"
                                                                           : "not upgraded: ends"),
                    "the server has decided: not upgraded");
}

/* Cut the next line off; NULL at the end. */
static char *next_line(char **at, const char *end)
{
    char *line = *at, *lf = memchr(line, '\n', (size_t)(end - line));

    if (line >= end)
        return NULL;
    *at = lf == NULL ? (char *)end : lf + 1;
    if (lf == NULL)
        return line;
    *lf = '\0';
    if (lf > line && lf[-1] == '\r')
        lf[-1] = '\0';
    return line;
}

void explain_head(struct explain_side *s)
{
    struct explain_connection *c = s->c;
    bool first = true;
    char *at, *end, *line;

    c->tally.head_bytes[s->up] += s->head.len;
    if (buf_add(&s->head, "", 1) < 0) {
        c->x->notes->rc = PL_ENOMEM;
        return;
    }
    at = (char *)s->head.data;
    end = at + s->head.len - 1;
    while ((line = next_line(&at, end)) != NULL) {
        if (line[0] == '\0')
            continue;
        if (!first)
            say_field(s, line);
        else if (s->up)
            say_request_line(s, line);
        else
            say_status_line(s, line);
        first = false;
    }
    if (s->up) {
        c->asked_upgrade = c->accept_wrong = s->http.msg.upgrade;
        c->asked_close = !s->http.msg.keep_alive;
    }
    explain_say(s, EXPLAIN_WIRE, 1, explain_brief(c->x, explain_word("%s", what_follows(s))), "%s",
                "\r\n");
    say_verdict(s);
}
