#include "lib/net/tls.h"

#include <errno.h>
#include <stdio.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "lib/base/file_put.h"

enum { CERT_DAYS = 30, CERT_SERIAL_BYTES = 16 };

/* How long a ticket is valid. OpenSSL's 5 minutes would cause full handshakes in the middle of
 * a long run. */
enum { TICKET_LIFETIME_S = 2 * 3600 };

#define CIPHERS_1_2 "ECDHE+AESGCM:ECDHE+CHACHA20"

const char *const tls_version_words[] = {"any", "1.2", "1.3", NULL};

struct tls {
    SSL_CTX *ctx;
    bool server;
    const char *host;         /* client: the server's name or address */
    const char *plain_answer; /* server */
};

/* ---- messages ---- */

/* "OPTION: FILE: why": the system's reason if it is one, a key that belongs to another
 * certificate, or what the file lacks. */
static int refuse_file(struct err_text *e, const char *option, const char *path, const char *lack)
{
    unsigned long oldest = ERR_peek_error();
    const char *why = lack;

    if (ERR_SYSTEM_ERROR(oldest))
        why = strerror(ERR_GET_REASON(oldest));
    else if (ERR_GET_LIB(oldest) == ERR_LIB_X509 &&
             ERR_GET_REASON(oldest) == X509_R_KEY_VALUES_MISMATCH)
        why = "is not the certificate's key";
    ERR_clear_error();
    return err_set(e, PL_EINVAL, "%s: %.200s: %s", option, path, why);
}

/* ---- what both sides have in common ---- */

static const unsigned char alpn_http[] = "\x08http/1.1", alpn_http2[] = "\x02h2";

static struct tls *tls_new(const SSL_METHOD *method, int version)
{
    struct tls *t = calloc(1, sizeof *t);
    int min = version == TLS_1_3 ? TLS1_3_VERSION : TLS1_2_VERSION;
    int max = version == TLS_1_2 ? TLS1_2_VERSION : TLS1_3_VERSION;

    if (t == NULL)
        return NULL;
    t->ctx = SSL_CTX_new(method);
    if (t->ctx == NULL || SSL_CTX_set_min_proto_version(t->ctx, min) != 1 ||
        SSL_CTX_set_max_proto_version(t->ctx, max) != 1 ||
        SSL_CTX_set_cipher_list(t->ctx, CIPHERS_1_2) != 1) {
        tls_free(t);
        return NULL;
    }
    SSL_CTX_set_options(t->ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    /* An idle connection gives its 34 KB of record buffers back. */
    SSL_CTX_set_mode(t->ctx, SSL_MODE_RELEASE_BUFFERS);
    return t;
}

void tls_free(struct tls *t)
{
    if (t == NULL)
        return;
    SSL_CTX_free(t->ctx);
    free(t);
}

bool tls_is_server(const struct tls *t)
{
    return t->server;
}

const char *tls_plain_answer(const struct tls *t)
{
    return t->plain_answer;
}

/* ---- a certificate for this run ---- */

static bool add_name(GENERAL_NAMES *names, const char *host)
{
    ASN1_OCTET_STRING *address = a2i_IPADDRESS(host);
    GENERAL_NAME *name = GENERAL_NAME_new();
    ASN1_IA5STRING *text = ASN1_IA5STRING_new();

    if (name == NULL || text == NULL || ASN1_STRING_set(text, host, -1) == 0)
        goto fail;
    if (address != NULL)
        GENERAL_NAME_set0_value(name, GEN_IPADD, address);
    else
        GENERAL_NAME_set0_value(name, GEN_DNS, text);
    if (address != NULL)
        ASN1_IA5STRING_free(text);
    if (sk_GENERAL_NAME_push(names, name) > 0)
        return true;
    GENERAL_NAME_free(name);
    return false;
fail:
    ASN1_OCTET_STRING_free(address);
    GENERAL_NAME_free(name);
    ASN1_IA5STRING_free(text);
    return false;
}

/* The names that it is for (RFC 5280 §4.2.1.6): clients check these, not the subject. */
static bool add_alt_names(X509 *cert, const char *host)
{
    static const char *const always[] = {"localhost", "127.0.0.1", "::1"};
    GENERAL_NAMES *names = sk_GENERAL_NAME_new_null();
    bool ok = names != NULL, known = host == NULL;

    for (size_t i = 0; i < sizeof always / sizeof always[0]; i++) {
        ok = ok && add_name(names, always[i]);
        known = known || strcmp(always[i], host) == 0;
    }
    if (!known)
        ok = ok && add_name(names, host);
    ok = ok && X509_add1_ext_i2d(cert, NID_subject_alt_name, names, 0, X509V3_ADD_DEFAULT) == 1;
    sk_GENERAL_NAME_pop_free(names, GENERAL_NAME_free);
    return ok;
}

static bool add_extension(X509 *cert, int nid, const char *value)
{
    X509V3_CTX context;
    X509_EXTENSION *extension;
    bool ok;

    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, cert, cert, NULL, NULL, 0);
    extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    ok = extension != NULL && X509_add_ext(cert, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return ok;
}

static bool add_extensions(X509 *cert)
{
    return add_extension(cert, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
           add_extension(cert, NID_key_usage, "critical,digitalSignature,keyCertSign") &&
           add_extension(cert, NID_ext_key_usage, "serverAuth") &&
           add_extension(cert, NID_subject_key_identifier, "hash") &&
           add_extension(cert, NID_authority_key_identifier, "keyid");
}

static bool set_serial(X509 *cert)
{
    uint8_t bytes[CERT_SERIAL_BYTES];
    BIGNUM *number;
    bool ok;

    if (RAND_bytes(bytes, sizeof bytes) != 1)
        return false;
    bytes[0] &= 0x7f; /* positive (§4.1.2.2) */
    number = BN_bin2bn(bytes, sizeof bytes, NULL);
    ok = number != NULL && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(cert)) != NULL;
    BN_free(number);
    return ok;
}

/* Subject and issuer are the same. Valid from yesterday on: clocks differ. */
static bool set_fields(X509 *cert, EVP_PKEY *key)
{
    X509_NAME *name = X509_get_subject_name(cert);
    const unsigned char *said = (const unsigned char *)"pushlab, this run only";

    return X509_set_version(cert, X509_VERSION_3) == 1 && set_serial(cert) &&
           X509_gmtime_adj(X509_getm_notBefore(cert), -24L * 3600) != NULL &&
           X509_gmtime_adj(X509_getm_notAfter(cert), CERT_DAYS * 24L * 3600) != NULL &&
           X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, said, -1, -1, 0) == 1 &&
           X509_set_issuer_name(cert, name) == 1 && X509_set_pubkey(cert, key) == 1;
}

int tls_cert_make(X509 **cert, EVP_PKEY **key, const char *host)
{
    *cert = X509_new();
    *key = EVP_EC_gen("P-256");
    if (*cert != NULL && *key != NULL && set_fields(*cert, *key) && add_extensions(*cert) &&
        add_alt_names(*cert, host) && X509_sign(*cert, *key, EVP_sha256()) > 0)
        return PL_OK;
    X509_free(*cert);
    EVP_PKEY_free(*key);
    return PL_ENOMEM;
}

/* ---- server ---- */

/* RFC 7301 §3.2: a client that offers protocols, but not ours, gets a fatal alert. */
static int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_len,
                           const unsigned char *offered, unsigned offered_len, void *arg)
{
    unsigned char *chosen;

    (void)ssl;
    (void)arg;
    if (SSL_select_next_proto(&chosen, out_len, alpn_http, sizeof alpn_http - 1, offered,
                              offered_len) != OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

/* Never ask the terminal for a passphrase: the server would hang there. */
static int no_passphrase(char *buf, int cap, int writing, void *arg)
{
    (void)buf;
    (void)cap;
    (void)writing;
    (void)arg;
    return 0;
}

static int load_cert(struct tls *t, const struct tls_server_options *o, struct err_text *e)
{
    const char *key_path = o->key_path != NULL ? o->key_path : o->cert_path;
    const char *key_option = o->key_path != NULL ? "--tls-key" : "--tls-cert (its key)";

    ERR_clear_error();
    SSL_CTX_set_default_passwd_cb(t->ctx, no_passphrase);
    if (SSL_CTX_use_certificate_chain_file(t->ctx, o->cert_path) != 1)
        return refuse_file(e, "--tls-cert", o->cert_path, "holds no certificate");
    if (SSL_CTX_use_PrivateKey_file(t->ctx, key_path, SSL_FILETYPE_PEM) != 1)
        return refuse_file(e, key_option, key_path, "holds no key in the clear");
    return PL_OK;
}

static int make_cert(struct tls *t, const struct tls_server_options *o, struct err_text *e)
{
    X509 *cert;
    EVP_PKEY *key;
    int err = tls_cert_make(&cert, &key, o->host);

    if (err < 0)
        return err_set(e, err, "--tls: make a certificate: %s", pl_strerror(err));
    if (SSL_CTX_use_certificate(t->ctx, cert) != 1 || SSL_CTX_use_PrivateKey(t->ctx, key) != 1)
        err = err_set(e, PL_ENOMEM, "--tls: use the certificate: %s", pl_strerror(PL_ENOMEM));
    X509_free(cert);
    EVP_PKEY_free(key);
    return err;
}

int tls_new_server(struct tls **out, const struct tls_server_options *o, struct err_text *e)
{
    static const unsigned char id_context[] = "pushlab";
    struct tls *t = tls_new(TLS_server_method(), o->version);
    int err;

    *out = NULL;
    if (t == NULL)
        return err_set(e, PL_ENOMEM, "--tls: %s", pl_strerror(PL_ENOMEM));
    t->server = true;
    t->plain_answer = o->plain_answer;
    err = o->cert_path != NULL ? load_cert(t, o, e) : make_cert(t, o, e);
    if (err < 0) {
        tls_free(t);
        return err;
    }
    /* Sessions live in the tickets that clients keep: no table here, and none to outgrow. */
    SSL_CTX_set_session_cache_mode(t->ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_session_id_context(t->ctx, id_context, sizeof id_context - 1);
    SSL_CTX_set_timeout(t->ctx, TICKET_LIFETIME_S);
    SSL_CTX_set_alpn_select_cb(t->ctx, choose_protocol, NULL);
    *out = t;
    return PL_OK;
}

int tls_write_cert(const struct tls *t, const char *path, struct err_text *e)
{
    X509 *cert = SSL_CTX_get0_certificate(t->ctx);
    BIO *text = BIO_new(BIO_s_mem());
    STACK_OF(X509) *chain = NULL;
    int rc = PL_ENOMEM;
    char *pem;
    long len;
    bool put = text != NULL && PEM_write_bio_X509(text, cert) == 1 &&
               SSL_CTX_get0_chain_certs(t->ctx, &chain) == 1;

    for (int i = 0; put && i < sk_X509_num(chain); i++)
        put = PEM_write_bio_X509(text, sk_X509_value(chain, i)) == 1;
    if (put) {
        len = BIO_get_mem_data(text, &pem);
        rc = file_put(path, pem, (size_t)len);
    }
    if (rc < 0)
        err_set(e, rc, "--tls-write-cert: %s: %s", path, pl_strerror(rc));
    BIO_free(text);
    return rc;
}

/* ---- client ---- */

/* A ticket has come: with TLS 1.3 after the handshake, twice (RFC 8446 §4.6.1). A copy is kept,
 * and used: OpenSSL spoils the session of a connection that was cut off, as TLS 1.0 asked for.
 * Since TLS 1.1 that is no reason not to resume (RFC 5246 §7.2.1). */
static int remember_session(SSL *ssl, SSL_SESSION *session)
{
    struct tls_memory *m = SSL_get_app_data(ssl);

    if (m != NULL) {
        tls_memory_forget(m);
        m->session = SSL_SESSION_dup(session);
    }
    return 0; /* session stays OpenSSL's */
}

int tls_new_client(struct tls **out, const struct tls_client_options *o, struct err_text *e)
{
    struct tls *t = tls_new(TLS_client_method(), o->version);
    int err = PL_OK;

    *out = NULL;
    if (t == NULL ||
        SSL_CTX_set_alpn_protos(t->ctx, o->http2 ? alpn_http2 : alpn_http,
                                o->http2 ? sizeof alpn_http2 - 1 : sizeof alpn_http - 1) != 0) {
        tls_free(t);
        return err_set(e, PL_ENOMEM, "TLS: %s", pl_strerror(PL_ENOMEM));
    }
    t->host = o->host;
    ERR_clear_error();
    if (o->ca_path == NULL)
        SSL_CTX_set_default_verify_paths(t->ctx);
    else if (SSL_CTX_load_verify_file(t->ctx, o->ca_path) != 1)
        err = refuse_file(e, "--tls-ca", o->ca_path, "holds no certificate");
    if (err < 0) {
        tls_free(t);
        return err;
    }
    /* Who trusts a server's own certificate need not know who has signed it (RFC 5280 §6.1.1 d). */
    X509_STORE_set_flags(SSL_CTX_get_cert_store(t->ctx), X509_V_FLAG_PARTIAL_CHAIN);
    SSL_CTX_set_verify(t->ctx, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_session_cache_mode(t->ctx,
                                   SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE);
    SSL_CTX_sess_set_new_cb(t->ctx, remember_session);
    *out = t;
    return PL_OK;
}

void tls_memory_forget(struct tls_memory *m)
{
    SSL_SESSION_free(m->session);
    m->session = NULL;
}

/* The name that the certificate must have (RFC 6125); SNI takes names only (RFC 6066 §3). */
static bool expect_host(SSL *ssl, const char *host)
{
    if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) == 1)
        return true;
    ERR_clear_error();
    return SSL_set1_host(ssl, host) == 1 && SSL_set_tlsext_host_name(ssl, host) == 1;
}

static bool offer_session(SSL *ssl, const SSL_SESSION *session)
{
    SSL_SESSION *copy = SSL_SESSION_dup(session);
    bool ok = copy != NULL && SSL_set_session(ssl, copy) == 1;

    SSL_SESSION_free(copy);
    return ok;
}

static bool prepare_client(SSL *ssl, const struct tls *t, struct tls_memory *m)
{
    if (!expect_host(ssl, t->host))
        return false;
    if (m == NULL)
        return true;
    SSL_set_app_data(ssl, m);
    return m->session == NULL || offer_session(ssl, m->session);
}

SSL *tls_new_connection(struct tls *t, struct tls_memory *m)
{
    SSL *ssl = SSL_new(t->ctx);

    if (ssl == NULL || t->server || prepare_client(ssl, t, m))
        return ssl;
    SSL_free(ssl);
    return NULL;
}
