/* TLS as one sees it from outside, and what the client alone knows (RFC 8446; 1.2: RFC 5246). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explain_inner.h"

enum { RECORD_HEADER_BYTES = 5, RECORD_MAX_BYTES = 16384 + 2048, MESSAGE_HEADER_BYTES = 4 };
enum record_type { CHANGE_CIPHER_SPEC = 20, ALERT = 21, HANDSHAKE = 22, APPLICATION_DATA = 23 };
enum message_type { CLIENT_HELLO = 1, SERVER_HELLO = 2, FINISHED = 20 };

struct row {
    unsigned number;
    const char *name, *meaning;
};

static const struct row messages[] = {
    {CLIENT_HELLO, "ClientHello", "what the client can do, and its half of the key exchange"},
    {SERVER_HELLO, "ServerHello", "what the server has chosen, and its half of the key exchange"},
    {4, "NewSessionTicket", "with this you may resume: another time it is shorter"},
    {8, "EncryptedExtensions", "the rest of what was agreed on, such as HTTP/1.1 by ALPN"},
    {11, "Certificate", "who the server is, signed by who says so"},
    {12, "ServerKeyExchange", "the server's half of the key exchange"},
    {13, "CertificateRequest", "and who are you?"},
    {14, "ServerHelloDone", "your turn"},
    {15, "CertificateVerify", "proof that it has the certificate's private key"},
    {16, "ClientKeyExchange", "the client's half of the key exchange"},
    {FINISHED, "Finished", "a digest of all of the handshake: nobody has changed it on its way"},
};

static const struct row suites[] = {
    {0x1301, "TLS_AES_128_GCM_SHA256", NULL},
    {0x1302, "TLS_AES_256_GCM_SHA384", NULL},
    {0x1303, "TLS_CHACHA20_POLY1305_SHA256", NULL},
    {0xc02b, "ECDHE-ECDSA-AES128-GCM-SHA256", NULL},
    {0xc02c, "ECDHE-ECDSA-AES256-GCM-SHA384", NULL},
    {0xc02f, "ECDHE-RSA-AES128-GCM-SHA256", NULL},
    {0xc030, "ECDHE-RSA-AES256-GCM-SHA384", NULL},
    {0xcca8, "ECDHE-RSA-CHACHA20-POLY1305", NULL},
    {0xcca9, "ECDHE-ECDSA-CHACHA20-POLY1305", NULL},
};

static const struct row extensions[] = {
    {0, "server_name", "which site is meant, before any certificate (RFC 6066)"},
    {10, "supported_groups", "the curves it can exchange keys with"},
    {13, "signature_algorithms", "the signatures it can check"},
    {16, "application_layer_protocol_negotiation", "what is to be spoken inside, such as http/1.1"},
    {35, "session_ticket", "it takes tickets; not empty: it wants to resume (TLS 1.2)"},
    {41, "pre_shared_key", "a ticket from an earlier connection: let us resume"},
    {43, "supported_versions", "the versions of TLS it speaks"},
    {45, "psk_key_exchange_modes", "how it would resume"},
    {51, "key_share", "its half of the key exchange, sent at once to save a round trip"},
};

static const struct row *find_row(const struct row *rows, size_t count, unsigned number)
{
    for (size_t i = 0; i < count; i++)
        if (rows[i].number == number)
            return &rows[i];
    return NULL;
}

#define FIND(rows, number) find_row(rows, sizeof(rows) / sizeof *(rows), number)

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

static void say_inside(struct explain *x, struct explain_connection *c, struct explain_side *s,
                       unsigned depth, int64_t at_ns, const char *meaning, const char *ref)
{
    explain_say(x, c, s, EXPLAIN_INSIDE, depth, at_ns);
    explain_set_meaning(x->notes, "%s", meaning);
    explain_set_ref(x->notes, ref);
}

static const char *version_name(unsigned version)
{
    static const struct row versions[] = {{0x0301, "TLS 1.0", NULL},
                                          {0x0302, "TLS 1.1", NULL},
                                          {0x0303, "TLS 1.2", NULL},
                                          {0x0304, "TLS 1.3", NULL}};
    const struct row *row = FIND(versions, version);

    return row == NULL ? "another" : row->name;
}

static void say_suites(struct explain *x, struct explain_connection *c, struct explain_side *s,
                       struct reader part, int64_t at_ns)
{
    size_t count = (size_t)(part.end - part.at) / 2;
    unsigned first = take(&part, 2);
    const struct row *row = FIND(suites, first);

    say_inside(x, c, s, 2, at_ns, "the ciphers it can do, the one it likes best first",
               "RFC 8446 \u00a74.1.2");
    explain_set_wire(x->notes, "%zu cipher suites: %s, \u2026", count,
                     row == NULL ? "(not known here)" : row->name);
}

static void say_versions(struct explain *x, struct explain_connection *c, struct explain_side *s,
                         struct reader part, int64_t at_ns)
{
    char list[80] = "";
    size_t len = 0;

    if (s->up)
        take(&part, 1);
    while (part.end - part.at >= 2 && len + 12 < sizeof list)
        len += (size_t)snprintf(list + len, sizeof list - len, "%s%s", len > 0 ? ", " : "",
                                version_name(take(&part, 2)));
    c->tls_1_3 |= !s->up && strcmp(list, "TLS 1.3") == 0;
    say_inside(x, c, s, 2, at_ns,
               s->up ? "the versions it speaks" : "the version that will be spoken",
               "RFC 8446 \u00a74.2.1");
    explain_set_wire(x->notes, "supported_versions: %s", list);
}

static void say_extensions(struct explain *x, struct explain_connection *c, struct explain_side *s,
                           struct reader *r, int64_t at_ns)
{
    struct reader all = take_part(r, take(r, 2));

    while (all.end > all.at && x->notes->rc == LAB_OK) {
        unsigned type = take(&all, 2);
        struct reader part = take_part(&all, take(&all, 2));
        const struct row *row = FIND(extensions, type);

        if (all.short_of || row == NULL)
            continue;
        if (type == 43) {
            say_versions(x, c, s, part, at_ns);
            continue;
        }
        say_inside(x, c, s, 2, at_ns, s->up ? row->meaning : "the server's answer to it",
                   "RFC 8446 \u00a74.2");
        explain_set_wire(x->notes, "%s", row->name);
    }
}

static void say_hello(struct explain *x, struct explain_connection *c, struct explain_side *s,
                      struct reader r, int64_t at_ns)
{
    const struct row *row;
    unsigned suite;

    take_part(&r, 2 + 32); /* an old version for old boxes' sake, and random bytes */
    take_part(&r, take(&r, 1));
    if (s->up) {
        say_suites(x, c, s, take_part(&r, take(&r, 2)), at_ns);
        take_part(&r, take(&r, 1)); /* compression: none */
    } else {
        suite = take(&r, 2);
        row = FIND(suites, suite);
        say_inside(x, c, s, 2, at_ns, "the cipher that was chosen", "RFC 8446 \u00a74.1.3");
        explain_set_wire(x->notes, "%s", row == NULL ? "(a cipher not known here)" : row->name);
        take(&r, 1);
    }
    if (!r.short_of)
        say_extensions(x, c, s, &r, at_ns);
}

/* ---- messages ---- */

static void say_message(struct explain *x, struct explain_connection *c, struct explain_side *s,
                        const uint8_t *data, size_t len, bool hidden, int64_t at_ns)
{
    const struct row *row = FIND(messages, data[0]);
    struct reader r = {data + MESSAGE_HEADER_BYTES, data + len, false};

    say_inside(x, c, s, 1, at_ns, row == NULL ? "a handshake message" : row->meaning,
               "RFC 8446 \u00a74");
    explain_set_wire(x->notes, "%s%s", row == NULL ? "(another)" : row->name,
                     hidden ? " (inside; seen by the ends only)" : "");
    if (data[0] == CLIENT_HELLO || data[0] == SERVER_HELLO)
        say_hello(x, c, s, r, at_ns);
}

void explain_tls_message(struct explain *x, struct explain_connection *c, struct explain_side *s,
                         const uint8_t *data, size_t len, int64_t at_ns)
{
    if (len >= 3 && data[0] == ALERT) {
        say_inside(x, c, s, 1, at_ns,
                   data[2] == 0 ? "nothing follows: so that no one can cut the talk short unseen"
                                : "something went wrong",
                   "RFC 8446 \u00a76.1");
        explain_set_wire(
            x->notes, data[2] == 0 ? "alert close_notify (inside)" : "alert %u (inside)", data[2]);
        return;
    }
    if (len <= MESSAGE_HEADER_BYTES || data[0] != HANDSHAKE)
        return;
    /* What went in the clear has been seen in its record. */
    if (data[1] == CLIENT_HELLO || data[1] == SERVER_HELLO || (!c->tls_1_3 && data[1] != FINISHED))
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

static const char *record_meaning(const struct explain_side *s, uint8_t type)
{
    if (type == CHANGE_CIPHER_SPEC)
        return "change_cipher_spec: from here on encrypted (TLS 1.3 says it for old boxes only)";
    if (type == ALERT)
        return "alert: the end, or an error";
    if (type == APPLICATION_DATA)
        return "application_data: encrypted, and more cannot be seen from outside";
    return s->encrypted ? "handshake: encrypted" : "handshake: in the clear";
}

static void say_record(struct explain *x, struct explain_connection *c, struct explain_side *s,
                       const uint8_t *r, size_t len, int64_t at_ns)
{
    explain_say(x, c, s, EXPLAIN_WIRE, 0, at_ns);
    if (x->options.mask && r[0] != CHANGE_CIPHER_SPEC)
        explain_set_wire(x->notes, "%02x %02x %02x LENGTH \u2026", r[0], r[1], r[2]);
    else
        explain_set_wire(x->notes, "%02x %02x %02x %02x %02x \u2026 %zu byte%s", r[0], r[1], r[2],
                         r[3], r[4], len - RECORD_HEADER_BYTES,
                         len == RECORD_HEADER_BYTES + 1 ? "" : "s");
    explain_set_meaning(x->notes, "a TLS record, %s", record_meaning(s, r[0]));
    explain_set_ref(x->notes, "RFC 8446 \u00a75.1");
    if (r[0] == HANDSHAKE && !s->encrypted)
        say_clear_messages(x, c, s, r + RECORD_HEADER_BYTES, len - RECORD_HEADER_BYTES, at_ns);
    s->encrypted |= r[0] == CHANGE_CIPHER_SPEC || r[0] == APPLICATION_DATA;
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

void explain_secured(struct explain *x, struct explain_connection *c, const char *text, size_t len,
                     int64_t at_ns)
{
    bool resumed = memmem(text, len, "resumed", 7) != NULL;
    bool newest = memmem(text, len, "TLSv1.3", 7) != NULL;

    c->tally.tls_handshakes++;
    c->tally.resumptions += resumed;
    c->tally.round_trips += newest || resumed ? 1 : 2;
    explain_say(x, c, NULL, EXPLAIN_INSIDE, 0, at_ns);
    explain_set_wire_bytes(x->notes, text, len, EXPLAIN_SHOWN_BYTES);
    explain_set_meaning(x->notes, "%s",
                        resumed  ? "secured, by resumption: no certificate was sent again"
                        : newest ? "secured, after one more round trip"
                                 : "secured, after two more round trips");
    explain_set_ref(x->notes, resumed ? "RFC 8446 \u00a72.2" : "RFC 8446 \u00a72");
}
