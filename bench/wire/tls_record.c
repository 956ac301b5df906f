#include "bench/wire/tls_record.h"

#include <string.h>

#include "lib/base/err.h"

enum { BODY_MAX_BYTES = 16384 + 2048 /* RFC 5246 §6.2.3 */ };

/* The part of a message that identifies a HelloRetryRequest: its header, a version, and the random
 * bytes. */
enum { RANDOM_AT = TLS_MESSAGE_HEADER_BYTES + 2, NAMED_BYTES = RANDOM_AT + TLS_RANDOM_BYTES };

size_t tls_record_body_bytes(const uint8_t *header)
{
    return (size_t)header[3] << 8 | header[4];
}

size_t tls_message_body_bytes(const uint8_t *header)
{
    return (size_t)header[1] << 16 | (size_t)header[2] << 8 | header[3];
}

static bool is_header(const uint8_t *h)
{
    size_t body = tls_record_body_bytes(h);

    return h[0] >= TLS_CHANGE_CIPHER_SPEC && h[0] <= TLS_APPLICATION_DATA && h[1] == 3 &&
           body > 0 && body <= BODY_MAX_BYTES;
}

/* How long the record must be for the next event; before its header is complete, for that. */
static size_t wanted_bytes(const struct tls_records *t)
{
    size_t body;

    if (t->record.len < TLS_RECORD_HEADER_BYTES)
        return TLS_RECORD_HEADER_BYTES;
    body = tls_record_body_bytes(t->record.data);
    if (t->last != TLS_RECORD_BEGINS && body > NAMED_BYTES)
        body = NAMED_BYTES;
    return TLS_RECORD_HEADER_BYTES + body;
}

ssize_t tls_records_feed(struct tls_records *t, const uint8_t *data, size_t len,
                         enum tls_event *event)
{
    size_t used = 0;

    if (t->last == TLS_RECORD_WHOLE) {
        t->record.len = 0;
        t->last = TLS_NEED_MORE;
    }
    *event = TLS_NEED_MORE;
    for (;;) {
        bool in_header = t->record.len < TLS_RECORD_HEADER_BYTES;
        size_t need = wanted_bytes(t) - t->record.len, n = need < len - used ? need : len - used;

        if (n > 0 && buf_add(&t->record, data + used, n) < 0)
            return PL_ENOMEM;
        used += n;
        if (n < need)
            return (ssize_t)used;
        if (!in_header)
            break;
        if (!is_header(t->record.data))
            return PL_EPROTO;
    }
    t->last = *event = t->last == TLS_RECORD_BEGINS ? TLS_RECORD_WHOLE : TLS_RECORD_BEGINS;
    return (ssize_t)used;
}

bool tls_message_is_retry(const uint8_t *message, size_t len)
{
    static const uint8_t fixed[TLS_RANDOM_BYTES] = {/* SHA-256 of "HelloRetryRequest" */
                                                    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11,
                                                    0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
                                                    0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e,
                                                    0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c};

    return len >= NAMED_BYTES && message[0] == TLS_SERVER_HELLO &&
           memcmp(message + RANDOM_AT, fixed, sizeof fixed) == 0;
}

const char *tls_message_name(const uint8_t *message, size_t len)
{
    static const char *const names[] = {
        [TLS_CLIENT_HELLO] = "ClientHello",
        [TLS_SERVER_HELLO] = "ServerHello",
        [4] = "NewSessionTicket",
        [8] = "EncryptedExtensions",
        [11] = "Certificate",
        [12] = "ServerKeyExchange",
        [13] = "CertificateRequest",
        [14] = "ServerHelloDone",
        [15] = "CertificateVerify",
        [16] = "ClientKeyExchange",
        [TLS_FINISHED] = "Finished",
        [22] = "CertificateStatus",
        [24] = "KeyUpdate",
    };

    if (tls_message_is_retry(message, len))
        return "HelloRetryRequest";
    return len > 0 && message[0] < sizeof names / sizeof *names ? names[message[0]] : NULL;
}
