/* What TLS (RFC 8446; 1.2: RFC 5246) needs before there is a connection: versions, certificates,
 * trust, and the memory of sessions. OpenSSL does the work; conn.h moves the bytes.
 *
 * Both sides speak ECDHE with AEAD only, and HTTP/1.1 by ALPN (RFC 7301).
 */
#pragma once

#include <stdbool.h>

#include "lib/base/err.h"

enum tls_version { TLS_ANY, TLS_1_2, TLS_1_3 };
extern const char *const tls_version_words[]; /* in that order, NULL-terminated: option choices */

struct x509_st;     /* OpenSSL's X509 */
struct evp_pkey_st; /* OpenSSL's EVP_PKEY */

struct tls; /* the settings of one side, shared by all its connections */

struct tls_server_options {
    int version; /* enum tls_version */
    /* PEM files: the chain, own certificate first, and its key. cert_path NULL: a self-signed
     * certificate is made. key_path NULL: the key is in the certificate's file. */
    const char *cert_path, *key_path;
    const char *host; /* self-signed: one more name or address, besides localhost's; may be NULL */
    /* The response, in the clear, to a peer that speaks HTTP without TLS. NULL: none. */
    const char *plain_answer;
};

struct tls_client_options {
    int version;
    const char *ca_path; /* PEM file of what is trusted; NULL: what the system trusts */
    const char *host;    /* name or address that the server's certificate must be for */
    bool http2;          /* offer HTTP/2 by ALPN, and nothing else (RFC 9113 §3.2) */
};

/* Options' texts are borrowed until tls_free(). Messages begin with the option that is wrong:
 * "--tls-key: FILE: ...". 0, PL_EINVAL or PL_ENOMEM. */
int tls_new_server(struct tls **out, const struct tls_server_options *o, struct err_text *e);
int tls_new_client(struct tls **out, const struct tls_client_options *o, struct err_text *e);
/* Connections may outlive it. NULL is ignored. */
void tls_free(struct tls *t);

/* Write the server's certificate and those that follow it (PEM, without the key), for clients to
 * trust: under another name
 * first, then renamed, so that no reader gets half of it. 0; PL_EINVAL (path too long) or PL_ESYS
 * with the line in e. */
int tls_write_cert(const struct tls *t, const char *path, struct err_text *e);

/* What a client keeps from one connection to the next: a session ticket (RFC 8446 §4.6.1). */
struct tls_memory {
    struct ssl_session_st *session; /* NULL: nothing yet */
};
/* Free what is kept; m is empty and usable again. */
void tls_memory_forget(struct tls_memory *m);

/* A self-signed certificate for one run (RFC 5280): for localhost, 127.0.0.1, ::1 and one host
 * more (name or address, NULL for none). P-256, 30 days; its key never leaves the process. It may
 * be imported as an authority, which is what browsers ask for, and signs for no other (pathlen 0).
 * 0, or PL_ENOMEM; *cert and *key are the caller's. */
int tls_cert_make(struct x509_st **cert, struct evp_pkey_st **key, const char *host);

/* ---- for conn_tls.c ---- */

/* A connection's state, the caller's to SSL_free(). NULL: out of memory. */
struct ssl_st *tls_new_connection(struct tls *t, struct tls_memory *m);
bool tls_is_server(const struct tls *t);
const char *tls_plain_answer(const struct tls *t);
