#include "lib/proto/ws_handshake.h"

#include <stdio.h>
#include <string.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "lib/base/err.h"

#define WS_GUID "258EAFA5-E914-47DA-95CA-C5AB0DC85B11" /* §1.3 */

enum { SHA1_BYTES = 20, KEY_DIGITS = 22 /* base64 digits of 16 bytes, before the padding */ };

/* Without the first call the digest would use the library's context unchecked. */
int ws_handshake_start(void)
{
    char accept[WS_ACCEPT_CHARS + 1];

    return OSSL_LIB_CTX_get0_global_default() == NULL
               ? PL_ENOMEM
               : ws_accept_from_key(accept, "dGhlIHNhbXBsZSBub25jZQ==");
}

int ws_accept_from_key(char accept[WS_ACCEPT_CHARS + 1], const char *key)
{
    char text[WS_KEY_CHARS + sizeof WS_GUID];
    uint8_t digest[SHA1_BYTES];
    int len = snprintf(text, sizeof text, "%.*s" WS_GUID, WS_KEY_CHARS, key);

    if (EVP_Digest(text, (size_t)len, digest, NULL, EVP_sha1(), NULL) != 1)
        return PL_ENOMEM;
    EVP_EncodeBlock((unsigned char *)accept, digest, SHA1_BYTES);
    return PL_OK;
}

static bool is_base64_digit(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
           c == '/';
}

bool ws_key_valid(const char *key)
{
    for (size_t i = 0; i < KEY_DIGITS; i++)
        if (!is_base64_digit(key[i]))
            return false;
    return strcmp(key + KEY_DIGITS, "==") == 0;
}

void ws_key_encode(char key[WS_KEY_CHARS + 1], const uint8_t nonce[16])
{
    EVP_EncodeBlock((unsigned char *)key, nonce, 16);
}
