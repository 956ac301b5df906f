/* What each live page costs (--demo): a page puts page=ID into the query of all its requests, and
 * its connections, requests and bytes are counted here by transport, with the newest exchange as
 * it was on the wire. A browser's scripts can see neither. What a page sends for a transport
 * (lane=NAME in the query of a POST, or a WebSocket's messages) has an account of its own. At most
 * PAGES_MAX pages: the one unused for longest is replaced. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "servers/http/http_session.h"

enum {
    PAGES_MAX = 32,
    PAGE_ID_MAX_CHARS = 32, /* letters, digits, '-', '_' */
    PAGE_REQUEST_MAX_BYTES = 1536,
    PAGE_ANSWER_MAX_BYTES = 768,
    PAGE_NEWEST_MAX_BYTES = 128,
};

/* A request with its content, the first bytes that answered it, and the newest bytes that held an
 * update. For what a WebSocket sends: a frame in place of the request. */
struct page_exchange {
    uint8_t request[PAGE_REQUEST_MAX_BYTES], answer[PAGE_ANSWER_MAX_BYTES],
        newest[PAGE_NEWEST_MAX_BYTES];
    size_t request_bytes, answer_bytes, newest_bytes; /* whole lengths; no more than fits is kept */
};

struct page_account {
    uint64_t connections; /* different ones that carried a request of this account */
    uint64_t requests;
    uint64_t updates_sent;
    uint64_t in_bytes;
    uint64_t out_bytes, out_payload_bytes;
    struct page_exchange exchange; /* the newest; answer_bytes 0: not answered yet */
    struct page_exchange answered; /* the newest before it that was */
};

/* Indices into a page's accounts: a transport_id, PAGE_OTHER, PAGE_SENT + a transport_id. */
enum {
    PAGE_OTHER = TRANSPORT_COUNT,
    PAGE_SENT,
    PAGE_ACCOUNTS = PAGE_SENT + TRANSPORT_COUNT,
};

struct page {
    char id[PAGE_ID_MAX_CHARS + 1];
    uint32_t peers;       /* connections that count here: while there are any, the page stays */
    int64_t last_used_ns; /* when a connection last began or ended to count here */
    struct page_account accounts[PAGE_ACCOUNTS];
};

struct pages {
    struct page *slots[PAGES_MAX]; /* owned; NULL: free */
};

/* A connection's part. */
struct page_peer {
    struct page *home;            /* the newest page that used this connection; counted in peers */
    uint32_t used;                /* bit i: home's account i has counted this connection */
    struct page_account *account; /* of the current request; NULL: no page's */
};

void pages_free(struct pages *ps);

/* The page of that name, or NULL. */
const struct page *pages_find(const struct pages *ps, const char *id);

/* The newest exchange of the account that has an answer, or the newest of all. */
const struct page_exchange *page_exchange_whole(const struct page_account *a);

/* A request of request_bytes: count it on that account, and what follows on this connection, for
 * the page that its page= names. No page=, or no room: for none. */
void pages_count_request(struct pages *ps, struct page_peer *pp, const struct http_request *req,
                         size_t account, size_t request_bytes);
/* Bytes sent for that request. */
void pages_count_sent(struct page_peer *pp, const void *data, size_t len, size_t payload_bytes,
                      uint64_t updates);
/* A message that a WebSocket sent, as it was on the wire (a control frame is not counted). */
void pages_count_message(struct page_peer *pp, const uint8_t *data, size_t len);
/* The connection has ended. */
void pages_leave(struct page_peer *pp, int64_t now_ns);
