/* The numbers of TLS in words: what each means, and where that is written down, in TLS 1.3 (RFC
 * 8446) or before it (RFC 5246). Tables only. */
#ifndef PUSHLAB_EXPLAIN_TLS_WORDS_H
#define PUSHLAB_EXPLAIN_TLS_WORDS_H

#include <stdbool.h>

enum explain_tls_extension {
    EXPLAIN_TLS_SUPPORTED_GROUPS = 10,
    EXPLAIN_TLS_SUPPORTED_VERSIONS = 43,
    EXPLAIN_TLS_KEY_SHARE = 51,
};

struct explain_tls_word { /* name NULL: not known here */
    const char *name, *meaning, *ref;
};

struct explain_tls_word explain_tls_message_word(unsigned type, bool tls_1_3);
/* A ServerHello that says "not like this" (RFC 8446 §4.1.4). */
struct explain_tls_word explain_tls_retry_word(void);
/* Of a ClientHello (up) or of the answer to it. */
struct explain_tls_word explain_tls_extension_word(unsigned type, bool up, bool tls_1_3);
struct explain_tls_word explain_tls_alert_word(unsigned description, bool tls_1_3);

/* Numbers among the cipher suites that are no ciphers but say something. */
struct explain_tls_word explain_tls_signal_word(unsigned suite);

/* NULL: not known here. */
const char *explain_tls_suite_name(unsigned suite);
const char *explain_tls_group_name(unsigned group);
const char *explain_tls_version_name(unsigned version);

#endif
