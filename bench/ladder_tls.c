#include "ladder_tls.h"

#include <stdio.h>
#include <string.h>

enum { RECORD_HEADER_BYTES = 5, RECORD_MAX_BYTES = 16384 + 2048 /* RFC 5246 §6.2.3 */ };
enum record_type { CHANGE_CIPHER_SPEC = 20, ALERT = 21, APPLICATION_DATA = 23 };

/* Consecutive records of one name are one phrase. */
struct phrase {
    struct ladder_tls_words *out;
    const char *last;
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

/* RFC 8446 §4 and RFC 5246 §7.4 */
static const char *handshake_name(uint8_t type)
{
    switch (type) {
    case 1:
        return "ClientHello";
    case 2:
        return "ServerHello";
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

/* A record's first bytes are there. */
static void say_record(struct ladder_tls *t, bool up, struct phrase *p)
{
    static const char finished[] = "Finished", alert[] = "alert";
    struct ladder_tls_side *s = &t->side[up];

    switch (s->header[0]) {
    case CHANGE_CIPHER_SPEC: /* TLS 1.3 sends it for show only (RFC 8446 §D.4) */
        s->encrypted = true;
        p->out->handshake |= !s->finished;
        break;
    case ALERT:
        p->out->alert |= p->last == NULL;
        say(p, alert);
        break;
    case LADDER_TLS_HANDSHAKE:
        p->out->handshake = true;
        say(p, s->encrypted ? finished : handshake_name(s->header[5]));
        s->finished |= s->encrypted; /* TLS 1.2 */
        break;
    default:
        say_encrypted(t, up, p);
    }
}

static bool is_record(const uint8_t *header)
{
    size_t len = (size_t)header[3] << 8 | header[4];

    return header[0] >= CHANGE_CIPHER_SPEC && header[0] <= APPLICATION_DATA && header[1] == 3 &&
           len > 0 && len <= RECORD_MAX_BYTES;
}

/* The sixth byte belongs to the body already. */
static bool read_header(struct ladder_tls *t, bool up, uint8_t byte, struct phrase *p)
{
    struct ladder_tls_side *s = &t->side[up];

    s->header[s->header_bytes++] = byte;
    if (s->header_bytes == RECORD_HEADER_BYTES)
        return is_record(s->header);
    if (s->header_bytes < sizeof s->header)
        return true;
    s->body_left = ((size_t)s->header[3] << 8 | s->header[4]) - 1;
    s->header_bytes = 0;
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

        if (s->header_bytes > 0 || s->body_left == 0) {
            if (!read_header(t, up, *data, &p))
                return false;
        } else {
            n = s->body_left < len ? s->body_left : len;
            s->body_left -= n;
        }
        data += n;
        len -= n;
    }
    return true;
}
