/* What is inside: updates, lines of NDJSON, and the event stream's fields (WHATWG HTML §9.2). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/proto/envelope.h"
#include "bench/explain/annotate/explain_inner.h"

/* ---- pushlab's own messages ---- */

static bool begins_with(const char *text, size_t len, const char *prefix)
{
    size_t want = strlen(prefix);

    return len >= want && memcmp(text, prefix, want) == 0;
}

static void say_inside(struct explain *x, struct explain_connection *c, struct explain_side *s,
                       unsigned depth, int64_t at_ns, const char *what, const char *meaning)
{
    explain_say(x, c, s, EXPLAIN_INSIDE, depth, at_ns);
    explain_set_wire(x->notes, "%s", what);
    explain_set_meaning(x->notes, "%s", meaning);
    explain_set_ref(x->notes, "docs/protocol.md");
}

bool explain_message(struct explain *x, struct explain_connection *c, struct explain_side *s,
                     const char *text, size_t len, unsigned depth, int64_t at_ns)
{
    struct envelope e;
    char what[40];

    if (begins_with(text, len, "{\"hello\":")) {
        say_inside(x, c, s, depth, at_ns, "hello",
                   "not an update: the cursor that the client now starts from");
        return false;
    }
    if (begins_with(text, len, "{\"missed\":")) {
        say_inside(x, c, s, depth, at_ns, "missed", "so many updates are lost to this client");
        return false;
    }
    if (envelope_scan(&e, text, len) < 0)
        return false;
    c->tally.updates++;
    snprintf(what, sizeof what, "update %llu", (unsigned long long)e.seq);
    explain_say(x, c, s, EXPLAIN_INSIDE, depth, at_ns);
    explain_set_wire(x->notes, "%s", what);
    explain_set_usual(x, s, EXPLAIN_UPDATE,
                      "seq counts, t is when it was published (ns), data is what was published",
                      "docs/protocol.md");
    return true;
}

/* A poll's answer: the updates in its array. */
static void say_array(struct explain *x, struct explain_connection *c, struct explain_side *s,
                      const char *body, size_t len, unsigned depth, int64_t at_ns)
{
    const char *item;
    size_t at = 0;
    ssize_t n;

    while (x->notes->rc == PL_OK && (n = envelope_array_next(body, len, &at, &item)) > 0)
        explain_message(x, c, s, item, (size_t)n, depth, at_ns);
}

static void say_other(struct explain *x, struct explain_connection *c, struct explain_side *s,
                      const uint8_t *data, size_t len, unsigned depth, int64_t at_ns)
{
    uint64_t total = len + s->unseen_bytes;

    c->tally.payload_bytes[s->up] += total;
    explain_say(x, c, s, EXPLAIN_WIRE, depth, at_ns);
    explain_set_wire_beginning(x->notes, data, len, total, EXPLAIN_SHOWN_BYTES);
    explain_set_meaning(x->notes, "%llu byte%s of content", (unsigned long long)total,
                        total == 1 ? "" : "s");
    explain_set_ref(x->notes, "RFC 9110 \u00a76.4");
    say_array(x, c, s, (const char *)data, len, depth + 1, at_ns);
}

/* ---- NDJSON ---- */

static void say_ndjson_line(struct explain *x, struct explain_connection *c, struct explain_side *s,
                            unsigned depth, int64_t at_ns)
{
    size_t len = s->line.len;
    char meaning[64];

    c->tally.payload_bytes[s->up] += s->line_bytes;
    c->tally.framing_bytes[s->up] += 1;
    explain_say(x, c, s, EXPLAIN_WIRE, depth, at_ns);
    if (len == 0) {
        explain_set_wire(x->notes, "%s", "\n");
        explain_set_usual(x, s, EXPLAIN_EMPTY_LINE,
                          "an empty line: a heartbeat, so that silence is not death",
                          "docs/protocol.md");
        return;
    }
    explain_set_wire_beginning(x->notes, s->line.data, len, s->line_bytes, EXPLAIN_SHOWN_BYTES);
    snprintf(meaning, sizeof meaning, "%llu bytes: one line, one JSON value",
             (unsigned long long)s->line_bytes);
    explain_set_usual(x, s, EXPLAIN_JSON_LINE, meaning, "RFC 8259 \u00a72");
    explain_message(x, c, s, (const char *)s->line.data, len, depth + 1, at_ns);
}

/* ---- server-sent events ---- */

struct sse_row {
    const char *name;
    const char *meaning;
};

/* What a line is, and what that means. */
static enum explain_thing sse_thing(const char *line, size_t len, size_t name_len,
                                    const char **meaning)
{
    static const struct sse_row rows[] = {
        {"data", "what the event says; several such lines are joined by line breaks"},
        {"id", "the event's name for \"go on after this\": Last-Event-ID, when it comes again"},
        {"event", "what kind it is; without it: message"},
        {"retry", "when the connection is lost, wait so many ms before the next one"},
    };

    const size_t count = sizeof rows / sizeof *rows;
    size_t i = 0;

    *meaning = "a comment: a heartbeat that no script sees, so that silence is not death";
    if (len > 0 && line[0] == ':')
        return EXPLAIN_COMMENT;
    while (i < count &&
           (strlen(rows[i].name) != name_len || memcmp(rows[i].name, line, name_len) != 0))
        i++;
    *meaning = i < count ? rows[i].meaning : "a field of no known name: ignored";
    return EXPLAIN_FIELD + (unsigned)i;
}

/* Bytes of the value of a data field, else 0: all others are framing. */
static size_t data_bytes(const char *line, size_t len)
{
    size_t from = 5;

    if (!begins_with(line, len, "data:"))
        return 0;
    from += len > from && line[from] == ' ';
    return len - from;
}

static void say_sse_field(struct explain *x, struct explain_connection *c, struct explain_side *s,
                          unsigned depth, int64_t at_ns)
{
    const char *line = (const char *)s->line.data;
    size_t len = s->line.len, payload = data_bytes(line, len);
    const char *colon = memchr(line, ':', len), *meaning;
    enum explain_thing thing =
        sse_thing(line, len, colon == NULL ? len : (size_t)(colon - line), &meaning);

    c->tally.payload_bytes[s->up] += payload;
    c->tally.framing_bytes[s->up] += len - payload + 1;
    explain_say(x, c, s, EXPLAIN_WIRE, depth, at_ns);
    explain_set_wire_bytes(x->notes, line, len, EXPLAIN_SHOWN_BYTES);
    explain_set_usual(x, s, thing, meaning, "WHATWG HTML \u00a79.2.6");
    if (payload > 0)
        explain_message(x, c, s, line + len - payload, payload, depth + 1, at_ns);
}

/* An empty line: what a browser would now tell its page. */
static void say_dispatch(struct explain *x, struct explain_connection *c, struct explain_side *s,
                         const struct sse_event *ev, unsigned depth, int64_t at_ns)
{
    char meaning[160] = "an empty line; there was no data, so no event is made";

    if (ev != NULL)
        snprintf(meaning, sizeof meaning,
                 "an empty line: here is an event \"%.40s\", last event ID \"%.40s\"", ev->type,
                 ev->last_event_id);
    c->tally.framing_bytes[s->up] += 1;
    explain_say(x, c, s, EXPLAIN_WIRE, depth, at_ns);
    explain_set_wire(x->notes, "%s", "\n");
    explain_set_usual(x, s, ev != NULL ? EXPLAIN_EVENT : EXPLAIN_NO_EVENT, meaning,
                      "WHATWG HTML \u00a79.2.6");
}

static void take_sse_line(struct explain *x, struct explain_connection *c, struct explain_side *s,
                          unsigned depth, int64_t at_ns)
{
    static const char mark[] = "\xef\xbb\xbf"; /* §9.2.5: to be ignored */
    struct sse_event ev;
    bool got = false;
    ssize_t n;

    if (!s->line_seen && begins_with((const char *)s->line.data, s->line.len, mark)) {
        buf_drain(&s->line, sizeof mark - 1);
        c->tally.framing_bytes[s->up] += sizeof mark - 1;
    }
    s->line_seen = true;
    n = sse_parser_feed(&s->events, s->line.data, s->line.len, &ev, &got);

    if (n >= 0)
        n = sse_parser_feed(&s->events, (const uint8_t *)"\n", 1, &ev, &got);
    if (n < 0)
        explain_give_up(x, c, s, at_ns, "an event longer than is looked at", NULL);
    else if (s->line.len == 0)
        say_dispatch(x, c, s, got ? &ev : NULL, depth, at_ns);
    else
        say_sse_field(x, c, s, depth, at_ns);
}

/* ---- lines of both ---- */

static void end_line(struct explain *x, struct explain_connection *c, struct explain_side *s,
                     unsigned depth, int64_t at_ns)
{
    if (buf_reserve(&s->line, 1) < 0) { /* an empty one has an address, too */
        x->notes->rc = PL_ENOMEM;
        return;
    }
    s->line_bytes -= s->line.len;
    explain_mask_times(x, &s->line);
    s->line_bytes += s->line.len;
    if (s->content == EXPLAIN_EVENTS)
        take_sse_line(x, c, s, depth, at_ns);
    else
        say_ndjson_line(x, c, s, depth, at_ns);
    s->line.len = 0;
    s->line_bytes = 0;
}

/* Event streams end lines with CR, LF or CRLF (§9.2.5), NDJSON with LF. */
static void take_byte(struct explain *x, struct explain_connection *c, struct explain_side *s,
                      uint8_t byte, unsigned depth, int64_t at_ns)
{
    bool lf_of_crlf = s->line_after_cr && byte == '\n';

    s->line_after_cr = s->content == EXPLAIN_EVENTS && byte == '\r';
    if (lf_of_crlf)
        c->tally.framing_bytes[s->up] += 1;
    else if (byte == '\n' || s->line_after_cr)
        end_line(x, c, s, depth, at_ns);
    else if (explain_keep(x, &s->line, &byte, 1) == PL_OK)
        s->line_bytes++;
}

void explain_content(struct explain *x, struct explain_connection *c, struct explain_side *s,
                     const uint8_t *data, size_t len, unsigned depth, int64_t at_ns)
{
    if (s->content == EXPLAIN_OTHER) {
        say_other(x, c, s, data, len, depth, at_ns);
        return;
    }
    for (size_t i = 0; i < len && !s->opaque && x->notes->rc == PL_OK; i++)
        take_byte(x, c, s, data[i], depth, at_ns);
}
