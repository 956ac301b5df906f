/* What --demo adds for the live page, as a tap on every peer (peer.h): what each page's requests
 * cost (pages.h), and an artificial round trip (delay_line.h). */
#pragma once

#include "servers/demo/delay_line.h"
#include "servers/demo/pages.h"

/* One per server. */
struct demo {
    struct tap tap; /* first */
    struct delay_line line;
    struct pages pages;
};

/* One per connection: its p->tapped. */
struct demo_peer {
    struct delay_peer delay; /* first: delay_line.c casts */
    struct page_peer page;
    bool delayed; /* the current request is a transport's */
};

/* c->tap will be its tap. NULL: no memory, or no timer. */
struct demo *demo_new(const struct http_context *c);
void demo_free(struct demo *d); /* NULL is ignored; all peers must have ended */

/* Where the context's tap is a demo. */
static inline struct demo *demo_of(const struct http_context *c)
{
    return (struct demo *)c->tap;
}
