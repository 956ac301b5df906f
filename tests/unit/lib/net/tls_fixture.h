/* TLS settings for tests: a server with a certificate of its own, and a client that trusts it,
 * by way of a file that is gone at once. */
#pragma once

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/net/tls.h"

struct tls_pair {
    struct tls *server, *client;
};

static inline void tls_temp_path(char path[64])
{
    int fd;

    snprintf(path, 64, "/tmp/pushlab-test-XXXXXX");
    fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    close(fd);
}

static inline struct tls *tls_trusting(const struct tls *server, int version, const char *host)
{
    struct tls_client_options options = {.version = version, .host = host};
    struct err_text e = {""};
    struct tls *client;
    char path[64];

    tls_temp_path(path);
    ck_assert_msg(tls_write_cert(server, path, &e) == 0, "%s", e.text);
    options.ca_path = path;
    ck_assert_msg(tls_new_client(&client, &options, &e) == 0, "%s", e.text);
    unlink(path);
    return client;
}

static inline struct tls_pair tls_pair_new(int server_version, int client_version)
{
    struct tls_server_options options = {.version = server_version, .plain_answer = "no TLS?\n"};
    struct err_text e = {""};
    struct tls_pair p;

    ck_assert_msg(tls_new_server(&p.server, &options, &e) == 0, "%s", e.text);
    p.client = tls_trusting(p.server, client_version, "127.0.0.1");
    return p;
}

static inline void tls_pair_free(struct tls_pair *p)
{
    tls_free(p->server);
    tls_free(p->client);
}
