#include "servers/server_tls.h"

#include <string.h>

#include "lib/proto/url.h"

#define PLAIN_TEXT "This port speaks TLS: https:// and wss:// here.\n"
#define PLAIN_ANSWER                                                                               \
    "HTTP/1.1 400 Bad Request\r\n"                                                                 \
    "Connection: close\r\n"                                                                        \
    "Content-Type: text/plain\r\n"                                                                 \
    "Content-Length: 48\r\n"                                                                       \
    "\r\n" PLAIN_TEXT
_Static_assert(sizeof PLAIN_TEXT - 1 == 48, "Content-Length");

static int refuse_without_tls(const struct server_options *o, struct err_text *e)
{
    const char *option = o->tls_cert != NULL         ? "--tls-cert"
                         : o->tls_key != NULL        ? "--tls-key"
                         : o->tls_write_cert != NULL ? "--tls-write-cert"
                         : o->tls_version != TLS_ANY ? "--tls-version"
                                                     : NULL;

    if (option == NULL)
        return PL_OK;
    return err_set(e, PL_EINVAL, "%s: has no meaning without --tls", option);
}

/* The host of --listen is one more name of the certificate, unless it stands for all. */
static const char *own_host(const struct server_options *o, char host[256])
{
    uint16_t port;

    if (url_parse_host_port(host, &port, o->http.listen, NULL) < 0)
        return NULL;
    return strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0 ? NULL : host;
}

int server_tls_start(struct tls **out, const struct server_options *o, struct err_text *e)
{
    char host[256];
    struct tls_server_options options = {.version = o->tls_version,
                                         .cert_path = o->tls_cert,
                                         .key_path = o->tls_key,
                                         .host = own_host(o, host),
                                         .plain_answer = PLAIN_ANSWER};
    int err;

    *out = NULL;
    if (!o->tls)
        return refuse_without_tls(o, e);
    if (o->tls_key != NULL && o->tls_cert == NULL)
        return err_set(e, PL_EINVAL, "--tls-key: has no meaning without --tls-cert");
    err = tls_new_server(out, &options, e);
    if (err == PL_OK && o->tls_write_cert != NULL)
        err = tls_write_cert(*out, o->tls_write_cert, e);
    return err;
}
