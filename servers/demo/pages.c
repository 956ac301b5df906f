#include "servers/demo/pages.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <llhttp.h>

#include "lib/proto/url.h"
#include "lib/proto/ws_frame.h"

static bool id_valid(const char *id)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";

    return id[0] != '\0' && id[strspn(id, allowed)] == '\0';
}

static size_t slot_of(const struct pages *ps, const char *id)
{
    size_t i = 0;

    while (i < PAGES_MAX && (ps->slots[i] == NULL || strcmp(ps->slots[i]->id, id) != 0))
        i++;
    return i;
}

const struct page *pages_find(const struct pages *ps, const char *id)
{
    size_t i = slot_of(ps, id);

    return i < PAGES_MAX ? ps->slots[i] : NULL;
}

/* A free slot, or that of the page unused for longest; PAGES_MAX when all are in use. */
static size_t slot_to_fill(const struct pages *ps)
{
    size_t oldest = PAGES_MAX;

    for (size_t i = 0; i < PAGES_MAX; i++) {
        const struct page *page = ps->slots[i];

        if (page == NULL)
            return i;
        if (page->peers == 0 &&
            (oldest == PAGES_MAX || page->last_used_ns < ps->slots[oldest]->last_used_ns))
            oldest = i;
    }
    return oldest;
}

static struct page *page_get(struct pages *ps, const char *id)
{
    size_t i = slot_of(ps, id);
    struct page *page;

    if (i < PAGES_MAX)
        return ps->slots[i];
    i = slot_to_fill(ps);
    if (i == PAGES_MAX)
        return NULL;
    page = calloc(1, sizeof *page);
    if (page == NULL)
        return NULL;
    snprintf(page->id, sizeof page->id, "%s", id);
    free(ps->slots[i]);
    ps->slots[i] = page;
    return page;
}

void pages_free(struct pages *ps)
{
    for (size_t i = 0; i < PAGES_MAX; i++)
        free(ps->slots[i]);
}

/* Append text while there is room; the whole length is counted in any case. */
static void excerpt_add(uint8_t *to, size_t cap, size_t *whole_bytes, const void *data, size_t len)
{
    size_t room = *whole_bytes < cap ? cap - *whole_bytes : 0;

    if (len > 0 && room > 0)
        memcpy(to + *whole_bytes, data, len < room ? len : room);
    *whole_bytes += len;
}

static void request_add(struct page_exchange *x, const char *text)
{
    excerpt_add(x->request, sizeof x->request, &x->request_bytes, text, strlen(text));
}

/* What must not be shown to an audience. */
static bool is_secret(const char *name)
{
    return strcasecmp(name, "Authorization") == 0 || strcasecmp(name, "Cookie") == 0;
}

/* The request line and header fields, put together again; only white space around values may
 * differ. */
static void keep_request(struct page_exchange *x, const struct http_request *req)
{
    const struct http_message *m = req->msg;
    const char *text = (const char *)m->text.data;

    request_add(x, llhttp_method_name(m->method));
    request_add(x, " ");
    request_add(x, req->path); /* url_split_target() has cut the target in two */
    request_add(x, req->query[0] != '\0' ? "?" : "");
    request_add(x, req->query);
    request_add(x, m->minor == 0 ? " HTTP/1.0\r\n" : " HTTP/1.1\r\n");
    for (uint32_t i = 0; i < m->nfields; i++) {
        const char *name = text + m->fields[i].name;

        request_add(x, name);
        request_add(x, ": ");
        request_add(x, is_secret(name) ? "(not shown)" : text + m->fields[i].value);
        request_add(x, "\r\n");
    }
    request_add(x, "\r\n");
    excerpt_add(x->request, sizeof x->request, &x->request_bytes, req->body, req->body_len);
}

static struct page_exchange *exchange_begin(struct page_account *a)
{
    if (a->exchange.answer_bytes > 0)
        a->answered = a->exchange;
    a->exchange.request_bytes = a->exchange.answer_bytes = a->exchange.newest_bytes = 0;
    return &a->exchange;
}

const struct page_exchange *page_exchange_whole(const struct page_account *a)
{
    bool waits = a->exchange.answer_bytes == 0 && a->answered.answer_bytes > 0;

    return waits ? &a->answered : &a->exchange;
}

static void move_home(struct page_peer *pp, struct page *page, int64_t now_ns)
{
    if (pp->home == page)
        return;
    pages_leave(pp, now_ns);
    pp->home = page;
    page->peers++;
}

void pages_count_request(struct pages *ps, struct page_peer *pp, const struct http_request *req,
                         size_t account, size_t request_bytes)
{
    char id[PAGE_ID_MAX_CHARS + 1];
    struct page *page;

    pp->account = NULL;
    if (url_query_get(req->query, "page", id, sizeof id) <= 0 || !id_valid(id))
        return;
    page = page_get(ps, id);
    if (page == NULL)
        return;
    move_home(pp, page, req->now_ns);
    page->last_used_ns = req->now_ns;
    pp->account = &page->accounts[account];
    pp->account->connections += (pp->used >> account & 1) == 0;
    pp->used |= UINT32_C(1) << account;
    pp->account->requests++;
    pp->account->in_bytes += request_bytes;
    keep_request(exchange_begin(pp->account), req);
}

void pages_count_sent(struct page_peer *pp, const void *data, size_t len, size_t payload_bytes,
                      uint64_t updates)
{
    struct page_account *a = pp->account;
    struct page_exchange *x;

    if (a == NULL)
        return;
    x = &a->exchange;
    a->out_bytes += len;
    a->out_payload_bytes += payload_bytes;
    a->updates_sent += updates;
    if (x->answer_bytes == 0)
        excerpt_add(x->answer, sizeof x->answer, &x->answer_bytes, data, len);
    if (updates == 0)
        return;
    x->newest_bytes = 0;
    excerpt_add(x->newest, sizeof x->newest, &x->newest_bytes, data, len);
}

void pages_count_message(struct page_peer *pp, const uint8_t *data, size_t len)
{
    struct page_exchange *x;
    struct page_account *a;

    if (pp->account == NULL || pp->account != &pp->home->accounts[TRANSPORT_WEBSOCKET] ||
        len == 0 || ((data[0] & 15) != WS_TEXT && (data[0] & 15) != WS_BINARY))
        return;
    a = &pp->home->accounts[PAGE_SENT + TRANSPORT_WEBSOCKET];
    a->in_bytes += len;
    x = exchange_begin(a);
    excerpt_add(x->request, sizeof x->request, &x->request_bytes, data, len);
}

void pages_leave(struct page_peer *pp, int64_t now_ns)
{
    if (pp->home == NULL)
        return;
    pp->home->peers--;
    pp->home->last_used_ns = now_ns;
    *pp = (struct page_peer){0};
}
