#include "bench/explain/annotate/explain_tls_words.h"

#include <stddef.h>

#include "bench/wire/tls_record.h"

struct name_row {
    unsigned number;
    const char *name;
};

static const char *find_name(const struct name_row *rows, size_t count, unsigned number)
{
    for (size_t i = 0; i < count; i++)
        if (rows[i].number == number)
            return rows[i].name;
    return NULL;
}

#define FIND_NAME(rows, number) find_name(rows, sizeof(rows) / sizeof *(rows), number)

/* ---- handshake messages ---- */

struct message_row {
    unsigned type;
    const char *name;
    const char *meaning, *ref;         /* TLS 1.3; NULL: not a message of it */
    const char *old_meaning, *old_ref; /* TLS 1.2 */
};

static const struct message_row messages[] = {
    {TLS_CLIENT_HELLO, "ClientHello", "what the client can do, and its half of the key exchange",
     "RFC 8446 §4.1.2", "what the client can do", "RFC 5246 §7.4.1.2"},
    {TLS_SERVER_HELLO, "ServerHello",
     "what the server has chosen, and its half of the key exchange", "RFC 8446 §4.1.3",
     "what the server has chosen", "RFC 5246 §7.4.1.3"},
    {4, "NewSessionTicket", "with this you may resume: another time it is shorter",
     "RFC 8446 §4.6.1", "with this you may resume: another time it is shorter", "RFC 5077 §3.3"},
    {8, "EncryptedExtensions", "the rest of what was agreed on, such as HTTP/1.1 by ALPN",
     "RFC 8446 §4.3.1", NULL, NULL},
    {11, "Certificate", "who the server is, signed by who says so", "RFC 8446 §4.4.2",
     "who the server is, signed by who says so", "RFC 5246 §7.4.2"},
    {12, "ServerKeyExchange", NULL, NULL,
     "the server's half of the key exchange, signed with the certificate's private key",
     "RFC 5246 §7.4.3"},
    {13, "CertificateRequest", "and who are you?", "RFC 8446 §4.3.2", "and who are you?",
     "RFC 5246 §7.4.4"},
    {14, "ServerHelloDone", NULL, NULL, "your turn", "RFC 5246 §7.4.5"},
    {15, "CertificateVerify", "proof that it has the certificate's private key", "RFC 8446 §4.4.3",
     "proof that it has the certificate's private key", "RFC 5246 §7.4.8"},
    {16, "ClientKeyExchange", NULL, NULL, "the client's half of the key exchange",
     "RFC 5246 §7.4.7"},
    {TLS_FINISHED, "Finished", "a digest of all of the handshake: nobody has changed it on its way",
     "RFC 8446 §4.4.4", "a digest of all of the handshake: nobody has changed it on its way",
     "RFC 5246 §7.4.9"},
    {22, "CertificateStatus", NULL, NULL, "the certificate has not been revoked, says its signer",
     "RFC 6066 §8"},
    {24, "KeyUpdate", "from here on with another key", "RFC 8446 §4.6.3", NULL, NULL},
};

struct explain_tls_word explain_tls_message_word(unsigned type, bool tls_1_3)
{
    for (size_t i = 0; i < sizeof messages / sizeof *messages; i++) {
        const struct message_row *m = &messages[i];
        const char *meaning = tls_1_3 ? m->meaning : m->old_meaning;

        if (m->type == type && meaning != NULL)
            return (struct explain_tls_word){m->name, meaning, tls_1_3 ? m->ref : m->old_ref};
    }
    return (struct explain_tls_word){NULL, "a handshake message that is not explained here",
                                     tls_1_3 ? "RFC 8446 §4" : "RFC 5246 §7.4"};
}

struct explain_tls_word explain_tls_retry_word(void)
{
    return (struct explain_tls_word){
        "HelloRetryRequest",
        "not like this: say hello again, with a key share for the group named below. It is a "
        "ServerHello whose random bytes are a fixed value, and costs a round trip",
        "RFC 8446 §4.1.4"};
}

/* ---- extensions ---- */

struct extension_row {
    unsigned type;
    const char *name;
    const char *asked, *answered; /* NULL: "the server's answer to it" */
    const char *ref, *old_ref;    /* TLS 1.3, TLS 1.2; NULL: the same */
};

static const struct extension_row extensions[] = {
    {0, "server_name", "which site is meant, before any certificate", "that site is known here",
     "RFC 6066 §3", NULL},
    {5, "status_request", "has the certificate been revoked?", "the answer comes with it",
     "RFC 6066 §8", NULL},
    {EXPLAIN_TLS_SUPPORTED_GROUPS, "supported_groups", "the curves it can exchange keys with", NULL,
     "RFC 8446 §4.2.7", "RFC 8422 §5.1.1"},
    {11, "ec_point_formats", "how points of curves may be written; for TLS 1.2",
     "how it can read points of curves", "RFC 8422 §5.1.2", NULL},
    {13, "signature_algorithms", "the signatures it can check", NULL, "RFC 8446 §4.2.3",
     "RFC 5246 §7.4.1.4.1"},
    {16, "application_layer_protocol_negotiation", "what is to be spoken inside, such as http/1.1",
     "what will be spoken inside", "RFC 7301 §3.1", NULL},
    {21, "padding", "nothing: it makes the hello longer", NULL, "RFC 7685 §3", NULL},
    {22, "encrypt_then_mac",
     "encrypt first, then seal, with ciphers that do both apart; for TLS 1.2", "agreed",
     "RFC 7366 §2", NULL},
    {23, "extended_master_secret", "the key depends on all of the handshake; for TLS 1.2", "agreed",
     "RFC 7627 §5.1", NULL},
    {35, "session_ticket", "it takes tickets; not empty: it wants to resume; for TLS 1.2",
     "a ticket will come", "RFC 5077 §3.2", NULL},
    {41, "pre_shared_key", "a ticket from an earlier connection: let us resume",
     "that ticket is good: resumed", "RFC 8446 §4.2.11", NULL},
    {42, "early_data", "data before the handshake is over", "taken", "RFC 8446 §4.2.10", NULL},
    {EXPLAIN_TLS_SUPPORTED_VERSIONS, "supported_versions", "the versions it speaks",
     "the version that will be spoken", "RFC 8446 §4.2.1", NULL},
    {44, "cookie", "the server's cookie comes back", "to be sent back with the next hello",
     "RFC 8446 §4.2.2", NULL},
    {45, "psk_key_exchange_modes", "how it would resume", NULL, "RFC 8446 §4.2.9", NULL},
    {49, "post_handshake_auth", "it may be asked for a certificate later", NULL, "RFC 8446 §4.2.6",
     NULL},
    {50, "signature_algorithms_cert", "the signatures in certificates that it can check", NULL,
     "RFC 8446 §4.2.3", NULL},
    {EXPLAIN_TLS_KEY_SHARE, "key_share",
     "its half of the key exchange, sent at once to save a round trip",
     "the server's half of the key exchange", "RFC 8446 §4.2.8", NULL},
    {65281, "renegotiation_info", "renegotiation would be safe", "renegotiation would be safe",
     "RFC 5746 §3.2", NULL},
};

struct explain_tls_word explain_tls_extension_word(unsigned type, bool up, bool tls_1_3)
{
    for (size_t i = 0; i < sizeof extensions / sizeof *extensions; i++) {
        const struct extension_row *e = &extensions[i];
        const char *answered = e->answered != NULL ? e->answered : "the server's answer to it";

        if (e->type == type)
            return (struct explain_tls_word){e->name, up ? e->asked : answered,
                                             tls_1_3 || e->old_ref == NULL ? e->ref : e->old_ref};
    }
    return (struct explain_tls_word){NULL, "an extension that is not explained here",
                                     tls_1_3 ? "RFC 8446 §4.2" : "RFC 5246 §7.4.1.4"};
}

/* ---- alerts ---- */

struct alert_row {
    unsigned description;
    const char *name, *meaning; /* NULL: "something is wrong" */
};

static const struct alert_row alerts[] = {
    {0, "close_notify", "nothing follows: so that no one can cut the talk short unseen"},
    {10, "unexpected_message", "that message does not belong here"},
    {20, "bad_record_mac", "a record has been changed on its way, or its key is another"},
    {22, "record_overflow", "a record is too long"},
    {40, "handshake_failure", "nothing that both can do"},
    {42, "bad_certificate", "the certificate is damaged, or its signature is wrong"},
    {43, "unsupported_certificate", "a kind of certificate that it cannot check"},
    {44, "certificate_revoked", "its signer has taken the certificate back"},
    {45, "certificate_expired", "the certificate is not valid at this time"},
    {46, "certificate_unknown", "the certificate is not accepted"},
    {47, "illegal_parameter", "something in the handshake contradicts itself"},
    {48, "unknown_ca", "whoever has signed the certificate is not trusted"},
    {49, "access_denied", "the certificate is good, but not for this"},
    {50, "decode_error", "a message that cannot be read"},
    {51, "decrypt_error", "a signature or a digest of the handshake is wrong"},
    {70, "protocol_version", "no version that both speak"},
    {71, "insufficient_security", "the ciphers on offer are too weak"},
    {80, "internal_error", "a fault of its own"},
    {86, "inappropriate_fallback", "a lower version than need be"},
    {90, "user_canceled", "somebody has changed their mind"},
    {100, "no_renegotiation", "it goes on with the keys it has"},
    {109, "missing_extension", "an extension that is needed is missing"},
    {110, "unsupported_extension", "an extension that was not asked for"},
    {112, "unrecognized_name", "no site of that name is here"},
    {113, "bad_certificate_status_response", "the word on revocation is wrong"},
    {115, "unknown_psk_identity", "that ticket is not known"},
    {116, "certificate_required", "it wants a certificate of the client's"},
    {120, "no_application_protocol", "no protocol that both speak inside"},
};

struct explain_tls_word explain_tls_alert_word(unsigned description, bool tls_1_3)
{
    bool closure = description == 0 || (tls_1_3 && description == 90);
    struct explain_tls_word word = {NULL, "something is wrong", NULL};

    for (size_t i = 0; i < sizeof alerts / sizeof *alerts; i++)
        if (alerts[i].description == description)
            word = (struct explain_tls_word){alerts[i].name, alerts[i].meaning, NULL};
    if (tls_1_3)
        word.ref = closure ? "RFC 8446 §6.1" : "RFC 8446 §6.2";
    else
        word.ref = closure ? "RFC 5246 §7.2.1" : "RFC 5246 §7.2.2";
    return word;
}

/* ---- ciphers, groups, versions ---- */

struct explain_tls_word explain_tls_signal_word(unsigned suite)
{
    if (suite == 0x00ff)
        return (struct explain_tls_word){"TLS_EMPTY_RENEGOTIATION_INFO_SCSV",
                                         "no cipher but a signal: renegotiation would be safe",
                                         "RFC 5746 §3.3"};
    if (suite == 0x5600)
        return (struct explain_tls_word){"TLS_FALLBACK_SCSV",
                                         "no cipher but a signal: a higher version has failed",
                                         "RFC 7507 §3"};
    return (struct explain_tls_word){.name = NULL};
}

const char *explain_tls_suite_name(unsigned suite)
{
    static const struct name_row suites[] = {
        {0x1301, "TLS_AES_128_GCM_SHA256"},        {0x1302, "TLS_AES_256_GCM_SHA384"},
        {0x1303, "TLS_CHACHA20_POLY1305_SHA256"},  {0xc02b, "ECDHE-ECDSA-AES128-GCM-SHA256"},
        {0xc02c, "ECDHE-ECDSA-AES256-GCM-SHA384"}, {0xc02f, "ECDHE-RSA-AES128-GCM-SHA256"},
        {0xc030, "ECDHE-RSA-AES256-GCM-SHA384"},   {0xcca8, "ECDHE-RSA-CHACHA20-POLY1305"},
        {0xcca9, "ECDHE-ECDSA-CHACHA20-POLY1305"},
    };

    return FIND_NAME(suites, suite);
}

const char *explain_tls_group_name(unsigned group)
{
    static const struct name_row groups[] = {
        {0x0017, "secp256r1"}, {0x0018, "secp384r1"},      {0x0019, "secp521r1"},
        {0x001d, "x25519"},    {0x001e, "x448"},           {0x0100, "ffdhe2048"},
        {0x0101, "ffdhe3072"}, {0x0102, "ffdhe4096"},      {0x0103, "ffdhe6144"},
        {0x0104, "ffdhe8192"}, {0x11ec, "X25519MLKEM768"},
    };

    return FIND_NAME(groups, group);
}

const char *explain_tls_version_name(unsigned version)
{
    static const struct name_row versions[] = {
        {0x0301, "TLS 1.0"}, {0x0302, "TLS 1.1"}, {0x0303, "TLS 1.2"}, {0x0304, "TLS 1.3"}};

    return FIND_NAME(versions, version);
}
