/* GET /time: the clock that updates are stamped with, for clients that must estimate its
 * offset to their own, and when this run of the server began. GET /healthz: the process answers.
 */
#include "servers/endpoint/endpoints.h"

#include <stdio.h>
#include <time.h>

#include "lib/base/clock.h"
#include "servers/http/reply.h"

void endpoint_time(struct peer *p, const struct http_request *req)
{
    struct timespec unix_time;
    char body[160];
    int len;

    clock_gettime(CLOCK_REALTIME, &unix_time);
    len = snprintf(
        body, sizeof body,
        "{\"received_ns\":%lld,\"monotonic_ns\":%lld,\"unix_ms\":%lld,\"started_ns\":%lld}\n",
        (long long)req->now_ns, (long long)clock_now_ns(),
        (long long)unix_time.tv_sec * 1000 + unix_time.tv_nsec / 1000000,
        (long long)peer_context(p)->started_ns);
    reply_json(p, body, (size_t)len);
}

void endpoint_healthz(struct peer *p, const struct http_request *req)
{
    (void)req;
    reply_send(p, &(struct reply){.status = 200,
                                  .content_type = "text/plain; charset=utf-8",
                                  .body = "ok\n",
                                  .body_len = 3});
}
