#include "bench/ladder/ladder_tls.h"

#include <stdio.h>
#include <string.h>

/* Consecutive records of one name are one phrase. */
struct phrase {
    struct ladder_tls_words *out;
    const char *last;
    bool changed; /* a ChangeCipherSpec is among them: named where there is nothing else */
};

static void add(struct phrase *p, const char *name)
{
    size_t used = strlen(p->out->text);

    if (p->last != NULL && strcmp(p->last, name) == 0)
        return;
    snprintf(p->out->text + used, sizeof p->out->text - used, "%s%s", used > 0 ? ", " : "TLS ",
             name);
    p->last = name;
}

/* A hello fills its record. That distinguishes it from encrypted bytes after a ChangeCipherSpec:
 * TLS 1.3 sends one before a second hello, which is not encrypted (RFC 8446 §D.4). */
static bool is_hello(const uint8_t *record)
{
    const uint8_t *message = record + TLS_RECORD_HEADER_BYTES;
    size_t body = tls_record_body_bytes(record);

    return body >= TLS_MESSAGE_HEADER_BYTES &&
           (message[0] == TLS_CLIENT_HELLO || message[0] == TLS_SERVER_HELLO) &&
           tls_message_body_bytes(message) == body - TLS_MESSAGE_HEADER_BYTES;
}

/* TLS 1.3 sends the rest of its handshake as records of application data: the server's until the
 * client has finished, and the client's first. */
static void add_encrypted(struct ladder_tls *t, bool up, struct phrase *p)
{
    struct ladder_tls_side *s = &t->side[up];
    bool handshake = !s->finished && (up || !t->side[true].finished);

    p->out->handshake |= handshake;
    if (!handshake)
        add(p, "application data");
    else
        add(p, up ? "Finished" : "encrypted handshake");
    s->finished |= up;
}

static void add_handshake(struct ladder_tls_side *s, struct phrase *p)
{
    const struct buf *r = &s->records.record;
    bool clear = !s->encrypted || is_hello(r->data);
    const char *name =
        tls_message_name(r->data + TLS_RECORD_HEADER_BYTES, r->len - TLS_RECORD_HEADER_BYTES);

    p->out->handshake = true;
    if (clear)
        add(p, name != NULL ? name : "handshake");
    else
        add(p, "Finished");
    s->finished |= !clear; /* TLS 1.2 */
}

static void add_record(struct ladder_tls *t, bool up, struct phrase *p)
{
    struct ladder_tls_side *s = &t->side[up];

    switch (s->records.record.data[0]) {
    case TLS_CHANGE_CIPHER_SPEC: /* has no effect in TLS 1.3 (RFC 8446 §D.4) */
        s->encrypted = true;
        p->changed = true;
        p->out->handshake |= !s->finished;
        break;
    case TLS_ALERT:
        p->out->alert |= p->last == NULL;
        add(p, "alert");
        break;
    case TLS_HANDSHAKE:
        add_handshake(s, p);
        break;
    default:
        add_encrypted(t, up, p);
    }
}

bool ladder_tls_feed(struct ladder_tls *t, bool up, const uint8_t *data, size_t len,
                     struct ladder_tls_words *out)
{
    struct phrase p = {.out = out};
    enum tls_event event;

    *out = (struct ladder_tls_words){.text = ""};
    do {
        ssize_t n = tls_records_feed(&t->side[up].records, data, len, &event);

        if (n < 0)
            return false;
        data += n;
        len -= (size_t)n;
        if (event == TLS_RECORD_BEGINS)
            add_record(t, up, &p);
    } while (event != TLS_NEED_MORE);
    if (p.changed && p.last == NULL)
        add(&p, "ChangeCipherSpec");
    return true;
}

void ladder_tls_free(struct ladder_tls *t)
{
    for (int up = 0; up < 2; up++)
        buf_free(&t->side[up].records.record);
}
