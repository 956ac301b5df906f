/* TLS records (RFC 8446 §5.1; 1.2: RFC 5246 §6.2.1) and the handshake messages in them (RFC 8446
 * §4, RFC 5246 §7.4), as far as they can be read without a key. No I/O. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/base/buf.h"

enum tls_record_type {
    TLS_CHANGE_CIPHER_SPEC = 20,
    TLS_ALERT = 21,
    TLS_HANDSHAKE = 22,
    TLS_APPLICATION_DATA = 23,
};

enum tls_handshake_type {
    TLS_CLIENT_HELLO = 1,
    TLS_SERVER_HELLO = 2,
    TLS_FINISHED = 20,
};

enum {
    TLS_RECORD_HEADER_BYTES = 5,
    TLS_MESSAGE_HEADER_BYTES = 4,
    TLS_RANDOM_BYTES = 32, /* of a hello, behind its version */
};

enum tls_event {
    TLS_NEED_MORE,
    TLS_RECORD_BEGINS, /* its header is there, and what tls_message_name() needs of its body */
    TLS_RECORD_WHOLE,
};

/* The records of one direction. Zero-initialise, buf_free(&t->record) at the end. */
struct tls_records {
    struct buf record; /* header and body of the one being read */
    enum tls_event last;
};

/* Take bytes from the front of data up to the next event. Each record has both events, in order,
 * and t->record is valid until the next call. Call again, with what is left, until TLS_NEED_MORE.
 * Returns bytes consumed; PL_EPROTO: these are no TLS records; PL_ENOMEM. */
ssize_t tls_records_feed(struct tls_records *t, const uint8_t *data, size_t len,
                         enum tls_event *event);

/* Bytes of the record behind its header, as that says. header: TLS_RECORD_HEADER_BYTES. */
size_t tls_record_body_bytes(const uint8_t *header);

/* Bytes of the handshake message behind its header. header: TLS_MESSAGE_HEADER_BYTES. */
size_t tls_message_body_bytes(const uint8_t *header);

/* Is the message, which is not encrypted and begins with its header, a HelloRetryRequest: a
 * ServerHello whose random bytes are a fixed value (RFC 8446 §4.1.3)? */
bool tls_message_is_retry(const uint8_t *message, size_t len);

/* "ClientHello", "HelloRetryRequest"; NULL: of unknown type. message begins with its header. */
const char *tls_message_name(const uint8_t *message, size_t len);
