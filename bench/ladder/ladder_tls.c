#include "bench/ladder/ladder_tls.h"

#include <stdio.h>
#include <string.h>

enum { RECORD_HEADER_BYTES = 5, RECORD_MAX_BYTES = 16384 + 2048 /* RFC 5246 §6.2.3 */ };
enum { CLIENT_HELLO = 1, SERVER_HELLO = 2 };
enum record_type { CHANGE_CIPHER_SPEC = 20, ALERT = 21, APPLICATION_DATA = 23 };

/* Consecutive records of one name are one phrase. */
struct phrase {
    struct ladder_tls_words *out;
    const char *last;
    bool changed; /* a ChangeCipherSpec is among them: said where there is nothing else */
};

static void say(struct phrase *p, const char *name)
{
    size_t used = strlen(p->out->text);

    if (p->last == name)
        return;
    snprintf(p->out->text + used, sizeof p->out->text - used, "%s%s", used > 0 ? ", " : "TLS ",
             name);
    p->last = name;
}

static size_t body_bytes(const struct ladder_tls_side *s)
{
    return (size_t)s->head[3] << 8 | s->head[4];
}

bool ladder_tls_is_retry(const uint8_t random[LADDER_TLS_RANDOM_BYTES])
{
    static const uint8_t fixed[LADDER_TLS_RANDOM_BYTES] = {
        0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c,
        0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb,
        0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c};

    return memcmp(random, fixed, sizeof fixed) == 0;
}

static const char *server_hello_name(const struct ladder_tls_side *s)
{
    bool whole = body_bytes(s) >= LADDER_TLS_HEAD_BYTES - RECORD_HEADER_BYTES;
    const uint8_t *random = s->head + LADDER_TLS_HEAD_BYTES - LADDER_TLS_RANDOM_BYTES;

    return whole && ladder_tls_is_retry(random) ? "HelloRetryRequest" : "ServerHello";
}

/* A hello fills its record. After a ChangeCipherSpec that tells it from noise: TLS 1.3 sends that
 * before a second hello, which is in the clear (RFC 8446 §D.4). */
static bool is_hello(const struct ladder_tls_side *s)
{
    const uint8_t *message = s->head + RECORD_HEADER_BYTES;
    size_t body = body_bytes(s);

    return body >= 4 && (message[0] == CLIENT_HELLO || message[0] == SERVER_HELLO) &&
           ((size_t)message[1] << 16 | (size_t)message[2] << 8 | message[3]) == body - 4;
}

/* RFC 8446 §4 and RFC 5246 §7.4 */
static const char *handshake_name(const struct ladder_tls_side *s)
{
    switch (s->head[RECORD_HEADER_BYTES]) {
    case CLIENT_HELLO:
        return "ClientHello";
    case SERVER_HELLO:
        return server_hello_name(s);
    case 4:
        return "NewSessionTicket";
    case 11:
        return "Certificate";
    case 12:
        return "ServerKeyExchange";
    case 14:
        return "ServerHelloDone";
    case 16:
        return "ClientKeyExchange";
    default:
        return "handshake";
    }
}

/* TLS 1.3 sends the rest of its handshake as records of application data: the server's until the
 * client has finished, and the client's first. */
static void say_encrypted(struct ladder_tls *t, bool up, struct phrase *p)
{
    static const char finished[] = "Finished", rest[] = "encrypted handshake";
    static const char application[] = "application data";
    struct ladder_tls_side *s = &t->side[up];
    bool handshake = up ? !s->finished : !s->finished && !t->side[true].finished;

    if (handshake) {
        p->out->handshake = true;
        say(p, up ? finished : rest);
    } else {
        say(p, application);
    }
    if (up)
        s->finished = true;
}

static void say_handshake(struct ladder_tls_side *s, struct phrase *p)
{
    static const char finished[] = "Finished";
    bool clear = !s->encrypted || is_hello(s);

    p->out->handshake = true;
    say(p, clear ? handshake_name(s) : finished);
    s->finished |= !clear; /* TLS 1.2 */
}

/* A record's first bytes are there. */
static void say_record(struct ladder_tls *t, bool up, struct phrase *p)
{
    static const char alert[] = "alert";
    struct ladder_tls_side *s = &t->side[up];

    switch (s->head[0]) {
    case CHANGE_CIPHER_SPEC: /* TLS 1.3 sends it for show only (RFC 8446 §D.4) */
        s->encrypted = true;
        p->changed = true;
        p->out->handshake |= !s->finished;
        break;
    case ALERT:
        p->out->alert |= p->last == NULL;
        say(p, alert);
        break;
    case LADDER_TLS_HANDSHAKE:
        say_handshake(s, p);
        break;
    default:
        say_encrypted(t, up, p);
    }
}

static bool is_record(const struct ladder_tls_side *s)
{
    return s->head[0] >= CHANGE_CIPHER_SPEC && s->head[0] <= APPLICATION_DATA && s->head[1] == 3 &&
           body_bytes(s) > 0 && body_bytes(s) <= RECORD_MAX_BYTES;
}

/* False: it is none of a record. */
static bool read_head(struct ladder_tls *t, bool up, uint8_t byte, struct phrase *p)
{
    struct ladder_tls_side *s = &t->side[up];
    size_t whole;

    s->head[s->head_bytes++] = byte;
    if (s->head_bytes == RECORD_HEADER_BYTES)
        return is_record(s);
    if (s->head_bytes < RECORD_HEADER_BYTES)
        return true;
    whole = RECORD_HEADER_BYTES + body_bytes(s);
    if (s->head_bytes < whole && s->head_bytes < sizeof s->head)
        return true;
    s->body_left = whole - s->head_bytes;
    s->head_bytes = 0;
    say_record(t, up, p);
    return true;
}

bool ladder_tls_feed(struct ladder_tls *t, bool up, const uint8_t *data, size_t len,
                     struct ladder_tls_words *out)
{
    struct ladder_tls_side *s = &t->side[up];
    struct phrase p = {.out = out};

    *out = (struct ladder_tls_words){.text = ""};
    while (len > 0) {
        size_t n = 1;

        if (s->head_bytes > 0 || s->body_left == 0) {
            if (!read_head(t, up, *data, &p))
                return false;
        } else {
            n = s->body_left < len ? s->body_left : len;
            s->body_left -= n;
        }
        data += n;
        len -= n;
    }
    if (p.changed && p.last == NULL)
        say(&p, "ChangeCipherSpec");
    return true;
}
