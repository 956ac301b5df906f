/* The pure parts of the opening handshake (RFC 6455 §4). No I/O. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { WS_KEY_CHARS = 24, WS_ACCEPT_CHARS = 28 };

/* Make the crypto library start now, not at the first handshake: it takes about 2 MB, and OpenSSL
 * 3.0 crashes when memory runs out while it starts. 0 or PL_ENOMEM. */
int ws_handshake_start(void);

/* Sec-WebSocket-Accept for a valid Sec-WebSocket-Key: base64(SHA-1(key + GUID)) (§4.2.2 item 5.4).
 * 0, or PL_ENOMEM when the crypto library fails. */
int ws_accept_from_key(char accept[WS_ACCEPT_CHARS + 1], const char *key);

/* Does key decode, as base64, to 16 bytes? (§4.2.1 item 5) The last digit's four unused bits are
 * not checked: RFC 4648 §3.5 leaves that to the decoder. */
bool ws_key_valid(const char *key);

/* The base64 form of 16 bytes, for clients (§4.1 item 7). */
void ws_key_encode(char key[WS_KEY_CHARS + 1], const uint8_t nonce[16]);
