#include "lib/net/tls_cert.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "lib/base/err.h"

enum { VALID_DAYS = 30, SERIAL_BYTES = 16 };

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

/* Whom it is for (RFC 5280 §4.2.1.6): clients look here, not at the subject. */
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
    uint8_t bytes[SERIAL_BYTES];
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
           X509_gmtime_adj(X509_getm_notAfter(cert), VALID_DAYS * 24L * 3600) != NULL &&
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
