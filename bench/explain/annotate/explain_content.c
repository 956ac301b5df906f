/* Contents: updates, lines of NDJSON, and the event stream's fields (WHATWG HTML §9.2). */
#include <stdio.h>
#include <string.h>

#include "lib/proto/envelope.h"
#include "bench/explain/annotate/explain_parts.h"

/* ---- pushlab's own messages ---- */

static bool begins_with(const char *text, size_t len, const char *prefix)
{
    size_t want = strlen(prefix);

    return len >= want && memcmp(text, prefix, want) == 0;
}

void explain_message(struct explain_side *s, const char *text, size_t len)
{
    struct envelope e;

    if (begins_with(text, len, "{\"hello\":")) {
        explain_say(s, EXPLAIN_INSIDE, 2, explain_word("message hello"), "hello");
    } else if (begins_with(text, len, "{\"missed\":")) {
        explain_say(s, EXPLAIN_INSIDE, 2, explain_word("message missed"), "missed");
    } else if (envelope_scan(&e, text, len) == PL_OK) {
        s->c->tally.updates++;
        explain_say(s, EXPLAIN_INSIDE, 2,
                    explain_usual(s, EXPLAIN_UPDATE, explain_word("message update")), "update %llu",
                    (unsigned long long)e.seq);
    }
}

/* Content of another format. The response to a poll is an array of updates. */
static void say_other(struct explain_side *s, const uint8_t *data, size_t len)
{
    struct explain_notes *notes = s->c->x->notes;
    uint64_t total = len + s->unseen_bytes;
    const char *item;
    size_t at = 0;
    ssize_t n;

    s->c->tally.payload_bytes[s->up] += total;
    explain_say(s, EXPLAIN_WIRE, 1, explain_word("content"), NULL);
    explain_set_wire_beginning(notes, data, len, total, EXPLAIN_SHOWN_BYTES);
    explain_set_meaning(notes, "%llu byte%s of content", (unsigned long long)total,
                        total == 1 ? "" : "s");
    while (notes->rc == PL_OK && (n = envelope_array_next((const char *)data, len, &at, &item)) > 0)
        explain_message(s, item, (size_t)n);
}

/* ---- NDJSON ---- */

static void say_ndjson_line(struct explain_side *s)
{
    struct explain_word word = explain_word("JSON line");
    char meaning[80];

    s->c->tally.payload_bytes[s->up] += s->line_bytes;
    s->c->tally.framing_bytes[s->up] += 1;
    if (s->line.len == 0) {
        explain_say(s, EXPLAIN_WIRE, 1,
                    explain_usual(s, EXPLAIN_EMPTY_LINE, explain_word("heartbeat line")), "%s",
                    "\n");
        return;
    }
    snprintf(meaning, sizeof meaning, "%llu bytes: %s", (unsigned long long)s->line_bytes,
             word.meaning);
    word.meaning = meaning;
    explain_say(s, EXPLAIN_WIRE, 1, explain_usual(s, EXPLAIN_JSON_LINE, word), NULL);
    explain_set_wire_beginning(s->c->x->notes, s->line.data, s->line.len, s->line_bytes,
                               EXPLAIN_SHOWN_BYTES);
    explain_message(s, (const char *)s->line.data, s->line.len);
}

/* ---- server-sent events ---- */

/* The word for a line of the event stream. */
static struct explain_word field_word(struct explain_side *s, const char *line, size_t len,
                                      size_t name_len)
{
    static const char *const names[] = {"data", "id", "event", "retry", "other"};
    const unsigned other = sizeof names / sizeof *names - 1;
    unsigned i = 0;

    if (len > 0 && line[0] == ':')
        return explain_usual(s, EXPLAIN_COMMENT, explain_word("event comment"));
    while (i < other && (strlen(names[i]) != name_len || memcmp(names[i], line, name_len) != 0))
        i++;
    return explain_usual(s, EXPLAIN_FIELD + i, explain_word("event %s", names[i]));
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

static void say_sse_field(struct explain_side *s)
{
    const char *line = (const char *)s->line.data, *colon;
    size_t len = s->line.len, payload = data_bytes(line, len);

    colon = memchr(line, ':', len);
    s->c->tally.payload_bytes[s->up] += payload;
    s->c->tally.framing_bytes[s->up] += len - payload + 1;
    explain_say(s, EXPLAIN_WIRE, 1,
                field_word(s, line, len, colon == NULL ? len : (size_t)(colon - line)), NULL);
    explain_set_wire_bytes(s->c->x->notes, line, len, EXPLAIN_SHOWN_BYTES);
    if (payload > 0)
        explain_message(s, line + len - payload, payload);
}

/* An empty line: what a browser would now dispatch to its page. ev NULL: nothing. */
static void say_dispatch(struct explain_side *s, const struct sse_event *ev)
{
    struct explain_word word = explain_word("event end");
    char meaning[160];

    if (ev != NULL) {
        snprintf(meaning, sizeof meaning,
                 "an empty line dispatches the event: type \"%.40s\", last event ID \"%.40s\"",
                 ev->type, ev->last_event_id);
        word.meaning = meaning;
    }
    s->c->tally.framing_bytes[s->up] += 1;
    explain_say(s, EXPLAIN_WIRE, 1,
                explain_usual(s, ev != NULL ? EXPLAIN_EVENT : EXPLAIN_NO_EVENT, word), "%s", "\n");
}

static void take_sse_line(struct explain_side *s)
{
    static const char mark[] = "\xef\xbb\xbf"; /* §9.2.5: to be ignored */
    struct sse_event ev;
    bool got = false;
    ssize_t n;

    if (!s->line_seen && begins_with((const char *)s->line.data, s->line.len, mark)) {
        buf_drain(&s->line, sizeof mark - 1);
        s->c->tally.framing_bytes[s->up] += sizeof mark - 1;
    }
    s->line_seen = true;
    n = sse_parser_feed(&s->events, s->line.data, s->line.len, &ev, &got);
    if (n >= 0)
        n = sse_parser_feed(&s->events, (const uint8_t *)"\n", 1, &ev, &got);
    if (n < 0)
        explain_give_up(s, "event too long");
    else if (s->line.len == 0)
        say_dispatch(s, got ? &ev : NULL);
    else
        say_sse_field(s);
}

/* ---- lines of both ---- */

static void end_line(struct explain_side *s)
{
    if (buf_reserve(&s->line, 1) < 0) { /* an empty line needs an address, too */
        s->c->x->notes->rc = PL_ENOMEM;
        return;
    }
    s->line_bytes -= s->line.len;
    explain_mask_times(s, &s->line);
    s->line_bytes += s->line.len;
    if (s->content == EXPLAIN_EVENTS)
        take_sse_line(s);
    else
        say_ndjson_line(s);
    s->line.len = 0;
    s->line_bytes = 0;
}

/* Event streams end lines with CR, LF or CRLF (§9.2.5), NDJSON with LF. */
static void take_byte(struct explain_side *s, uint8_t byte)
{
    bool lf_of_crlf = s->line_after_cr && byte == '\n';

    s->line_after_cr = s->content == EXPLAIN_EVENTS && byte == '\r';
    if (lf_of_crlf)
        s->c->tally.framing_bytes[s->up] += 1;
    else if (byte == '\n' || s->line_after_cr)
        end_line(s);
    else if (explain_keep(s, &s->line, &byte, 1) == PL_OK)
        s->line_bytes++;
}

void explain_content(struct explain_side *s, const uint8_t *data, size_t len)
{
    if (s->content == EXPLAIN_OTHER) {
        say_other(s, data, len);
        return;
    }
    for (size_t i = 0; i < len && !s->opaque && s->c->x->notes->rc == PL_OK; i++)
        take_byte(s, data[i]);
}
