/* TLS as one sees it from outside, and what the client alone knows (RFC 8446; 1.2: RFC 5246). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explain_inner.h"
#include "explain_tls_words.h"

enum { RECORD_HEADER_BYTES = 5, RECORD_MAX_BYTES = 16384 + 2048, MESSAGE_HEADER_BYTES = 4 };
enum { RANDOM_BYTES = 32, ALERT_BYTES = 2, LIST_CHARS = 100 };
enum { TLS_1_3 = 0x0304 };
enum record_type { CHANGE_CIPHER_SPEC = 20, ALERT = 21, HANDSHAKE = 22, APPLICATION_DATA = 23 };

/* What the server has chosen; until then, whether the client has offered it. */
static bool is_1_3(const struct explain_connection *c)
{
    return c->tls_version == 0 ? c->tls_1_3_offered : c->tls_version == TLS_1_3;
}

/* ---- reading ---- */

struct reader {
    const uint8_t *at, *end;
    bool short_of; /* it asked for more than there is */
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

/* The next `bytes` bytes as a reader of their own. */
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

/* ---- hellos ---- */

struct hello {
    unsigned version; /* the old field, which says 1.2 at most (RFC 8446 §4.1.2) */
    const uint8_t *random;
    unsigned suite; /* the server's choice */
    struct reader suites, extensions;
    bool tls_1_3; /* among supported_versions */
    bool broken;
};

static bool names_1_3(struct reader versions, bool up)
{
    if (up)
        take(&versions, 1);
    while (versions.end - versions.at >= 2)
        if (take(&versions, 2) == TLS_1_3)
            return true;
    return false;
}

static bool find_1_3(struct reader extensions, bool up)
{
    while (extensions.end > extensions.at) {
        unsigned type = take(&extensions, 2);
        struct reader part = take_part(&extensions, take(&extensions, 2));

        if (!extensions.short_of && type == EXPLAIN_TLS_SUPPORTED_VERSIONS)
            return names_1_3(part, up);
    }
    return false;
}

/* Without its header. */
static struct hello read_hello(struct reader r, bool up)
{
    struct hello h = {.version = take(&r, 2)};

    h.random = take_part(&r, RANDOM_BYTES).at;
    take_part(&r, take(&r, 1)); /* the session's ID, from before there were tickets */
    if (up) {
        h.suites = take_part(&r, take(&r, 2));
        take_part(&r, take(&r, 1)); /* compression: none */
    } else {
        h.suite = take(&r, 2);
        take(&r, 1);
    }
    h.broken = r.short_of;
    if (r.end - r.at >= 2) /* there may be none */
        h.extensions = take_part(&r, take(&r, 2));
    h.tls_1_3 = find_1_3(h.extensions, up);
    return h;
}

/* RFC 8446 §4.1.3: SHA-256 of "HelloRetryRequest". */
static bool is_retry(const struct hello *h)
{
    static const uint8_t random[RANDOM_BYTES] = {0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11,
                                                 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
                                                 0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e,
                                                 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c};

    return !h->broken && memcmp(h->random, random, sizeof random) == 0;
}

static void say_inside(struct explain *x, struct explain_connection *c, struct explain_side *s,
                       unsigned depth, int64_t at_ns, struct explain_tls_word word)
{
    explain_say(x, c, s, EXPLAIN_INSIDE, depth, at_ns);
    explain_set_meaning(x->notes, "%s", word.meaning);
    explain_set_ref(x->notes, word.ref);
}

static void say_signal(struct explain *x, struct explain_connection *c, struct explain_side *s,
                       struct explain_tls_word signal, int64_t at_ns)
{
    say_inside(x, c, s, 2, at_ns, signal);
    explain_set_wire(x->notes, "%s", signal.name);
}

static void say_suites(struct explain *x, struct explain_connection *c, struct explain_side *s,
                       struct reader suites, int64_t at_ns)
{
    const struct explain_tls_word word = {
        NULL, "the ciphers it can do, the one it likes best first",
        is_1_3(c) ? "RFC 8446 \u00a74.1.2" : "RFC 5246 \u00a77.4.1.2"};
    struct explain_tls_word signal = {.name = NULL};
    const char *first = NULL;
    unsigned count = 0;

    while (suites.end - suites.at >= 2) {
        unsigned suite = take(&suites, 2);

        if (explain_tls_signal_word(suite).name != NULL)
            signal = explain_tls_signal_word(suite);
        else if (count++ == 0)
            first = explain_tls_suite_name(suite);
    }
    say_inside(x, c, s, 2, at_ns, word);
    explain_set_wire(x->notes, "%u cipher suite%s: %s%s", count, count == 1 ? "" : "s",
                     first == NULL ? "(not known here)" : first, count > 1 ? ", \u2026" : "");
    if (signal.name != NULL)
        say_signal(x, c, s, signal, at_ns);
}

static void say_suite(struct explain *x, struct explain_connection *c, struct explain_side *s,
                      unsigned suite, int64_t at_ns)
{
    const struct explain_tls_word word = {NULL, "the cipher that was chosen",
                                          is_1_3(c) ? "RFC 8446 \u00a74.1.3"
                                                    : "RFC 5246 \u00a77.4.1.3"};
    const char *name = explain_tls_suite_name(suite);

    say_inside(x, c, s, 2, at_ns, word);
    explain_set_wire(x->notes, "%s", name == NULL ? "(a cipher not known here)" : name);
}

/* ---- lists in extensions: ": x25519, secp256r1" ---- */

static void add_name(char list[LIST_CHARS], const char *name)
{
    size_t len = strlen(list);

    snprintf(list + len, LIST_CHARS - len, "%s%s", len > 0 ? ", " : "",
             name == NULL ? "another" : name);
}

static void list_versions(char list[LIST_CHARS], struct reader part, bool up)
{
    if (up)
        take(&part, 1);
    while (part.end - part.at >= 2)
        add_name(list, explain_tls_version_name(take(&part, 2)));
}

static void list_groups(char list[LIST_CHARS], struct reader part)
{
    take(&part, 2);
    while (part.end - part.at >= 2)
        add_name(list, explain_tls_group_name(take(&part, 2)));
}

/* Of a HelloRetryRequest only the group is there, else the key as well. */
static void list_shares(char list[LIST_CHARS], struct reader part, bool up)
{
    if (up)
        take(&part, 2);
    while (part.end - part.at >= 2) {
        add_name(list, explain_tls_group_name(take(&part, 2)));
        take_part(&part, take(&part, 2));
    }
}

static void say_extension(struct explain *x, struct explain_connection *c, struct explain_side *s,
                          unsigned type, struct reader part, bool retry, int64_t at_ns)
{
    struct explain_tls_word word = explain_tls_extension_word(type, s->up, is_1_3(c));
    char list[LIST_CHARS] = "";

    if (type == EXPLAIN_TLS_SUPPORTED_VERSIONS)
        list_versions(list, part, s->up);
    else if (type == EXPLAIN_TLS_SUPPORTED_GROUPS)
        list_groups(list, part);
    else if (type == EXPLAIN_TLS_KEY_SHARE)
        list_shares(list, part, s->up);
    if (type == EXPLAIN_TLS_KEY_SHARE && c->tls_retried && (s->up || retry))
        word.meaning = s->up ? "its half of the key exchange, now for the group that was asked for"
                             : "the group that the server wants a half for";
    say_inside(x, c, s, 2, at_ns, word);
    if (word.name == NULL)
        explain_set_wire(x->notes, "extension %u", type);
    else
        explain_set_wire(x->notes, "%s%s%s", word.name, list[0] != '\0' ? ": " : "", list);
}

static void say_hello(struct explain *x, struct explain_connection *c, struct explain_side *s,
                      const struct hello *h, int64_t at_ns)
{
    struct reader all = h->extensions;

    if (h->broken)
        return;
    if (s->up)
        say_suites(x, c, s, h->suites, at_ns);
    else
        say_suite(x, c, s, h->suite, at_ns);
    while (all.end > all.at && x->notes->rc == LAB_OK) {
        unsigned type = take(&all, 2);
        struct reader part = take_part(&all, take(&all, 2));

        if (!all.short_of)
            say_extension(x, c, s, type, part, !s->up && is_retry(h), at_ns);
    }
}

/* ---- messages ---- */

static const char *hidden_text(bool hidden)
{
    return hidden ? " (inside; seen by the ends only)" : "";
}

static bool is_hello(uint8_t type)
{
    return type == EXPLAIN_TLS_CLIENT_HELLO || type == EXPLAIN_TLS_SERVER_HELLO;
}

static void say_message(struct explain *x, struct explain_connection *c, struct explain_side *s,
                        const uint8_t *data, size_t len, bool hidden, int64_t at_ns)
{
    const struct reader body = {data + MESSAGE_HEADER_BYTES, data + len, false};
    struct explain_tls_word word = explain_tls_message_word(data[0], is_1_3(c));
    struct hello h = {.broken = true};

    if (is_hello(data[0]))
        h = read_hello(body, s->up);
    if (data[0] == EXPLAIN_TLS_SERVER_HELLO && is_retry(&h)) {
        word = explain_tls_retry_word();
        c->tls_retried = true;
        c->tally.round_trips++;
    }
    say_inside(x, c, s, 1, at_ns, word);
    explain_set_wire(x->notes, "%s%s", word.name == NULL ? "(another)" : word.name,
                     hidden_text(hidden));
    say_hello(x, c, s, &h, at_ns);
}

static void say_alert(struct explain *x, struct explain_connection *c, struct explain_side *s,
                      const uint8_t alert[ALERT_BYTES], bool hidden, int64_t at_ns)
{
    struct explain_tls_word word = explain_tls_alert_word(alert[1], is_1_3(c));

    say_inside(x, c, s, 1, at_ns, word);
    if (word.name == NULL)
        explain_set_wire(x->notes, "alert %u%s", alert[1], hidden_text(hidden));
    else
        explain_set_wire(x->notes, "alert %u %s%s", alert[1], word.name, hidden_text(hidden));
}

void explain_tls_message(struct explain *x, struct explain_connection *c, struct explain_side *s,
                         const uint8_t *data, size_t len, int64_t at_ns)
{
    if (len > ALERT_BYTES && data[0] == ALERT) {
        if (!s->alert_said)
            say_alert(x, c, s, data + 1, true, at_ns);
        s->alert_said = false;
        return;
    }
    if (len <= MESSAGE_HEADER_BYTES || data[0] != HANDSHAKE)
        return;
    /* What went in the clear has been seen in its record. */
    if (is_hello(data[1]) || (!is_1_3(c) && data[1] != EXPLAIN_TLS_FINISHED))
        return;
    say_message(x, c, s, data + 1, len - 1, true, at_ns);
}

/* ---- records ---- */

/* Several messages may stand in one record. */
static void say_clear_messages(struct explain *x, struct explain_connection *c,
                               struct explain_side *s, const uint8_t *data, size_t len,
                               int64_t at_ns)
{
    while (len >= MESSAGE_HEADER_BYTES && x->notes->rc == LAB_OK) {
        size_t need =
            MESSAGE_HEADER_BYTES + ((size_t)data[1] << 16 | (size_t)data[2] << 8 | (size_t)data[3]);

        if (need > len)
            need = len;
        say_message(x, c, s, data, need, false, at_ns);
        data += need;
        len -= need;
    }
}

/* Which TLS it is, is known from the hellos on: of that, their records are explained already. */
static void note_version(struct explain_connection *c, const struct explain_side *s,
                         const uint8_t *data, size_t len)
{
    struct hello h;

    if (len < MESSAGE_HEADER_BYTES || !is_hello(data[0]))
        return;
    h = read_hello((struct reader){data + MESSAGE_HEADER_BYTES, data + len, false}, s->up);
    if (h.broken)
        return;
    if (s->up)
        c->tls_1_3_offered = h.tls_1_3;
    else
        c->tls_version = h.tls_1_3 ? TLS_1_3 : h.version;
}

/* TLS 1.3 sends what is encrypted as application_data, and its change_cipher_spec for show only
 * (RFC 8446 §5.1, §D.4): after that a hello may still come in the clear. */
static struct explain_tls_word record_word(const struct explain_connection *c,
                                           const struct explain_side *s, uint8_t type)
{
    bool newest = is_1_3(c);
    const char *clear = newest ? "RFC 8446 \u00a75.1" : "RFC 5246 \u00a76.2.1";
    const char *sealed = newest ? "RFC 8446 \u00a75.2" : "RFC 5246 \u00a76.2.3";

    if (type == CHANGE_CIPHER_SPEC && newest)
        return (struct explain_tls_word){
            NULL, "change_cipher_spec: means nothing in TLS 1.3; it is there for old boxes' sake",
            "RFC 8446 \u00a7D.4"};
    if (type == CHANGE_CIPHER_SPEC)
        return (struct explain_tls_word){
            NULL, "change_cipher_spec: from here on this side encrypts", "RFC 5246 \u00a77.1"};
    if (type == APPLICATION_DATA)
        return (struct explain_tls_word){
            NULL, "application_data: encrypted, and more cannot be seen from outside", sealed};
    if (type == ALERT)
        return (struct explain_tls_word){NULL,
                                         s->encrypted ? "alert: encrypted" : "alert: in the clear",
                                         s->encrypted ? sealed : clear};
    return (struct explain_tls_word){
        NULL, s->encrypted ? "handshake: encrypted" : "handshake: in the clear",
        s->encrypted ? sealed : clear};
}

static void say_record(struct explain *x, struct explain_connection *c, struct explain_side *s,
                       const uint8_t *r, size_t len, int64_t at_ns)
{
    const uint8_t *body = r + RECORD_HEADER_BYTES;
    size_t body_len = len - RECORD_HEADER_BYTES;
    struct explain_tls_word word;

    if (r[0] == HANDSHAKE && !s->encrypted)
        note_version(c, s, body, body_len);
    word = record_word(c, s, r[0]);
    explain_say(x, c, s, EXPLAIN_WIRE, 0, at_ns);
    if (x->options.mask && r[0] != CHANGE_CIPHER_SPEC)
        explain_set_wire(x->notes, "%02x %02x %02x LENGTH \u2026", r[0], r[1], r[2]);
    else
        explain_set_wire(x->notes, "%02x %02x %02x %02x %02x \u2026 %zu byte%s", r[0], r[1], r[2],
                         r[3], r[4], body_len, body_len == 1 ? "" : "s");
    explain_set_meaning(x->notes, "a TLS record, %s", word.meaning);
    explain_set_ref(x->notes, word.ref);
    if (r[0] == HANDSHAKE && !s->encrypted)
        say_clear_messages(x, c, s, body, body_len, at_ns);
    if (r[0] == ALERT && !s->encrypted && body_len == ALERT_BYTES) {
        say_alert(x, c, s, body, false, at_ns);
        s->alert_said = true;
    }
    s->encrypted |= r[0] == CHANGE_CIPHER_SPEC && !is_1_3(c);
}

static bool is_record(const uint8_t *header, size_t body)
{
    return header[0] >= CHANGE_CIPHER_SPEC && header[0] <= APPLICATION_DATA && header[1] == 3 &&
           body > 0 && body <= RECORD_MAX_BYTES;
}

void explain_records(struct explain *x, struct explain_connection *c, struct explain_side *s,
                     const uint8_t *data, size_t len, int64_t at_ns)
{
    size_t need;

    c->tally.record_bytes[s->up] += len;
    if (s->records_opaque || (len > 0 && buf_add(&s->record, data, len) < 0))
        return;
    while (s->record.len >= RECORD_HEADER_BYTES && x->notes->rc == LAB_OK) {
        const uint8_t *r = s->record.data;

        need = (size_t)r[3] << 8 | r[4];
        if (!is_record(r, need)) {
            s->records_opaque = true;
            explain_say(x, c, s, EXPLAIN_INSIDE, 0, at_ns);
            explain_set_wire(x->notes, "(not TLS)");
            explain_set_meaning(x->notes, "these bytes are no TLS records");
            explain_set_ref(x->notes, "RFC 8446 \u00a75.1");
            return;
        }
        need += RECORD_HEADER_BYTES;
        if (s->record.len < need)
            return;
        say_record(x, c, s, r, need, at_ns);
        buf_drain(&s->record, need);
    }
}

/* ---- the client's word ---- */

/* How it has become secure, and after how many round trips. */
static struct explain_tls_word secured_word(bool newest, bool resumed, bool retried)
{
    if (retried)
        return (struct explain_tls_word){
            NULL, "secured, after two more round trips: one of them for the HelloRetryRequest",
            "RFC 8446 \u00a72.1"};
    if (resumed)
        return (struct explain_tls_word){NULL,
                                         "secured, by resumption: no certificate was sent again",
                                         newest ? "RFC 8446 \u00a72.2" : "RFC 5246 \u00a77.3"};
    if (newest)
        return (struct explain_tls_word){NULL, "secured, after one more round trip",
                                         "RFC 8446 \u00a72"};
    return (struct explain_tls_word){NULL, "secured, after two more round trips",
                                     "RFC 5246 \u00a77.3"};
}

void explain_secured(struct explain *x, struct explain_connection *c, const char *text, size_t len,
                     int64_t at_ns)
{
    bool resumed = memmem(text, len, "resumed", 7) != NULL;
    bool newest = memmem(text, len, "TLSv1.3", 7) != NULL;
    struct explain_tls_word word = secured_word(newest, resumed, c->tls_retried);

    c->tally.tls_handshakes++;
    c->tally.resumptions += resumed;
    c->tally.round_trips += newest || resumed ? 1 : 2;
    explain_say(x, c, NULL, EXPLAIN_INSIDE, 0, at_ns);
    explain_set_wire_bytes(x->notes, text, len, EXPLAIN_SHOWN_BYTES);
    explain_set_meaning(x->notes, "%s", word.meaning);
    explain_set_ref(x->notes, word.ref);
}
