/* What each live page costs (--demo): a page puts page=ID into the query of all its requests, and
 * its connections, requests and bytes are counted here by transport, with the newest exchange as
 * it was on the wire. A browser's scripts can see neither. At most PAGES_MAX pages: the one
 * unused for longest is replaced. */
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

/* The newest request, the first bytes that answered it, and the newest bytes of all. */
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
    struct page_exchange exchange;
};

struct page {
    char id[PAGE_ID_MAX_CHARS + 1];
    uint32_t peers;       /* connections that count here: while there are any, the page stays */
    int64_t last_used_ns; /* when a connection last began or ended to count here */
    struct page_account accounts[]; /* by transport_id, then "other" */
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

/* A request of request_bytes, for the transport of that id, or TRANSPORT_COUNT for another path:
 * count it, and what follows on this connection, for the page that its page= names. No page=, or
 * no room: for none. */
void pages_count_request(struct pages *ps, struct page_peer *pp, const struct http_request *req,
                         size_t account, size_t request_bytes);
/* Bytes sent for that request. */
void pages_count_sent(struct page_peer *pp, const void *data, size_t len, size_t payload_bytes,
                      uint64_t updates);
/* The connection has ended. */
void pages_leave(struct page_peer *pp, int64_t now_ns);
