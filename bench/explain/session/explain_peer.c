#include "bench/explain/session/explain_peer.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "lib/base/clock.h"
#include "lib/net/conn.h"
#include "bench/wire/tls_record.h"

enum { READS_AFTER_FIN_MAX = 20, READ_BYTES = 16384, TEXT_BYTES = 512 };

/* ---- noting down ---- */

static void put_event(struct explain_recorder *r, enum transcript_what what, unsigned number,
                      const void *data, size_t len)
{
    const struct transcript_event e = {what, number, clock_now_ns(), data, len};
    struct buf line = {0};

    if (r != NULL && transcript_encode(&line, &e) == PL_OK)
        fwrite(line.data, 1, line.len, r->out);
    buf_free(&line);
}

void explain_record(struct explain_recorder *r, enum transcript_what what, const char *fmt, ...)
{
    char text[TEXT_BYTES];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    put_event(r, what, 0, text, strlen(text));
}

static void note(const struct explain_peer *p, enum transcript_what what, const void *data,
                 size_t len)
{
    put_event(p->recorder, what, p->number, data, len);
}

/* "10.77.0.2:8080", "[::1]:8080" */
static void note_address(const struct explain_peer *p, enum transcript_what what,
                         const struct sockaddr *address, socklen_t len)
{
    char host[NI_MAXHOST] = "?", port[NI_MAXSERV] = "?", text[TEXT_BYTES];

    getnameinfo(address, len, host, sizeof host, port, sizeof port,
                NI_NUMERICHOST | NI_NUMERICSERV);
    snprintf(text, sizeof text, address->sa_family == AF_INET6 ? "[%.200s]:%s" : "%.200s:%s", host,
             port);
    note(p, what, text, strlen(text));
}

static void note_kernel(const struct explain_peer *p)
{
    char text[CONN_TCP_TEXT_BYTES];

    if (conn_tcp_text(text, p->fd, false) == PL_OK)
        note(p, TRANSCRIPT_KERNEL, text, strlen(text));
}

/* ---- TLS ---- */

/* Called by OpenSSL with each message before it is encrypted, and after it was decrypted. Sent
 * messages are kept until the records that carry them are recorded. */
static void on_tls_message(int sent, int version, int type, const void *data, size_t len, SSL *ssl,
                           void *arg)
{
    struct explain_peer *p = arg;
    uint8_t first = (uint8_t)type;
    struct buf message = {0};

    (void)version;
    (void)ssl;
    if ((type != SSL3_RT_HANDSHAKE && type != SSL3_RT_ALERT) || p->recorder == NULL)
        return;
    if (buf_add(&message, &first, 1) == PL_OK && buf_add(&message, data, len) == PL_OK) {
        const struct transcript_event own = {TRANSCRIPT_TLS_SENT, p->number, clock_now_ns(),
                                             message.data, message.len};

        if (!sent)
            note(p, TRANSCRIPT_TLS_RECEIVED, message.data, message.len);
        else if (transcript_encode(&p->own_messages, &own) < 0)
            p->own_messages.len = 0;
    }
    buf_free(&message);
}

/* ---- bytes ---- */

static int fail(struct explain_peer *p, const char *what, int sys_errno, struct err_text *e)
{
    note(p, TRANSCRIPT_RESET, strerror(sys_errno), strlen(strerror(sys_errno)));
    return err_set(e, PL_ESYS, "%s: %s", what, strerror(sys_errno));
}

static int send_raw(struct explain_peer *p, const uint8_t *data, size_t len, struct err_text *e)
{
    while (len > 0) {
        struct pollfd pfd = {.fd = p->fd, .events = POLLOUT};
        ssize_t n = send(p->fd, data, len, MSG_NOSIGNAL);

        if (n < 0 && errno == EAGAIN)
            poll(&pfd, 1, 100);
        else if (n < 0 && errno != EINTR)
            return fail(p, "send", errno, e);
        else if (n > 0) {
            data += n;
            len -= (size_t)n;
        }
    }
    return PL_OK;
}

/* Send the records that TLS has made. */
static int flush_records(struct explain_peer *p, struct err_text *e)
{
    char *data = NULL;
    BIO *out = SSL_get_wbio(p->ssl);
    long len = BIO_get_mem_data(out, &data);
    int rc = PL_OK;

    if (len > 0) {
        note(p, TRANSCRIPT_RECORD_SENT, data, (size_t)len);
        rc = send_raw(p, (const uint8_t *)data, (size_t)len, e);
        BIO_reset(out);
    }
    if (p->own_messages.len > 0)
        fwrite(p->own_messages.data, 1, p->own_messages.len, p->recorder->out);
    p->own_messages.len = 0;
    return rc;
}

static int refuse_tls(struct explain_peer *p, struct err_text *e)
{
    long verdict = SSL_get_verify_result(p->ssl);
    const char *why = ERR_reason_error_string(ERR_get_error());

    flush_records(p, NULL);
    if (verdict != X509_V_OK)
        why = X509_verify_cert_error_string(verdict);
    return err_set(e, PL_EPROTO, "TLS: %s", why != NULL ? why : "failed");
}

static int decrypt(struct explain_peer *p, struct err_text *e)
{
    uint8_t plain[READ_BYTES];
    int n, rc;

    while ((n = SSL_read(p->ssl, plain, sizeof plain)) > 0) {
        note(p, TRANSCRIPT_RECEIVED, plain, (size_t)n);
        if (buf_add(&p->in, plain, (size_t)n) < 0)
            return err_set(e, PL_ENOMEM, "%s", pl_strerror(PL_ENOMEM));
    }
    rc = SSL_get_error(p->ssl, n);
    if (rc == SSL_ERROR_SSL)
        return refuse_tls(p, e);
    p->eof |= rc == SSL_ERROR_ZERO_RETURN;
    return flush_records(p, e);
}

/* Pass the next complete record to TLS: one at a time, so that its content is recorded after it. */
static bool give_record(struct explain_peer *p)
{
    size_t len;

    if (p->raw.len < TLS_RECORD_HEADER_BYTES)
        return false;
    len = TLS_RECORD_HEADER_BYTES + tls_record_body_bytes(p->raw.data);
    if (p->raw.len < len)
        return false;
    note(p, TRANSCRIPT_RECORD_RECEIVED, p->raw.data, len);
    BIO_write(SSL_get_rbio(p->ssl), p->raw.data, (int)len);
    buf_drain(&p->raw, len);
    return true;
}

/* 1: something was read; 0: no time left, or the end; negative. */
static int read_raw(struct explain_peer *p, int64_t deadline_ns, struct err_text *e)
{
    uint8_t data[READ_BYTES];
    struct pollfd pfd = {.fd = p->fd, .events = POLLIN};
    ssize_t n;

    for (;;) {
        int64_t left_ns = deadline_ns - clock_now_ns();

        if (poll(&pfd, 1, left_ns < 0 ? 0 : (int)(left_ns / NS_PER_MS) + 1) == 0)
            return 0;
        n = recv(p->fd, data, sizeof data, 0);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            continue;
        if (n < 0)
            return fail(p, "receive", errno, e);
        if (n > 0 && p->ssl == NULL)
            note(p, TRANSCRIPT_RECEIVED, data, (size_t)n);
        if (n > 0 && buf_add(p->ssl == NULL ? &p->in : &p->raw, data, (size_t)n) < 0)
            return err_set(e, PL_ENOMEM, "%s", pl_strerror(PL_ENOMEM));
        if (n > 0)
            return 1;
        p->eof = p->ended = true;
        note(p, TRANSCRIPT_EOF, NULL, 0);
        return 0;
    }
}

int explain_peer_receive(struct explain_peer *p, int64_t deadline_ns, struct err_text *e)
{
    size_t before = p->in.len;
    int rc;

    while (p->in.len == before && !p->eof) {
        if (p->ssl != NULL && give_record(p))
            rc = decrypt(p, e) < 0 ? PL_EPROTO : 1;
        else
            rc = read_raw(p, deadline_ns, e);
        if (rc <= 0)
            return rc;
    }
    return p->in.len > before;
}

int explain_peer_send(struct explain_peer *p, const void *data, size_t len, struct err_text *e)
{
    note(p, TRANSCRIPT_SENT, data, len);
    if (p->ssl == NULL)
        return send_raw(p, data, len, e);
    if (SSL_write(p->ssl, data, (int)len) <= 0)
        return refuse_tls(p, e);
    return flush_records(p, e);
}

/* ---- opening ---- */

static int wait_connected(int fd, int64_t wait_ns)
{
    struct pollfd pfd = {.fd = fd, .events = POLLOUT};
    int error = 0;
    socklen_t len = sizeof error;

    if (poll(&pfd, 1, (int)(wait_ns / NS_PER_MS)) == 0)
        return ETIMEDOUT;
    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len);
    return error;
}

/* 0 or an errno. */
static int connect_to(struct explain_peer *p, const struct addrinfo *a, int64_t wait_ns)
{
    struct sockaddr_storage local;
    socklen_t len = sizeof local;
    int error = 0;

    p->fd = socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (p->fd < 0)
        return errno;
    note_address(p, TRANSCRIPT_OPEN, a->ai_addr, a->ai_addrlen);
    if (connect(p->fd, a->ai_addr, a->ai_addrlen) < 0)
        error = errno == EINPROGRESS ? wait_connected(p->fd, wait_ns) : errno;
    if (error != 0)
        return error;
    setsockopt(p->fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    note_kernel(p);
    if (getsockname(p->fd, (struct sockaddr *)&local, &len) == 0)
        note_address(p, TRANSCRIPT_CONNECTED, (struct sockaddr *)&local, len);
    return 0;
}

static int dial(struct explain_peer *p, const struct url *url, int64_t wait_ns, struct err_text *e)
{
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found;
    char port[8];
    int rc, error = 0;

    snprintf(port, sizeof port, "%u", url->port);
    rc = getaddrinfo(url->host, port, &hints, &found);
    if (rc != 0)
        return err_set(e, PL_ESYS, "%s: %s", url->host, gai_strerror(rc));
    for (const struct addrinfo *a = found; a != NULL; a = a->ai_next) {
        error = connect_to(p, a, wait_ns);
        if (error == 0)
            break;
        if (p->fd >= 0)
            close(p->fd);
        p->fd = -1;
    }
    freeaddrinfo(found);
    if (error != 0)
        return err_set(e, PL_ESYS, "connect %s:%s: %s", url->host, port, strerror(error));
    return PL_OK;
}

static int shake_hands(struct explain_peer *p, int64_t deadline_ns, struct err_text *e)
{
    int n, rc;

    while ((n = SSL_do_handshake(p->ssl)) != 1) {
        if (SSL_get_error(p->ssl, n) != SSL_ERROR_WANT_READ)
            return refuse_tls(p, e);
        if (flush_records(p, e) < 0)
            return PL_ESYS;
        rc = give_record(p) ? 1 : read_raw(p, deadline_ns, e);
        if (rc < 0)
            return rc;
        if (rc == 0)
            return err_set(e, PL_EPROTO, "TLS: the server %s during the handshake",
                           p->eof ? "closed the connection" : "did not respond");
    }
    return flush_records(p, e);
}

static int secure(struct explain_peer *p, struct tls *tls, struct tls_memory *memory,
                  int64_t deadline_ns, struct err_text *e)
{
    BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
    char text[TEXT_BYTES];
    int rc;

    p->ssl = tls_new_connection(tls, memory);
    if (p->ssl == NULL || in == NULL || out == NULL) {
        BIO_free(in);
        BIO_free(out);
        return err_set(e, PL_ENOMEM, "TLS: %s", pl_strerror(PL_ENOMEM));
    }
    BIO_set_mem_eof_return(in, -1);
    SSL_set_bio(p->ssl, in, out);
    SSL_set_connect_state(p->ssl);
    SSL_set_msg_callback(p->ssl, on_tls_message);
    SSL_set_msg_callback_arg(p->ssl, p);
    rc = shake_hands(p, deadline_ns, e);
    if (rc < 0)
        return rc;
    snprintf(text, sizeof text, "%s %s %s", SSL_get_version(p->ssl), SSL_get_cipher_name(p->ssl),
             SSL_session_reused(p->ssl) ? "resumed" : "full");
    note(p, TRANSCRIPT_SECURED, text, strlen(text));
    return PL_OK;
}

int explain_peer_open(struct explain_peer *p, struct explain_recorder *recorder,
                      const struct url *url, struct tls *tls, struct tls_memory *memory,
                      int64_t wait_ns, struct err_text *e)
{
    int rc;

    *p = (struct explain_peer){.recorder = recorder, .fd = -1};
    if (recorder != NULL)
        p->number = ++recorder->connections;
    rc = dial(p, url, wait_ns, e);
    if (rc == PL_OK && tls != NULL)
        rc = secure(p, tls, memory, clock_now_ns() + wait_ns, e);
    if (rc < 0)
        explain_peer_close(p);
    return rc;
}

/* ---- the end ---- */

void explain_peer_finish(struct explain_peer *p, int64_t deadline_ns)
{
    unsigned reads = 0;

    if (p->fd < 0)
        return;
    note_kernel(p);
    if (p->ssl != NULL) {
        SSL_shutdown(p->ssl);
        flush_records(p, NULL);
    }
    note(p, TRANSCRIPT_SHUT, NULL, 0);
    shutdown(p->fd, SHUT_WR);
    do {
        while (p->ssl != NULL && give_record(p))
            ;
    } while (!p->ended && reads++ < READS_AFTER_FIN_MAX && read_raw(p, deadline_ns, NULL) > 0);
    if (!p->ended && reads > READS_AFTER_FIN_MAX)
        explain_record(p->recorder, TRANSCRIPT_REMARK,
                       "the server continues to send: the client closes the socket");
    explain_peer_close(p);
}

void explain_peer_close(struct explain_peer *p)
{
    if (p->fd >= 0)
        close(p->fd);
    p->fd = -1;
    SSL_free(p->ssl);
    p->ssl = NULL;
    buf_free(&p->in);
    buf_free(&p->raw);
    buf_free(&p->own_messages);
}
