/* The head of an HTTP message, line by line (RFC 9112 §2.1). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "bench/explain/annotate/explain_inner.h"
#include "bench/explain/annotate/explain_words.h"

enum { QUERY_PARTS_MAX = 8 };

struct line {
    char *text; /* NUL-terminated */
    int64_t at_ns;
};

/* ---- the first line ---- */

static void say_part(struct explain *x, struct explain_connection *c, struct explain_side *s,
                     int64_t at_ns, const char *part, size_t len, const char *meaning,
                     const char *ref)
{
    explain_say(x, c, s, EXPLAIN_INSIDE, 1, at_ns);
    explain_set_wire_bytes(x->notes, part, len, EXPLAIN_SHOWN_BYTES);
    explain_set_word(x, meaning, ref);
}

/* "?since=17&timeout=1000": those that are pushlab's */
static void say_query(struct explain *x, struct explain_connection *c, struct explain_side *s,
                      int64_t at_ns, const char *query)
{
    for (int i = 0; *query != '\0' && i < QUERY_PARTS_MAX; i++) {
        size_t len = strcspn(query, "&");
        char name[32];
        struct explain_word word;

        snprintf(name, sizeof name, "%.*s", (int)strcspn(query, "=&"), query);
        word = explain_query(name);
        if (word.meaning != NULL)
            say_part(x, c, s, at_ns, query, len, word.meaning, word.ref);
        query += len + (query[len] == '&');
    }
}

static void say_target(struct explain *x, struct explain_connection *c, struct explain_side *s,
                       int64_t at_ns, const char *target)
{
    const char *query = strchr(target, '?');

    if (!x->parts_said)
        say_part(x, c, s, at_ns, target, strcspn(target, "?"),
                 "what is asked for: the target's path", "RFC 9112 \u00a73.2.1");
    if (query != NULL)
        say_query(x, c, s, at_ns, query + 1);
}

static const char *version_meaning(int minor)
{
    return minor == 0 ? "before connections were kept open"
                      : "the connection stays open after the answer, unless one side says close";
}

static void say_request_line(struct explain *x, struct explain_connection *c,
                             struct explain_side *s, const struct line *l)
{
    const struct http_message *m = &s->http.msg;
    const char *method = llhttp_method_name((llhttp_method_t)m->method);
    struct explain_word word = explain_method(method);
    char version[16];

    explain_say(x, c, s, EXPLAIN_WIRE, 0, l->at_ns);
    explain_set_wire_bytes(x->notes, l->text, strlen(l->text), EXPLAIN_SHOWN_BYTES);
    explain_set_word(x, "the request line: method, target, version", "RFC 9112 \u00a73");
    if (!x->parts_said)
        say_part(x, c, s, l->at_ns, method, strlen(method), word.meaning, word.ref);
    say_target(x, c, s, l->at_ns, http_message_target(m));
    if (!x->parts_said) {
        snprintf(version, sizeof version, "HTTP/1.%d", m->minor);
        say_part(x, c, s, l->at_ns, version, strlen(version), version_meaning(m->minor),
                 "RFC 9112 \u00a79.3");
    }
    x->parts_said = true;
    c->tally.requests++;
}

static const char *answer_version_meaning(int minor)
{
    return minor == 0 ? "the version: connections end after the answer, unless it says keep-alive"
                      : "the version: the connection persists, unless one side says close";
}

static const char *class_meaning(int status)
{
    static const char *const meanings[] = {
        "the status code; 1xx: an interim answer",
        "the status code; 2xx: success",
        "the status code; 3xx: something else is to be done",
        "the status code; 4xx: the request is at fault",
        "the status code; 5xx: the server is at fault",
    };

    return status >= 100 && status < 600 ? meanings[status / 100 - 1] : "the status code";
}

/* "HTTP/1.1 200 OK": each part when it is the first of its kind. */
static void say_status_parts(struct explain *x, struct explain_connection *c,
                             struct explain_side *s, const struct line *l)
{
    const struct http_message *m = &s->http.msg;
    const char *status = l->text + strcspn(l->text, " "), *phrase;
    unsigned class = m->status / 100U;

    if ((x->versions_said >> m->minor & 1) == 0)
        say_part(x, c, s, l->at_ns, l->text, (size_t)(status - l->text),
                 answer_version_meaning(m->minor), "RFC 9112 \u00a79.3");
    x->versions_said |= (uint8_t)(1u << m->minor);
    status += strspn(status, " ");
    phrase = status + strcspn(status, " ");
    if ((x->classes_said >> class & 1) == 0)
        say_part(x, c, s, l->at_ns, status, (size_t)(phrase - status), class_meaning(m->status),
                 "RFC 9110 \u00a715");
    x->classes_said |= (uint16_t)(1u << class);
    phrase += strspn(phrase, " ");
    if (!x->phrase_said && *phrase != '\0')
        say_part(x, c, s, l->at_ns, phrase, strlen(phrase),
                 "the reason phrase: for people; a client goes by the code", "RFC 9112 \u00a74");
    x->phrase_said |= *phrase != '\0';
}

static void say_status_line(struct explain *x, struct explain_connection *c, struct explain_side *s,
                            const struct line *l)
{
    int status = s->http.msg.status;
    struct explain_word word = explain_status(status);

    explain_say(x, c, s, EXPLAIN_WIRE, 0, l->at_ns);
    explain_set_wire_bytes(x->notes, l->text, strlen(l->text), EXPLAIN_SHOWN_BYTES);
    explain_set_word(x, word.meaning, word.ref);
    say_status_parts(x, c, s, l);
    if (status >= 200 || status == 101) {
        c->tally.responses++;
        c->tally.round_trips++;
    }
}

/* ---- the fields ---- */

static void note_key(struct explain_connection *c, const struct explain_side *s, const char *name,
                     const char *value)
{
    if (s->up && strcasecmp(name, "Sec-WebSocket-Key") == 0)
        snprintf(c->key, sizeof c->key, "%s", value);
}

static void say_folded(struct explain *x, struct explain_connection *c, struct explain_side *s,
                       const struct line *l)
{
    explain_say(x, c, s, EXPLAIN_WIRE, 1, l->at_ns);
    explain_set_wire_bytes(x->notes, l->text, strlen(l->text), EXPLAIN_SHOWN_BYTES);
    explain_set_meaning(x->notes, "the line above goes on, in a way that is no longer allowed");
    explain_set_ref(x->notes, "RFC 9112 \u00a75.2");
}

static void trim_end(char *text)
{
    size_t len = strlen(text);

    while (len > 0 && (text[len - 1] == ' ' || text[len - 1] == '\t'))
        text[--len] = '\0';
}

static void say_field(struct explain *x, struct explain_connection *c, struct explain_side *s,
                      const struct line *l)
{
    char *name = l->text, *colon = strchr(name, ':'), *value;
    struct explain_word word;
    struct buf shown = {0};

    if (colon == NULL || *name == ' ' || *name == '\t') {
        say_folded(x, c, s, l);
        return;
    }
    *colon = '\0';
    value = colon + 1 + strspn(colon + 1, " \t");
    trim_end(value);
    word = explain_field(s->up, name, value);
    explain_say(x, c, s, EXPLAIN_WIRE, 1, l->at_ns);
    if (buf_printf(&shown, "%s: ", name) < 0 || explain_put_value(x, s, &shown, name, value) < 0)
        x->notes->rc = PL_ENOMEM;
    explain_set_wire_bytes(x->notes, shown.data, shown.len, EXPLAIN_SHOWN_BYTES);
    explain_set_word(x, word.meaning, word.ref);
    buf_free(&shown);
    note_key(c, s, name, value);
    if (!s->up && s->http.msg.status == 101 && strcasecmp(name, "Sec-WebSocket-Accept") == 0)
        explain_accept(x, c, s, value, l->at_ns);
}

/* ---- the end of it ---- */

/* RFC 9112 §6.3 */
static const char *what_follows(const struct explain_side *s)
{
    const struct http_message *m = &s->http.msg;

    if (!s->up && m->status == 101)
        return "an empty line: the head is over, HTTP ends here";
    if (m->has_body)
        return "an empty line: the head is over, the content follows";
    if (s->up || m->status < 200 || m->status == 204 || m->status == 304 ||
        http_message_field(m, "Content-Length") != NULL)
        return "an empty line: the head is over, no content follows";
    return "an empty line: the head is over, the content follows, up to the connection's end";
}

static void say_empty_line(struct explain *x, struct explain_connection *c, struct explain_side *s,
                           int64_t at_ns)
{
    explain_say(x, c, s, EXPLAIN_WIRE, 1, at_ns);
    explain_set_wire(x->notes, "%s", "\r\n");
    explain_set_word(x, what_follows(s), "RFC 9112 \u00a72.1");
}

/* Of a 101: does the connection become another one, or is it to be failed (RFC 6455 §4.1)? */
static void say_agreed(struct explain *x, struct explain_connection *c)
{
    explain_set_wire(x->notes, "the server has decided: upgraded");
    explain_set_ref(x->notes, c->accept_wrong ? "RFC 6455 \u00a74.1" : "RFC 9110 \u00a77.8");
    explain_set_meaning(x->notes, "%s",
                        c->accept_wrong
                            ? "but what proves that it has read the request is wrong or not there: "
                              "the client fails the connection, and no frame is sent"
                            : "the same TCP connection goes on, without another handshake");
}

static void say_not_agreed(struct explain *x, struct explain_connection *c, struct explain_side *s)
{
    bool persists = s->http.msg.keep_alive && !c->asked_close;

    explain_set_wire(x->notes, "the server has decided: not upgraded");
    explain_set_ref(x->notes, persists ? "RFC 9110 \u00a77.8" : "RFC 9112 \u00a79.3");
    explain_set_meaning(x->notes, "the client may only offer; %s",
                        persists ? "the connection goes on with HTTP"
                                 : "and the connection ends with this answer");
}

/* What became of the offer to speak another protocol. */
static void say_verdict(struct explain *x, struct explain_connection *c, struct explain_side *s,
                        int64_t at_ns)
{
    bool agreed = s->http.msg.status == 101;

    if (s->up || !c->asked_upgrade || (s->http.msg.status < 200 && !agreed))
        return;
    c->asked_upgrade = false;
    explain_say(x, c, s, EXPLAIN_INSIDE, 0, at_ns);
    if (agreed)
        say_agreed(x, c);
    else
        say_not_agreed(x, c, s);
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

void explain_head(struct explain *x, struct explain_connection *c, struct explain_side *s,
                  int64_t at_ns)
{
    struct line l = {.at_ns = at_ns};
    bool first = true;
    char *at, *end;

    c->tally.head_bytes[s->up] += s->head.len;
    if (buf_add(&s->head, "", 1) < 0) {
        x->notes->rc = PL_ENOMEM;
        return;
    }
    at = (char *)s->head.data;
    end = at + s->head.len - 1;
    while ((l.text = next_line(&at, end)) != NULL) {
        if (l.text[0] == '\0')
            continue;
        if (!first)
            say_field(x, c, s, &l);
        else if (s->up)
            say_request_line(x, c, s, &l);
        else
            say_status_line(x, c, s, &l);
        first = false;
    }
    if (s->up) {
        c->asked_upgrade = s->http.msg.upgrade;
        c->asked_close = !s->http.msg.keep_alive;
        c->accept_wrong = s->http.msg.upgrade;
    }
    say_empty_line(x, c, s, at_ns);
    say_verdict(x, c, s, at_ns);
}
