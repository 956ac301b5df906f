#include "servers/server.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "lib/base/clock.h"
#include "lib/proto/url.h"
#include "lib/proto/ws_handshake.h"
#include "servers/demo/demo.h"
#include "servers/endpoint/stats_wait.h"
#include "servers/history/history_file.h"
#include "servers/http/connections.h"
#include "servers/http/cursor_wait.h"
#include "servers/http/reply.h"
#include "servers/route.h"
#include "servers/source/source.h"
#include "servers/transport/follower.h"
#include "servers/transport/poll.h"

enum { STOP_DEADLINE_MS = 700 };

#define PLAIN_TEXT "This port speaks TLS: https:// and wss:// here.\n"
#define PLAIN_ANSWER                                                                               \
    "HTTP/1.1 400 Bad Request\r\n"                                                                 \
    "Connection: close\r\n"                                                                        \
    "Content-Type: text/plain\r\n"                                                                 \
    "Content-Length: 48\r\n"                                                                       \
    "\r\n" PLAIN_TEXT
_Static_assert(sizeof PLAIN_TEXT - 1 == 48, "Content-Length");

/* The publisher's: readers that wait for more of the log may go on. */
static bool server_on_advanced(void *arg)
{
    struct server *s = arg;

    return cursor_wait_check(&s->http);
}

/* The publisher's: stop in order, soon, and let server_run() fail with this line. Not at once,
 * since stopping frees what the caller still uses. */
static void server_on_failed(void *arg, const char *why)
{
    struct server *s = arg;

    snprintf(s->failure.text, sizeof s->failure.text, "%s", why);
    event_active(&s->sigterm, EV_SIGNAL, 1);
}

static void server_on_signal(evutil_socket_t signal_number, short what, void *arg)
{
    struct timeval deadline = {.tv_usec = STOP_DEADLINE_MS * 1000};
    struct server *s = arg;

    (void)signal_number;
    (void)what;
    if (s->http.stopping)
        return;
    s->http.stopping = true;
    publisher_stop(&s->publisher);
    event_add(&s->stop_deadline, &deadline);
    connections_stop(&s->http);
}

static void server_on_stop_deadline(evutil_socket_t fd, short what, void *arg)
{
    struct server *s = arg;

    (void)fd;
    (void)what;
    event_base_loopbreak(s->base);
}

static int start_base(struct server *s)
{
    struct event_config *cfg = event_config_new();

    if (cfg == NULL)
        return PL_ENOMEM;
    event_config_set_flag(cfg, EVENT_BASE_FLAG_NOLOCK);
    s->base = event_base_new_with_config(cfg);
    event_config_free(cfg);
    if (s->base == NULL ||
        evsignal_assign(&s->sigterm, s->base, SIGTERM, server_on_signal, s) < 0 ||
        evsignal_assign(&s->sigint, s->base, SIGINT, server_on_signal, s) < 0 ||
        evtimer_assign(&s->stop_deadline, s->base, server_on_stop_deadline, s) < 0)
        return PL_ENOMEM;
    return PL_OK;
}

/* Not while a file is read: a signal must end a server at once that waits for a pipe or has a large
 * trace, and the loop does not run then. */
static int hear_signals(struct server *s, struct err_text *e)
{
    if (event_add(&s->sigterm, NULL) < 0 || event_add(&s->sigint, NULL) < 0)
        return err_set(e, PL_ENOMEM, "event loop: %s", pl_strerror(PL_ENOMEM));
    return PL_OK;
}

static int start_loop(struct server *s)
{
    static const struct publisher_ops ops = {server_on_advanced, server_on_failed};
    int err = start_base(s);

    if (err == PL_OK)
        err = publisher_init(&s->publisher, &s->hub, s->base, &ops, s);
    if (err == PL_OK)
        err = connections_start(&s->http, s->base);
    if (err < 0 || !s->options->demo)
        return err;
    s->demo = demo_new(&s->http);
    if (s->demo == NULL)
        return PL_ENOMEM;
    s->http.tap = &s->demo->tap;
    return PL_OK;
}

static int start_hub(struct server *s)
{
    const struct server_options *o = s->options;
    struct hub_limits limits = {.history = (uint64_t)o->history,
                                .channels = (uint64_t)o->max_channels,
                                .keys = (uint64_t)o->max_keys,
                                .senders = (uint64_t)o->max_senders};

    return hub_init(&s->hub, &limits, o->test_delay_ns);
}

/* Numbers begin at 1 again with each start: they are of an epoch of their own, unless others
 * publish the same. A log that servers share has its own (redis_reader.c). */
static int start_epoch(struct server *s, struct err_text *e)
{
    const struct server_options *o = s->options;
    uint64_t bits;

    if (o->epoch != NULL) {
        if (!epoch_valid(o->epoch, strlen(o->epoch)))
            return err_set(e, PL_EINVAL, "--epoch: '%.40s' is not six of 0-9 and a-z", o->epoch);
        memcpy(s->hub.epoch, o->epoch, sizeof s->hub.epoch);
        return PL_OK;
    }
    if (source_epoch(s->hub.epoch, o->source_spec, &o->source, s->http.started_ns))
        return PL_OK;
    if (getrandom(&bits, sizeof bits, 0) != sizeof bits)
        return err_set(e, PL_ESYS, "random number: %s", pl_strerror(PL_ESYS));
    epoch_of_bits(s->hub.epoch, bits);
    return PL_OK;
}

static int start_history(struct server *s, struct err_text *e)
{
    const struct server_options *o = s->options;

    if (o->history_path == NULL)
        return PL_OK;
    if (strncmp(o->source_spec, "redis:", 6) == 0)
        return err_set(e, PL_EINVAL,
                       "--history-file: not with --source redis://, which keeps its own history");
    return history_file_open(&s->history, o->history_path, o->history_sync, &s->hub, e);
}

static int start_feed(struct server *s, const struct source_options *o, struct err_text *e)
{
    const char *feed = s->options->feed_spec;
    struct publisher *pub = &s->publisher;
    struct err_text why;

    if (feed == NULL)
        return PL_OK;
    if (pub->source->ops->submit == NULL || strncmp(feed, "redis:", 6) == 0)
        return err_set(e, PL_EINVAL,
                       "--feed: needs --source redis://..., and takes any other source");
    event_del(&s->sigterm);
    event_del(&s->sigint);
    pub->feed = source_start(pub, feed, o, &why);
    if (pub->feed == NULL)
        return err_set(e, PL_EINVAL, "--feed: %.310s", why.text);
    return hear_signals(s, e);
}

/* The loop runs meanwhile, and a signal may end it: then there is no source any more. */
static int start_source(struct server *s, struct err_text *e)
{
    struct source_options o = s->options->source;
    struct publisher *pub = &s->publisher;

    o.max_line_bytes = (size_t)s->options->http.max_body_bytes;
    o.resume_after_ns = s->history != NULL ? history_file_newest_ns(s->history) : 0;
    pub->source = source_start(pub, s->options->source_spec, &o, e);
    if (pub->source == NULL)
        return PL_EINVAL;
    if (hear_signals(s, e) < 0)
        return PL_ENOMEM;
    while (pub->source != NULL && pub->source->ops->ready != NULL &&
           !pub->source->ops->ready(pub->source)) {
        if (event_base_loop(s->base, EVLOOP_ONCE) < 0)
            return err_set(e, PL_ESYS, "event loop: %s", pl_strerror(PL_ESYS));
    }
    return pub->source != NULL ? start_feed(s, &o, e) : PL_OK;
}

static int refuse_without_tls(const struct server_options *o, struct err_text *e)
{
    const char *option = o->tls_cert != NULL         ? "--tls-cert"
                         : o->tls_key != NULL        ? "--tls-key"
                         : o->tls_write_cert != NULL ? "--tls-write-cert"
                         : o->tls_version != TLS_ANY ? "--tls-version"
                                                     : NULL;

    if (option == NULL)
        return PL_OK;
    return err_set(e, PL_EINVAL, "%s: needs --tls", option);
}

/* The host of --listen is one more name of the certificate, unless it is a wildcard. */
static const char *own_host(const struct server_options *o, char host[256])
{
    uint16_t port;

    if (url_parse_host_port(host, &port, o->http.listen, NULL) < 0)
        return NULL;
    return strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0 ? NULL : host;
}

/* --tls and the options that belong to it. */
static int start_tls(struct server *s, struct err_text *e)
{
    const struct server_options *o = s->options;
    char host[256];
    struct tls_server_options options = {.version = o->tls_version,
                                         .cert_path = o->tls_cert,
                                         .key_path = o->tls_key,
                                         .host = own_host(o, host),
                                         .plain_answer = PLAIN_ANSWER};
    int err;

    if (!o->tls)
        return refuse_without_tls(o, e);
    if (o->tls_key != NULL && o->tls_cert == NULL)
        return err_set(e, PL_EINVAL, "--tls-key: needs --tls-cert");
    err = tls_new_server(&s->tls, &options, e);
    if (err == PL_OK && o->tls_write_cert != NULL)
        err = tls_write_cert(s->tls, o->tls_write_cert, e);
    s->http.tls = s->tls;
    return err;
}

int server_start(struct server *s, const struct server_options *options, struct err_text *e)
{
    int err;

    *s = (struct server){.options = options};
    s->http = (struct http_context){.settings = &options->http,
                                    .hub = &s->hub,
                                    .publisher = &s->publisher,
                                    .handle = route_request,
                                    .refuse = reply_error,
                                    .started_ns = clock_now_ns()};
    signal(SIGPIPE, SIG_IGN);
    if (ws_handshake_start() < 0 || start_hub(s) < 0)
        return err_set(e, PL_ENOMEM, "%s", pl_strerror(PL_ENOMEM));
    err = start_epoch(s, e);
    if (err < 0)
        return err;
    err = start_history(s, e);
    if (err < 0)
        return err;
    err = start_loop(s);
    if (err == PL_OK && s->history != NULL)
        err = history_file_start(s->history, s->base);
    if (err < 0)
        return err_set(e, err, "event loop: %s", pl_strerror(err));
    err = start_tls(s, e);
    if (err == PL_OK)
        err = start_source(s, e);
    if (err < 0 || s->http.stopping)
        return err;
    err = http_context_start_cors(&s->http, e);
    return err < 0 ? err : connections_listen(&s->http, e);
}

int server_run(struct server *s, struct err_text *e)
{
    if (!s->http.stopping && event_base_dispatch(s->base) < 0)
        return err_set(e, PL_ESYS, "event loop: %s", pl_strerror(PL_ESYS));
    return s->failure.text[0] == '\0' ? PL_OK : err_set(e, PL_EPROTO, "%s", s->failure.text);
}

void server_free(struct server *s)
{
    sigset_t stops;

    if (s->base != NULL) {
        /* A second signal must not kill a server that is ending already. */
        sigemptyset(&stops);
        sigaddset(&stops, SIGTERM);
        sigaddset(&stops, SIGINT);
        sigprocmask(SIG_BLOCK, &stops, NULL);
        publisher_stop(&s->publisher);
        connections_free(&s->http);
        stats_wait_free(&s->http);
        demo_free(s->demo);
        publisher_free(&s->publisher);
        event_del(&s->sigterm);
        event_del(&s->sigint);
        event_del(&s->stop_deadline);
        history_file_close(s->history); /* its timer is the loop's */
        s->history = NULL;
        event_base_free(s->base);
    }
    history_file_close(s->history);
    tls_free(s->tls);
    poll_free(&s->http);
    follower_end(&s->http);
    hub_free(&s->hub);
}
