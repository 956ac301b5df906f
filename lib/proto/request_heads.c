#include "lib/proto/request_heads.h"

#include <stdio.h>

const char *const request_heads_names[] = {"minimal", "chrome", "2009", NULL};

/* Which requests a line is part of. */
enum {
    JSON = 1 << REQUEST_JSON,
    LINES = 1 << REQUEST_LINES,
    EVENTS = 1 << REQUEST_EVENTS,
    UPGRADE = 1 << REQUEST_UPGRADE,
    POST = 1 << REQUEST_POST,
    FETCH = JSON | LINES | POST,
    HTTP = FETCH | EVENTS,
    ALL = HTTP | UPGRADE,
    KEPT = 1 << 8, /* and only if the connection is kept */
};

struct line {
    unsigned of;
    const char *text;
    const char *after_origin; /* the page's origin follows, and then this; NULL: it does not */
};

/* Tables are read as tables. */
/* clang-format off */
static const struct line minimal[] = {
    {ALL, "User-Agent: pushlab/" PUSHLAB_VERSION, NULL},
    {JSON | POST, "Accept: application/json", NULL},
    {LINES, "Accept: application/x-ndjson", NULL},
    {EVENTS, "Accept: text/event-stream", NULL},
    {UPGRADE, "Accept: */*", NULL},
    {0},
};

/* Chromium 156 on Linux from a page of the server's (`pushlab serve`), captured; its name in
 * User-Agent is that of the browser with a window. The page asks with cache: "no-store" and names no
 * referrer. The live page itself asks from a worker, where Chromium sends no sec-ch-ua.
 * tests/e2e/test_heads.py compares with the Chromium that is installed. */
static const struct line chrome[] = {
    {HTTP | KEPT, "Connection: keep-alive", NULL},
    {ALL & ~POST, "Pragma: no-cache", NULL},
    {ALL & ~POST, "Cache-Control: no-cache", NULL},
    {HTTP, "sec-ch-ua-platform: \"Linux\"", NULL},
    {ALL, "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
          "Chrome/156.0.0.0 Safari/537.36", NULL},
    {HTTP, "sec-ch-ua: \"Not:A-Brand\";v=\"8\", \"Chromium\";v=\"156\"", NULL},
    {HTTP, "sec-ch-ua-mobile: ?0", NULL},
    {FETCH, "Accept: */*", NULL},
    {EVENTS, "Accept: text/event-stream", NULL},
    {UPGRADE | POST, "Origin: ", ""},
    {HTTP, "Sec-Fetch-Site: same-origin", NULL},
    {HTTP, "Sec-Fetch-Mode: cors", NULL},
    {HTTP, "Sec-Fetch-Dest: empty", NULL},
    {ALL, "Accept-Encoding: gzip, deflate, br, zstd", NULL},
    {ALL, "Accept-Language: en-US,en;q=0.9", NULL},
    {0},
};

/* Firefox 3.5 on Windows XP, as its XMLHttpRequest asks: the defaults of its preferences
 * network.http.accept.default, intl.accept_languages, network.http.accept-encoding,
 * intl.charset.default and network.http.keep-alive.timeout (kb.mozillazine.org, "Category:
 * Preferences"). It had neither EventSource nor WebSocket: theirs are the same fields. */
static const struct line of_2009[] = {
    {ALL, "User-Agent: Mozilla/5.0 (Windows; U; Windows NT 5.1; en-US; rv:1.9.1.5) "
          "Gecko/20091102 Firefox/3.5.5", NULL},
    {ALL & ~EVENTS, "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", NULL},
    {EVENTS, "Accept: text/event-stream", NULL},
    {ALL, "Accept-Language: en-us,en;q=0.5", NULL},
    {ALL, "Accept-Encoding: gzip,deflate", NULL},
    {ALL, "Accept-Charset: ISO-8859-1,utf-8;q=0.7,*;q=0.7", NULL},
    {HTTP | KEPT, "Keep-Alive: 300", NULL},
    {HTTP | KEPT, "Connection: keep-alive", NULL},
    {HTTP, "Referer: ", "/"},
    {UPGRADE, "Origin: ", ""},
    {0},
};
/* clang-format on */

static const struct line *const sets[] = {
    [HEADS_MINIMAL] = minimal, [HEADS_CHROME] = chrome, [HEADS_2009] = of_2009};

size_t request_heads_write(char *out, size_t cap, enum request_heads heads, enum request_kind kind,
                           const char *origin, bool kept)
{
    size_t len = 0;

    out[0] = '\0';
    for (const struct line *l = sets[heads]; l->text != NULL && len < cap; l++) {
        bool sent = (l->of >> kind & 1) != 0 && (kept || (l->of & KEPT) == 0);

        if (sent)
            len += (size_t)snprintf(out + len, cap - len, "%s%s%s\r\n", l->text,
                                    l->after_origin != NULL ? origin : "",
                                    l->after_origin != NULL ? l->after_origin : "");
    }
    return len;
}
