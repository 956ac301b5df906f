#include "servers/server.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "servers/http/cursor_wait.h"
#include "lib/base/clock.h"
#include "servers/demo/demo.h"
#include "lib/proto/http_reader.h"
#include "servers/http/peer.h"
#include "servers/server_tls.h"

enum { READ_BUF_BYTES = 65536, STOP_DEADLINE_MS = 700 };

enum { ACCOUNT_PUBLISH, ACCOUNT_OTHER, ACCOUNTS_BESIDE_TRANSPORTS };

size_t server_naccounts(void)
{
    return TRANSPORT_COUNT + ACCOUNTS_BESIDE_TRANSPORTS;
}

const char *server_account_name(size_t i)
{
    static const char *const beside[] = {[ACCOUNT_PUBLISH] = "publish", [ACCOUNT_OTHER] = "other"};

    return i < TRANSPORT_COUNT ? transport_names[i] : beside[i - TRANSPORT_COUNT];
}

struct transport_stats *server_account(struct server *s, const struct transport *t)
{
    return &s->accounts[t != NULL ? (size_t)t->info->id : TRANSPORT_COUNT + (size_t)ACCOUNT_OTHER];
}

struct transport_stats *server_publish_account(struct server *s)
{
    return &s->accounts[TRANSPORT_COUNT + ACCOUNT_PUBLISH];
}

const char *server_date(struct server *s)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME_COARSE, &now);
    if (now.tv_sec != s->date_unix_s) {
        s->date_unix_s = now.tv_sec;
        http_date(s->date, now.tv_sec);
    }
    return s->date;
}

/* The publisher's: readers that wait for more of the log may go on. */
static bool server_on_advanced(void *arg)
{
    return cursor_wait_check(arg);
}

/* The publisher's: stop in order, soon, and let server_run() fail with this line. Not here and
 * now: whoever finds out may stand on what stopping frees. */
static void server_on_failed(void *arg, const char *why)
{
    struct server *s = arg;

    snprintf(s->failure.text, sizeof s->failure.text, "%s", why);
    event_active(&s->sigterm, EV_SIGNAL, 1);
}

static void server_on_signal(evutil_socket_t signal_number, short what, void *arg)
{
    (void)signal_number;
    (void)what;
    server_stop(arg);
}

static void server_on_stop_deadline(evutil_socket_t fd, short what, void *arg)
{
    struct server *s = arg;

    (void)fd;
    (void)what;
    event_base_loopbreak(s->base);
}

static int start_loop(struct server *s)
{
    static const struct publisher_ops ops = {server_on_advanced, server_on_failed};
    struct event_config *cfg = event_config_new();

    if (cfg == NULL)
        return PL_ENOMEM;
    event_config_set_flag(cfg, EVENT_BASE_FLAG_NOLOCK);
    s->base = event_base_new_with_config(cfg);
    event_config_free(cfg);
    if (s->base == NULL || conn_loop_init(&s->loop, s->base, READ_BUF_BYTES) < 0)
        return PL_ENOMEM;
    if (evsignal_assign(&s->sigterm, s->base, SIGTERM, server_on_signal, s) < 0 ||
        evsignal_assign(&s->sigint, s->base, SIGINT, server_on_signal, s) < 0 ||
        evtimer_assign(&s->stop_deadline, s->base, server_on_stop_deadline, s) < 0)
        return PL_ENOMEM;
    if (event_add(&s->sigterm, NULL) < 0 || event_add(&s->sigint, NULL) < 0)
        return PL_ENOMEM;
    if (publisher_init(&s->publisher, &s->hub, s->base, &ops, s) < 0)
        return PL_ESYS;
    if (s->options->demo) {
        s->demo = demo_new(s->base);
        if (s->demo == NULL)
            return PL_ENOMEM;
    }
    return janitor_start(&s->janitor, s->base);
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

static int start_feed(struct server *s, const struct source_options *o, struct err_text *e)
{
    const char *feed = s->options->feed_spec;
    struct publisher *pub = &s->publisher;
    struct err_text why;

    if (feed == NULL)
        return PL_OK;
    if (pub->source->ops->submit == NULL || strncmp(feed, "redis:", 6) == 0)
        return err_set(e, PL_EINVAL,
                       "--feed: it is what goes into a stream that servers share; accepted: with "
                       "--source redis://..., any other source");
    pub->feed = source_start(pub, feed, o, &why);
    return pub->feed == NULL ? err_set(e, PL_EINVAL, "--feed: %.310s", why.text) : PL_OK;
}

/* The loop runs meanwhile, and a signal may end it: then there is no source any more. */
static int start_source(struct server *s, struct err_text *e)
{
    struct source_options o = s->options->source;
    struct publisher *pub = &s->publisher;

    o.max_line_bytes = (size_t)s->options->max_body_bytes;
    pub->source = source_start(pub, s->options->source_spec, &o, e);
    if (pub->source == NULL)
        return PL_EINVAL;
    while (pub->source != NULL && pub->source->ops->ready != NULL &&
           !pub->source->ops->ready(pub->source)) {
        if (event_base_loop(s->base, EVLOOP_ONCE) < 0)
            return err_set(e, PL_ESYS, "event loop: %s", pl_strerror(PL_ESYS));
    }
    return pub->source != NULL ? start_feed(s, &o, e) : PL_OK;
}

int server_start(struct server *s, const struct server_options *options, struct err_text *e)
{
    int err;

    *s = (struct server){.options = options, .started_ns = clock_now_ns()};
    signal(SIGPIPE, SIG_IGN);
    s->accounts = calloc(server_naccounts(), sizeof *s->accounts);
    if (s->accounts == NULL)
        return err_set(e, PL_ENOMEM, "%s", pl_strerror(PL_ENOMEM));
    if (start_hub(s) < 0)
        return err_set(e, PL_ENOMEM, "%s", pl_strerror(PL_ENOMEM));
    err = start_loop(s);
    if (err < 0)
        return err_set(e, err, "event loop: %s", pl_strerror(err));
    err = server_tls_start(&s->tls, options, e);
    if (err < 0)
        return err;
    err = start_source(s, e);
    if (err < 0 || s->stopping)
        return err;
    return listener_start(&s->listener, s, e);
}

int server_run(struct server *s, struct err_text *e)
{
    if (!s->stopping && event_base_dispatch(s->base) < 0)
        return err_set(e, PL_ESYS, "event loop: %s", pl_strerror(PL_ESYS));
    return s->failure.text[0] == '\0' ? PL_OK : err_set(e, PL_EPROTO, "%s", s->failure.text);
}

static void stop_peer(struct peer *p)
{
    if (p->conn.ended || p->conn.finishing)
        return;
    if (p->transport != NULL && p->transport->stop != NULL)
        p->transport->stop(p);
    else
        conn_close(&p->conn);
}

void server_stop(struct server *s)
{
    struct timeval deadline = {.tv_usec = STOP_DEADLINE_MS * 1000};

    if (s->stopping)
        return;
    s->stopping = true;
    listener_stop(&s->listener);
    publisher_stop(&s->publisher);
    for (uint32_t i = 0; i < s->janitor.npeers; i++)
        stop_peer(s->janitor.peers[i]);
    if (s->connections.open == 0)
        event_base_loopbreak(s->base);
    else
        event_add(&s->stop_deadline, &deadline);
}

void server_free(struct server *s)
{
    sigset_t last_words;

    if (s->base == NULL)
        goto memory;
    /* A second signal must not kill a server that is already on its way out. */
    sigemptyset(&last_words);
    sigaddset(&last_words, SIGTERM);
    sigaddset(&last_words, SIGINT);
    sigprocmask(SIG_BLOCK, &last_words, NULL);
    listener_stop(&s->listener);
    publisher_stop(&s->publisher);
    for (uint32_t i = 0; i < s->janitor.npeers; i++)
        conn_close(&s->janitor.peers[i]->conn);
    if (s->loop.read_buf != NULL)
        conn_loop_free(&s->loop);
    demo_free(s->demo);
    publisher_free(&s->publisher);
    janitor_free(&s->janitor);
    event_del(&s->sigterm);
    event_del(&s->sigint);
    event_del(&s->stop_deadline);
    event_base_free(s->base);
memory:
    tls_free(s->tls);
    poll_cache_free(&s->poll_cache, &s->hub);
    hub_free(&s->hub);
    buf_free(&s->scratch);
    free(s->accounts);
}
