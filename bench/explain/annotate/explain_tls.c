/* TLS as one sees it from outside, and what the client alone knows (RFC 8446; 1.2: RFC 5246). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/explain/annotate/explain_inner.h"
#include "bench/explain/annotate/explain_tls_hello.h"
#include "bench/explain/annotate/explain_tls_words.h"

enum { ALERT_BYTES = 2 };

/* ---- messages ---- */

static const char *hidden_text(bool hidden)
{
    return hidden ? " (inside; seen by the ends only)" : "";
}

static bool is_hello(uint8_t type)
{
    return type == TLS_CLIENT_HELLO || type == TLS_SERVER_HELLO;
}

static void say_message(struct explain *x, struct explain_connection *c, struct explain_side *s,
                        const uint8_t *data, size_t len, bool hidden, int64_t at_ns)
{
    struct explain_tls_word word = explain_tls_message_word(data[0], explain_tls_1_3(c));
    struct explain_hello h = {.broken = true};

    if (is_hello(data[0]))
        h = explain_hello_read(data, len, s->up);
    if (data[0] == TLS_SERVER_HELLO && h.retry) {
        word = explain_tls_retry_word();
        c->tls_retried = true;
        c->tally.round_trips++;
    }
    explain_tls_say(x, c, s, 1, at_ns, word);
    explain_set_wire(x->notes, "%s%s", word.name == NULL ? "(another)" : word.name,
                     hidden_text(hidden));
    explain_hello_say(x, c, s, &h, at_ns);
}

static void say_alert(struct explain *x, struct explain_connection *c, struct explain_side *s,
                      const uint8_t alert[ALERT_BYTES], bool hidden, int64_t at_ns)
{
    struct explain_tls_word word = explain_tls_alert_word(alert[1], explain_tls_1_3(c));

    explain_tls_say(x, c, s, 1, at_ns, word);
    if (word.name == NULL)
        explain_set_wire(x->notes, "alert %u%s", alert[1], hidden_text(hidden));
    else
        explain_set_wire(x->notes, "alert %u %s%s", alert[1], word.name, hidden_text(hidden));
}

void explain_tls_message(struct explain *x, struct explain_connection *c, struct explain_side *s,
                         const uint8_t *data, size_t len, int64_t at_ns)
{
    if (len > ALERT_BYTES && data[0] == TLS_ALERT) {
        if (!s->alert_said)
            say_alert(x, c, s, data + 1, true, at_ns);
        s->alert_said = false;
        return;
    }
    if (len <= TLS_MESSAGE_HEADER_BYTES || data[0] != TLS_HANDSHAKE)
        return;
    /* What went in the clear has been seen in its record. */
    if (is_hello(data[1]) || (!explain_tls_1_3(c) && data[1] != TLS_FINISHED))
        return;
    say_message(x, c, s, data + 1, len - 1, true, at_ns);
}

/* ---- records ---- */

/* Several messages may stand in one record. */
static void say_clear_messages(struct explain *x, struct explain_connection *c,
                               struct explain_side *s, const uint8_t *data, size_t len,
                               int64_t at_ns)
{
    while (len >= TLS_MESSAGE_HEADER_BYTES && x->notes->rc == PL_OK) {
        size_t need = TLS_MESSAGE_HEADER_BYTES + tls_message_body_bytes(data);

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
    struct explain_hello h;

    if (len < TLS_MESSAGE_HEADER_BYTES || !is_hello(data[0]))
        return;
    h = explain_hello_read(data, len, s->up);
    if (h.broken)
        return;
    if (s->up)
        c->tls_1_3_offered = h.tls_1_3;
    else
        c->tls_version = h.tls_1_3 ? EXPLAIN_TLS_1_3 : h.version;
}

/* TLS 1.3 sends what is encrypted as application_data, and its change_cipher_spec for show only
 * (RFC 8446 §5.1, §D.4): after that a hello may still come in the clear. */
static struct explain_tls_word record_word(const struct explain_connection *c,
                                           const struct explain_side *s, uint8_t type)
{
    bool newest = explain_tls_1_3(c);
    const char *clear = newest ? "RFC 8446 \u00a75.1" : "RFC 5246 \u00a76.2.1";
    const char *sealed = newest ? "RFC 8446 \u00a75.2" : "RFC 5246 \u00a76.2.3";

    if (type == TLS_CHANGE_CIPHER_SPEC && newest)
        return (struct explain_tls_word){
            NULL, "change_cipher_spec: means nothing in TLS 1.3; it is there for old boxes' sake",
            "RFC 8446 \u00a7D.4"};
    if (type == TLS_CHANGE_CIPHER_SPEC)
        return (struct explain_tls_word){
            NULL, "change_cipher_spec: from here on this side encrypts", "RFC 5246 \u00a77.1"};
    if (type == TLS_APPLICATION_DATA)
        return (struct explain_tls_word){
            NULL, "application_data: encrypted, and more cannot be seen from outside", sealed};
    if (type == TLS_ALERT)
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
    const uint8_t *body = r + TLS_RECORD_HEADER_BYTES;
    size_t body_len = len - TLS_RECORD_HEADER_BYTES;
    struct explain_tls_word word;

    if (r[0] == TLS_HANDSHAKE && !s->encrypted)
        note_version(c, s, body, body_len);
    word = record_word(c, s, r[0]);
    explain_say(x, c, s, EXPLAIN_WIRE, 0, at_ns);
    if (x->options.mask && r[0] != TLS_CHANGE_CIPHER_SPEC)
        explain_set_wire(x->notes, "%02x %02x %02x LENGTH \u2026", r[0], r[1], r[2]);
    else
        explain_set_wire(x->notes, "%02x %02x %02x %02x %02x \u2026 %zu byte%s", r[0], r[1], r[2],
                         r[3], r[4], body_len, body_len == 1 ? "" : "s");
    explain_set_meaning(x->notes, "a TLS record, %s", word.meaning);
    explain_set_ref(x->notes, word.ref);
    if (r[0] == TLS_HANDSHAKE && !s->encrypted)
        say_clear_messages(x, c, s, body, body_len, at_ns);
    if (r[0] == TLS_ALERT && !s->encrypted && body_len == ALERT_BYTES) {
        say_alert(x, c, s, body, false, at_ns);
        s->alert_said = true;
    }
    s->encrypted |= r[0] == TLS_CHANGE_CIPHER_SPEC && !explain_tls_1_3(c);
}

void explain_records(struct explain *x, struct explain_connection *c, struct explain_side *s,
                     const uint8_t *data, size_t len, int64_t at_ns)
{
    enum tls_event event;

    c->tally.record_bytes[s->up] += len;
    if (s->records_opaque)
        return;
    do {
        ssize_t n = tls_records_feed(&s->records, data, len, &event);

        if (n == PL_ENOMEM)
            x->notes->rc = PL_ENOMEM;
        if (n < 0) {
            s->records_opaque = true;
            explain_say(x, c, s, EXPLAIN_INSIDE, 0, at_ns);
            explain_set_wire(x->notes, "(not TLS)");
            explain_set_meaning(x->notes, "these bytes are no TLS records");
            explain_set_ref(x->notes, "RFC 8446 \u00a75.1");
            return;
        }
        data += n;
        len -= (size_t)n;
        if (event == TLS_RECORD_WHOLE)
            say_record(x, c, s, s->records.record.data, s->records.record.len, at_ns);
    } while (event != TLS_NEED_MORE && x->notes->rc == PL_OK);
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
