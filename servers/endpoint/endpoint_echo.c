/* /echo (--ws-echo): returns every message, so that conformance suites can test the WebSocket
 * implementation. */
#include "servers/endpoint/endpoints.h"

#include "servers/transport/ws_session.h"

static uint16_t echo_message(struct peer *p, const struct ws_event *message)
{
    ws_session_send(p, message->opcode, message->data, message->len);
    return 0;
}

/* Not in the table of transports, since it carries no updates. The peer calls its functions. */
static const struct transport echo = {
    .input = ws_session_input,
    .tick = ws_session_tick,
    .stop = ws_session_stop,
    .release = ws_session_release,
};

void endpoint_echo(struct peer *p, const struct http_request *req)
{
    if (ws_session_open(p, req, echo_message))
        p->transport = &echo;
}
