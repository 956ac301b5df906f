/* TLS as seen from outside, and what only the client knows (RFC 8446; 1.2: RFC 5246). */
#include <stdio.h>
#include <string.h>

#include "bench/explain/annotate/explain_parts.h"

enum { ALERT_BYTES = 2, LIST_CHARS = 102, VERSION_1_3 = 0x0304 };
enum { SUPPORTED_GROUPS = 10, SUPPORTED_VERSIONS = 43, KEY_SHARE = 51 }; /* extensions */

/* What the server has chosen; until then, whether the client has offered it. */
static bool is_1_3(const struct explain_connection *c)
{
    return c->tls_version == 0 ? c->tls_1_3_offered : c->tls_version == VERSION_1_3;
}

/* What differs between versions: "tls1.3 KEY" or "tls1.2 KEY". */
static struct explain_word tls_word(const struct explain_side *s, const char *key)
{
    return explain_word("tls1.%d %s", is_1_3(s->c) ? 3 : 2, key);
}

/* ---- bytes that may be fewer than they say ---- */

struct reader {
    const uint8_t *at, *end;
    bool short_of; /* a read went beyond the end */
};

static unsigned take(struct reader *r, size_t bytes)
{
    unsigned value = 0;

    if ((size_t)(r->end - r->at) < bytes) {
        r->short_of = true;
        r->at = r->end;
        return 0;
    }
    for (; bytes > 0; bytes--)
        value = value << 8 | *r->at++;
    return value;
}

/* The next `bytes` bytes as a separate reader. */
static struct reader take_part(struct reader *r, size_t bytes)
{
    struct reader part = {r->at, r->at, false};

    if ((size_t)(r->end - r->at) < bytes) {
        r->short_of = part.short_of = true;
        r->at = r->end;
        return part;
    }
    part.end = r->at += bytes;
    return part;
}

/* The next two bytes. False: there are fewer. */
static bool take_pair(struct reader *r, unsigned *out)
{
    if (r->end - r->at < 2)
        return false;
    *out = take(r, 2);
    return true;
}

/* ---- hellos: both sides agree on a version and all the rest (RFC 8446 §4.1, RFC 5246 §7.4.1) */

struct hello {        /* borrows the bytes that it was read from */
    unsigned version; /* the old field, which says 1.2 at most (RFC 8446 §4.1.2) */
    unsigned suite;   /* the server's choice */
    struct reader suites, extensions;
    bool newest; /* TLS 1.3 is among supported_versions */
    bool retry;  /* a HelloRetryRequest (§4.1.4) */
    bool broken; /* it ends too early: its content is not explained */
};

static bool is_hello(uint8_t type)
{
    return type == TLS_CLIENT_HELLO || type == TLS_SERVER_HELLO;
}

static bool finds_1_3(struct reader extensions, bool up)
{
    unsigned type, version;

    while (take_pair(&extensions, &type)) {
        struct reader part = take_part(&extensions, take(&extensions, 2));

        if (extensions.short_of || type != SUPPORTED_VERSIONS)
            continue;
        if (up)
            take(&part, 1);
        while (take_pair(&part, &version))
            if (version == VERSION_1_3)
                return true;
        return false;
    }
    return false;
}

/* A ClientHello (up) or a ServerHello, with its header. */
static struct hello read_hello(const uint8_t *message, size_t len, bool up)
{
    struct reader r = {message + TLS_MESSAGE_HEADER_BYTES, message + len, false};
    struct hello h = {.version = take(&r, 2)};

    take_part(&r, TLS_RANDOM_BYTES);
    take_part(&r, take(&r, 1)); /* legacy_session_id */
    if (up) {
        h.suites = take_part(&r, take(&r, 2));
        take_part(&r, take(&r, 1)); /* compression: none */
    } else {
        h.suite = take(&r, 2);
        take(&r, 1);
    }
    h.broken = r.short_of;
    h.retry = !h.broken && tls_message_is_retry(message, len);
    if (r.end - r.at >= 2) /* there may be none */
        h.extensions = take_part(&r, take(&r, 2));
    h.newest = finds_1_3(h.extensions, up);
    return h;
}

/* The name that a number has, such as "suite 1301"; NULL: unknown. */
static const char *name_of(const char *kind, unsigned number)
{
    return explain_word("%s %04x", kind, number).name;
}

static void say_suites(struct explain_side *s, struct reader suites)
{
    const char *first = NULL;
    unsigned count = 0, suite, signal = 0;

    while (take_pair(&suites, &suite)) {
        if (name_of("signal", suite) != NULL)
            signal = suite;
        else if (count++ == 0)
            first = name_of("suite", suite);
    }
    explain_say(s, EXPLAIN_INSIDE, 2, tls_word(s, "suites"), "%u cipher suite%s: %s%s", count,
                count == 1 ? "" : "s", first == NULL ? "(unknown)" : first,
                count > 1 ? ", \u2026" : "");
    if (signal != 0)
        explain_say(s, EXPLAIN_INSIDE, 2, explain_word("signal %04x", signal), "%s",
                    name_of("signal", signal));
}

static void say_suite(struct explain_side *s, unsigned suite)
{
    const char *name = name_of("suite", suite);

    explain_say(s, EXPLAIN_INSIDE, 2, tls_word(s, "suite"), "%s",
                name == NULL ? "(unknown cipher suite)" : name);
}

/* ": x25519, secp256r1": the names of the numbers in an extension, each of which may be followed by
 * a key. */
static void list_names(char list[LIST_CHARS], struct reader part, const char *kind, size_t skipped,
                       bool keys)
{
    unsigned number;
    size_t len = 0;

    list[0] = '\0';
    take(&part, skipped);
    while (take_pair(&part, &number) && len < LIST_CHARS) {
        const char *name = name_of(kind, number);

        len += (size_t)snprintf(list + len, LIST_CHARS - len, "%s%s", len > 0 ? ", " : ": ",
                                name == NULL ? "unknown" : name);
        if (keys)
            take_part(&part, take(&part, 2));
    }
}

static struct explain_word extension_word(const struct explain_side *s, unsigned type)
{
    struct explain_word word = explain_word("offer %u", type);
    struct explain_word old = explain_word("tls1.2 offer %u", type);

    if (!is_1_3(s->c) && old.meaning != NULL)
        word = old;
    if (!s->up)
        word.meaning = explain_word_or(explain_word("answer %u", type), "answer other").meaning;
    return word;
}

static void say_extension(struct explain_side *s, unsigned type, struct reader part, bool retry)
{
    struct explain_word word = extension_word(s, type);
    char list[LIST_CHARS] = "";

    if (type == SUPPORTED_VERSIONS)
        list_names(list, part, "version", s->up, false);
    else if (type == SUPPORTED_GROUPS)
        list_names(list, part, "group", 2, false);
    else if (type == KEY_SHARE)
        list_names(list, part, "group", s->up ? 2 : 0, true);
    if (type == KEY_SHARE && s->c->tls_retried && (s->up || retry))
        word.meaning = explain_word(s->up ? "retry offer" : "retry answer").meaning;
    if (word.name == NULL)
        explain_say(s, EXPLAIN_INSIDE, 2, tls_word(s, "other extension"), "extension %u", type);
    else
        explain_say(s, EXPLAIN_INSIDE, 2, word, "%s%s", word.name, list);
}

static void say_hello(struct explain_side *s, const struct hello *h)
{
    struct reader all = h->extensions;

    if (h->broken)
        return;
    if (s->up)
        say_suites(s, h->suites);
    else
        say_suite(s, h->suite);
    while (all.end > all.at && s->c->x->notes->rc == PL_OK) {
        unsigned type = take(&all, 2);
        struct reader part = take_part(&all, take(&all, 2));

        if (!all.short_of)
            say_extension(s, type, part, h->retry);
    }
}

/* ---- messages ---- */

static const char *hidden_text(bool hidden)
{
    return hidden ? " (encrypted; visible to the two ends only)" : "";
}

static void say_message(struct explain_side *s, const uint8_t *data, size_t len, bool hidden)
{
    const char *name = tls_message_name(data, len);
    struct explain_word word = tls_word(s, name != NULL ? name : "other message");
    struct hello h = {.broken = true};

    if (word.meaning == NULL) { /* not a message of this version */
        word = tls_word(s, "other message");
        name = NULL;
    }
    if (is_hello(data[0]))
        h = read_hello(data, len, s->up);
    if (h.retry) {
        s->c->tls_retried = true;
        s->c->tally.round_trips++;
    }
    explain_say(s, EXPLAIN_INSIDE, 1, word, "%s%s", name == NULL ? "(unknown message)" : name,
                hidden_text(hidden));
    say_hello(s, &h);
}

static void say_alert(struct explain_side *s, const uint8_t alert[ALERT_BYTES], bool hidden)
{
    struct explain_word word = explain_word_or(explain_word("alert %u", alert[1]), "alert other");
    bool closure = alert[1] == 0 || (is_1_3(s->c) && alert[1] == 90);

    word.ref = tls_word(s, closure ? "closure alert" : "error alert").ref;
    explain_say(s, EXPLAIN_INSIDE, 1, word, "alert %u%s%s%s", alert[1],
                word.name[0] != '\0' ? " " : "", word.name, hidden_text(hidden));
}

void explain_tls_message(struct explain_side *s, const uint8_t *data, size_t len)
{
    if (len > ALERT_BYTES && data[0] == TLS_ALERT) {
        if (!s->alert_explained)
            say_alert(s, data + 1, true);
        s->alert_explained = false;
        return;
    }
    if (len <= TLS_MESSAGE_HEADER_BYTES || data[0] != TLS_HANDSHAKE)
        return;
    /* What was not encrypted is explained with its record. */
    if (!is_hello(data[1]) && (is_1_3(s->c) || data[1] == TLS_FINISHED))
        say_message(s, data + 1, len - 1, true);
}

/* ---- records ---- */

/* One record may contain several messages. */
static void say_clear_messages(struct explain_side *s, const uint8_t *data, size_t len)
{
    while (len >= TLS_MESSAGE_HEADER_BYTES && s->c->x->notes->rc == PL_OK) {
        size_t need = TLS_MESSAGE_HEADER_BYTES + tls_message_body_bytes(data);

        if (need > len)
            need = len;
        say_message(s, data, need, false);
        data += need;
        len -= need;
    }
}

/* The hellos tell the version, which is used for their own records already. */
static void note_version(struct explain_side *s, const uint8_t *data, size_t len)
{
    struct hello h;

    if (len < TLS_MESSAGE_HEADER_BYTES || !is_hello(data[0]))
        return;
    h = read_hello(data, len, s->up);
    if (h.broken)
        return;
    if (s->up)
        s->c->tls_1_3_offered = h.newest;
    else
        s->c->tls_version = h.newest ? VERSION_1_3 : h.version;
}

/* TLS 1.3 sends what is encrypted as application_data, and its change_cipher_spec has no effect
 * (RFC 8446 §5.1, §D.4): after that a hello may still come unencrypted. */
static struct explain_word record_word(const struct explain_side *s, uint8_t type)
{
    if (type == TLS_CHANGE_CIPHER_SPEC)
        return tls_word(s, "record change_cipher_spec");
    if (type == TLS_APPLICATION_DATA)
        return tls_word(s, "record application_data");
    if (type == TLS_ALERT)
        return tls_word(s, s->encrypted ? "record alert encrypted" : "record alert");
    return tls_word(s, s->encrypted ? "record handshake encrypted" : "record handshake");
}

static void say_record(struct explain_side *s, const uint8_t *r, size_t len)
{
    const uint8_t *body = r + TLS_RECORD_HEADER_BYTES;
    size_t body_len = len - TLS_RECORD_HEADER_BYTES;
    bool handshake = r[0] == TLS_HANDSHAKE && !s->encrypted;
    struct explain_word word;

    if (handshake)
        note_version(s, body, body_len);
    word = record_word(s, r[0]);
    if (s->c->x->options.mask && r[0] != TLS_CHANGE_CIPHER_SPEC)
        explain_say(s, EXPLAIN_WIRE, 0, word, "%02x %02x %02x LENGTH \u2026", r[0], r[1], r[2]);
    else
        explain_say(s, EXPLAIN_WIRE, 0, word, "%02x %02x %02x %02x %02x \u2026 %zu byte%s", r[0],
                    r[1], r[2], r[3], r[4], body_len, body_len == 1 ? "" : "s");
    if (handshake)
        say_clear_messages(s, body, body_len);
    if (r[0] == TLS_ALERT && !s->encrypted && body_len == ALERT_BYTES) {
        say_alert(s, body, false);
        s->alert_explained = true;
    }
    s->encrypted |= r[0] == TLS_CHANGE_CIPHER_SPEC && !is_1_3(s->c);
}

void explain_records(struct explain_side *s, const uint8_t *data, size_t len)
{
    struct explain_notes *notes = s->c->x->notes;
    enum tls_event event;

    s->c->tally.record_bytes[s->up] += len;
    if (s->records_opaque)
        return;
    do {
        ssize_t n = tls_records_feed(&s->records, data, len, &event);

        if (n == PL_ENOMEM)
            notes->rc = PL_ENOMEM;
        if (n < 0) {
            s->records_opaque = true;
            explain_say(s, EXPLAIN_INSIDE, 0, explain_word("not TLS"), "(not TLS)");
            return;
        }
        data += n;
        len -= (size_t)n;
        if (event == TLS_RECORD_WHOLE)
            say_record(s, s->records.record.data, s->records.record.len);
    } while (event != TLS_NEED_MORE && notes->rc == PL_OK);
}

/* ---- what the client says ---- */

void explain_secured(struct explain_connection *c, const char *text, size_t len)
{
    bool resumed = memmem(text, len, "resumed", 7) != NULL;
    bool newest = memmem(text, len, "TLSv1.3", 7) != NULL;
    const char *how = c->tls_retried ? "retried" : resumed ? "resumed" : "full";

    c->tally.tls_handshakes++;
    c->tally.resumptions += resumed;
    c->tally.round_trips += newest || resumed ? 1 : 2;
    explain_say_beside(c->x, c, EXPLAIN_INSIDE,
                       explain_word("tls1.%d secured %s", newest ? 3 : 2, how), NULL);
    explain_set_wire_bytes(c->x->notes, text, len, EXPLAIN_SHOWN_BYTES);
}
