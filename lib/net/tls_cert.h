/* A self-signed certificate for one run (RFC 5280): for localhost, 127.0.0.1, ::1 and one host
 * more. P-256, 30 days; its key never leaves the process. It may be imported as an authority, which
 * is what browsers ask for, and signs for no other (pathlen 0, and nobody has the key). */
#ifndef PUSHLAB_TLS_CERT_H
#define PUSHLAB_TLS_CERT_H

struct x509_st;
struct evp_pkey_st;

/* host: name or address, NULL for none. 0, or PL_ENOMEM; *cert and *key are the caller's. */
int tls_cert_make(struct x509_st **cert, struct evp_pkey_st **key, const char *host);

#endif
