/* http://HOST:PORT addresses, request targets and their query parameters (RFC 3986). No I/O. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"

struct url {
    bool tls;          /* https or wss */
    char host[256];    /* without brackets; a literal address or a name */
    bool host_is_ipv6; /* needs brackets in Host: */
    uint16_t port;
    char path[256]; /* "" or "/prefix" without a trailing slash */
};

/* "http://127.0.0.1:8080", "ws://[::1]:9000/x"; the scheme may be http, https, ws, wss, and
 * sets the port where none is given. User names, queries and fragments are refused.
 * 0 or PL_EINVAL with the line in e. */
int url_parse(struct url *out, const char *text, struct err_text *e);

/* "ADDR:PORT" or "[ADDR6]:PORT" as --listen takes it; port 0 is allowed. The host comes without
 * brackets. 0 or PL_EINVAL with the line in e. */
int url_parse_host_port(char host[256], uint16_t *port, const char *text, struct err_text *e);

/* Split a request target in place: absolute-form is cut down to its path; *query gets what
 * follows '?' (or ""), still encoded. Returns the path, percent-decoded in place ("*" stays),
 * or NULL when malformed: a fragment, authority-form, a bad escape, or %00. */
char *url_split_target(char *target, char **query);

/* Find name in a query string and decode its value ("%XX", and '+' as a space) into out
 * (NUL-terminated); the first if repeated, "" if it has no '='. Names may be encoded, too.
 * 1 found, 0 absent, PL_EINVAL when malformed or it does not fit cap bytes. */
int url_query_get(const char *query, const char *name, char *out, size_t cap);

/* Plain decimal digits, nothing else, 0..max. 0 or PL_EINVAL. */
int url_parse_u64(uint64_t *out, const char *text, uint64_t max);
