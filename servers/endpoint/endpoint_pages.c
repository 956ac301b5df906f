/* GET /pages?page=ID (--demo): what one live page has cost so far, by transport, as the server
 * sees it. &exchange=TRANSPORT adds the newest request and answer as they were on the wire;
 * &sent=1: of what the page sent for that transport. */
#include "servers/endpoint/endpoints.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cjson/cJSON.h>

#include "lib/base/clock.h"
#include "servers/demo/demo.h"
#include "servers/http/reply.h"
#include "lib/proto/url.h"

static void add_u64(cJSON *o, const char *name, uint64_t n)
{
    cJSON_AddNumberToObject(o, name, (double)n);
}

static cJSON *add_account(cJSON *parent, const char *name, const struct page_account *a)
{
    cJSON *o = cJSON_AddObjectToObject(parent, name);

    add_u64(o, "connections", a->connections);
    add_u64(o, "requests", a->requests);
    add_u64(o, "updates_sent", a->updates_sent);
    add_u64(o, "bytes_in", a->in_bytes);
    add_u64(o, "bytes_out", a->out_bytes);
    add_u64(o, "payload_bytes_out", a->out_payload_bytes);
    return o;
}

/* What the page sent for that transport, beside what it received with it. */
static void add_sent(cJSON *o, const struct page_account *a)
{
    add_u64(o, "sent_requests", a->requests);
    add_u64(o, "sent_connections", a->connections);
    add_u64(o, "sent_bytes_in", a->in_bytes);
    add_u64(o, "sent_bytes_out", a->out_bytes);
}

/* As hexadecimal digits: frames are not text, and the page shows their bits. */
static void add_excerpt(cJSON *parent, const char *name, const uint8_t *data, size_t cap,
                        size_t whole_bytes)
{
    size_t len = whole_bytes < cap ? whole_bytes : cap;
    cJSON *o = cJSON_AddObjectToObject(parent, name);
    char hex[2 * PAGE_REQUEST_MAX_BYTES + 1] = "";

    for (size_t i = 0; i < len; i++)
        snprintf(hex + 2 * i, 3, "%02x", data[i]);
    cJSON_AddStringToObject(o, "hex", hex);
    add_u64(o, "bytes", whole_bytes);
}

static void add_exchange(cJSON *root, const struct page *page, const char *name, bool sent)
{
    const struct transport_info *t = transport_info_find(name);
    const struct page_exchange *x;
    cJSON *o;

    if (t == NULL)
        return;
    x = page_exchange_whole(&page->accounts[sent ? PAGE_SENT + t->id : t->id]);
    o = cJSON_AddObjectToObject(root, "exchange");
    add_excerpt(o, "request", x->request, sizeof x->request, x->request_bytes);
    add_excerpt(o, "answer", x->answer, sizeof x->answer, x->answer_bytes);
    add_excerpt(o, "newest", x->newest, sizeof x->newest, x->newest_bytes);
}

static char *page_json(const struct http_context *c, const struct page *page, const char *exchange,
                       bool sent)
{
    cJSON *root = cJSON_CreateObject(), *accounts;
    char *text;

    cJSON_AddStringToObject(root, "page", page->id);
    cJSON_AddNumberToObject(root, "time_ns", (double)clock_now_ns());
    cJSON_AddNumberToObject(root, "started_ns", (double)c->started_ns);
    accounts = cJSON_AddObjectToObject(root, "transports");
    for (size_t i = 0; i < TRANSPORT_COUNT; i++)
        add_sent(add_account(accounts, transport_names[i], &page->accounts[i]),
                 &page->accounts[PAGE_SENT + i]);
    add_account(accounts, "other", &page->accounts[PAGE_OTHER]);
    if (exchange[0] != '\0')
        add_exchange(root, page, exchange, sent);
    text = cJSON_PrintUnformatted(root);
    cJSON_Delete(root);
    return text;
}

void endpoint_pages(struct peer *p, const struct http_request *req)
{
    char id[PAGE_ID_MAX_CHARS + 1] = "", exchange[24] = "", sent[4];
    const struct page *page;

    if (url_query_get(req->query, "page", id, sizeof id) < 0 ||
        url_query_get(req->query, "exchange", exchange, sizeof exchange) < 0) {
        reply_error(p, 400, NULL, "page takes an id, exchange a transport's name");
        return;
    }
    page = pages_find(&demo_of(peer_context(p))->pages, id);
    if (page == NULL) {
        reply_error(p, 404, NULL, "no page of that id has made a request recently");
        return;
    }
    reply_json_owned(p, page_json(peer_context(p), page, exchange,
                                  url_query_get(req->query, "sent", sent, sizeof sent) > 0));
}
