/* pushlab-server's options. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/opt/opt.h"
#include "servers/http/http_context.h"
#include "servers/source/source.h"

struct server_options {
    struct http_settings http;
    int64_t port;      /* instead of the one in http.listen; -1: not given */
    char address[300]; /* what http.listen points to once it is complete */
    char token[256];   /* what http.publish_token points to if it was read from a file */
    /* source */
    const char *source_spec;
    const char *feed_spec; /* NULL: none */
    struct source_options source;
    int64_t history;
    int64_t max_channels;
    int64_t max_keys, max_senders; /* of each channel */
    /* TLS */
    bool tls;
    const char *tls_cert, *tls_key, *tls_write_cert; /* NULL: not given */
    int tls_version;                                 /* enum tls_version */
    /* laboratory */
    bool demo;
    int64_t test_delay_ns;
    const char *epoch;        /* NULL: a new one */
    const char *history_path; /* NULL: nothing is kept */
    int history_sync;         /* enum history_sync */
    int64_t core;
};

/* Fill in o; http.listen gets the address and the port that "8080", ":8080" or --port leave out.
 * As opt_parse(), or PL_ESYS. */
int server_options_parse(struct server_options *o, int argc, char **argv, struct err_text *e);
