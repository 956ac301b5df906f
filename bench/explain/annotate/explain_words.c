#include "bench/explain/annotate/explain_words.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "lib/proto/ws_frame.h"

enum where { BOTH, ASKED, ANSWERED };

struct field_row {
    const char *name;
    enum where where;
    const char *value; /* stands in it, whatever the case; NULL: any */
    struct explain_word word;
};

/* The first row that fits counts. */
static const struct field_row fields[] = {
    {"Host", BOTH, NULL, {"which site is meant: one address may serve many", "RFC 9110 §7.2"}},
    {"Connection",
     BOTH,
     "upgrade",
     {"Upgrade is about this hop only: a proxy must not pass it on", "RFC 9110 §7.6.1"}},
    {"Connection",
     ASKED,
     "close",
     {"the last request on this connection: hang up after the answer", "RFC 9112 §9.6"}},
    {"Connection",
     ANSWERED,
     "close",
     {"the last answer on this connection: FIN follows", "RFC 9112 §9.6"}},
    {"Connection",
     BOTH,
     "keep-alive",
     {"keep it open: what HTTP/1.1 does anyway, HTTP/1.0 did not", "RFC 9112 §9.3"}},
    {"Upgrade",
     ASKED,
     NULL,
     {"an offer: this protocol from here on, if you like", "RFC 9110 §7.8"}},
    {"Upgrade", ANSWERED, NULL, {"the protocol that the server means", "RFC 9110 §7.8"}},
    {"Sec-WebSocket-Key",
     ASKED,
     NULL,
     {"16 random bytes in base64: proof of nothing but that the answer is to this request",
      "RFC 6455 §11.3.1"}},
    {"Sec-WebSocket-Version",
     ASKED,
     NULL,
     {"13 is the one that was standardised", "RFC 6455 §11.3.5"}},
    {"Sec-WebSocket-Version",
     ANSWERED,
     NULL,
     {"the version that would have been understood", "RFC 6455 §4.4"}},
    {"Sec-WebSocket-Protocol",
     ASKED,
     NULL,
     {"what messages will mean, offered by name; the server picks one", "RFC 6455 §1.9"}},
    {"Sec-WebSocket-Protocol", ANSWERED, NULL, {"the one that it picked", "RFC 6455 §1.9"}},
    {"Sec-WebSocket-Accept",
     ANSWERED,
     NULL,
     {"computed from the key: only who speaks WebSocket can", "RFC 6455 §4.2.2"}},
    {"Sec-WebSocket-Extensions",
     BOTH,
     NULL,
     {"changes to the frames, such as compression", "RFC 6455 §9"}},
    {"Transfer-Encoding",
     BOTH,
     "chunked",
     {"sent in pieces, each with its size: the whole need not be known yet", "RFC 9112 §7.1"}},
    {"Content-Length",
     BOTH,
     NULL,
     {"so many bytes follow the empty line; then the message is over", "RFC 9110 §8.6"}},
    {"Content-Type",
     ANSWERED,
     "text/event-stream",
     {"server-sent events: a browser's EventSource reads them", "WHATWG HTML §9.2"}},
    {"Content-Type", ANSWERED, "x-ndjson", {"one JSON value on each line", "RFC 9110 §8.3"}},
    {"Content-Type", BOTH, NULL, {"what the content is", "RFC 9110 §8.3"}},
    {"Accept", ASKED, NULL, {"what the client can read", "RFC 9110 §12.5.1"}},
    {"Accept-Encoding", ASKED, NULL, {"compression it understands", "RFC 9110 §12.5.3"}},
    {"Last-Event-ID",
     ASKED,
     NULL,
     {"the newest event it has: go on after it", "WHATWG HTML §9.2.4"}},
    {"Prefer", ASKED, NULL, {"a wish: wait=S is how long to hold the request", "RFC 7240 §4.3"}},
    {"User-Agent", ASKED, NULL, {"the client's name", "RFC 9110 §10.1.5"}},
    {"Origin", ASKED, NULL, {"the page that asks: the server may refuse it", "RFC 6454 §7"}},
    {"Authorization", ASKED, NULL, {"who asks, and the proof", "RFC 9110 §11.6.2"}},
    {"Cookie", ASKED, NULL, {"what the server had the client remember", "RFC 6265 §4.2"}},
    {"Set-Cookie", ANSWERED, NULL, {"to be sent back with each request", "RFC 6265 §4.1"}},
    {"Date", ANSWERED, NULL, {"when the server made this", "RFC 9110 §6.6.1"}},
    {"Server", ANSWERED, NULL, {"the server's name", "RFC 9110 §10.2.4"}},
    {"Cache-Control",
     ANSWERED,
     "no-store",
     {"keep no copy: it is old in a moment", "RFC 9111 §5.2.2.5"}},
    {"Cache-Control", BOTH, NULL, {"what caches may do with it", "RFC 9111 §5.2"}},
    {"Keep-Alive", BOTH, NULL, {"for how long and how many requests", "RFC 2068 §19.7.1.1"}},
    {"ETag", ANSWERED, NULL, {"this version's name", "RFC 9110 §8.8.3"}},
    {"Last-Modified", ANSWERED, NULL, {"when it was last changed", "RFC 9110 §8.8.2"}},
    {"Vary", ANSWERED, NULL, {"the answer depends on these fields", "RFC 9110 §12.5.5"}},
    {"Location", ANSWERED, NULL, {"look there instead", "RFC 9110 §10.2.2"}},
    {"Allow", ANSWERED, NULL, {"the methods that would work", "RFC 9110 §10.2.1"}},
    {"Retry-After", ANSWERED, NULL, {"when to come back", "RFC 9110 §10.2.3"}},
    {"Content-Encoding", BOTH, NULL, {"how it is compressed", "RFC 9110 §8.4"}},
    {"Accept-Ranges", ANSWERED, NULL, {"parts can be asked for", "RFC 9110 §14.3"}},
    {"Access-Control-Allow-Origin",
     ANSWERED,
     NULL,
     {"pages of this origin may read it", "WHATWG Fetch §3.2"}},
    {"Alt-Svc", ANSWERED, NULL, {"the same is to be had there as well", "RFC 7838 §3"}},
    {"Strict-Transport-Security", ANSWERED, NULL, {"from now on TLS only", "RFC 6797 §6.1"}},
    {"Pushlab-Cursor",
     ANSWERED,
     NULL,
     {"the cursor to ask with next: ?since=", "docs/protocol.md"}},
    {"Pushlab-Missed", ANSWERED, NULL, {"so many updates are gone already", "docs/protocol.md"}},
};

static bool contains(const char *text, const char *part)
{
    size_t len = strlen(part);

    for (; *text != '\0'; text++)
        if (strncasecmp(text, part, len) == 0)
            return true;
    return false;
}

struct explain_word explain_field(bool request, const char *name, const char *value)
{
    enum where here = request ? ASKED : ANSWERED;

    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        const struct field_row *f = &fields[i];

        if (strcasecmp(f->name, name) == 0 && (f->where == BOTH || f->where == here) &&
            (f->value == NULL || contains(value, f->value)))
            return f->word;
    }
    return (struct explain_word){"a field not known here: to be ignored by who doesn't know it",
                                 "RFC 9110 §5.1"};
}

struct named_row {
    const char *name;
    struct explain_word word;
};

struct explain_word explain_method(const char *method)
{
    static const struct named_row methods[] = {
        {"GET", {"give me what is there, and change nothing", "RFC 9110 §9.3.1"}},
        {"HEAD", {"as GET, but the head only", "RFC 9110 §9.3.2"}},
        {"POST", {"do something with what I send", "RFC 9110 §9.3.3"}},
        {"PUT", {"let what I send be there", "RFC 9110 §9.3.4"}},
        {"DELETE", {"let nothing be there", "RFC 9110 §9.3.5"}},
        {"CONNECT", {"a tunnel to there", "RFC 9110 §9.3.6"}},
        {"OPTIONS", {"what may I ask for?", "RFC 9110 §9.3.7"}},
    };

    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
        if (strcmp(methods[i].name, method) == 0)
            return methods[i].word;
    return (struct explain_word){"what is to be done", "RFC 9110 §9"};
}

struct explain_word explain_query(const char *name)
{
    static const struct named_row names[] = {
        {"since", {"my cursor: send what is newer", "docs/protocol.md"}},
        {"timeout", {"hold the request for so many ms", "docs/protocol.md"}},
        {"channel", {"of this channel", "docs/protocol.md"}},
    };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i].name, name) == 0)
            return names[i].word;
    return (struct explain_word){NULL, NULL};
}

struct numbered_row {
    int number;
    struct explain_word word;
};

#define FIND_NUMBER(rows, wanted, otherwise)                                                       \
    do {                                                                                           \
        for (size_t i = 0; i < sizeof(rows) / sizeof *(rows); i++)                                 \
            if ((rows)[i].number == (wanted))                                                      \
                return (rows)[i].word;                                                             \
        return (struct explain_word)otherwise;                                                     \
    } while (0)

#define OTHERWISE(meaning, ref)                                                                    \
    {                                                                                              \
        meaning, ref                                                                               \
    }

static struct explain_word status_class(int status)
{
    static const struct numbered_row classes[] = {
        {1, {"not the answer yet", "RFC 9110 §15.2"}},
        {2, {"it worked", "RFC 9110 §15.3"}},
        {3, {"look elsewhere", "RFC 9110 §15.4"}},
        {4, {"the request is at fault", "RFC 9110 §15.5"}},
        {5, {"the server is at fault", "RFC 9110 §15.6"}},
    };

    FIND_NUMBER(classes, status / 100, OTHERWISE("of no class that there is", "RFC 9110 §15"));
}

struct explain_word explain_status(int status)
{
    static const struct numbered_row statuses[] = {
        {101, {"agreed: after the empty line the other protocol begins", "RFC 9110 §15.2.2"}},
        {200, {"here it is", "RFC 9110 §15.3.1"}},
        {204, {"nothing to send, and that is all right", "RFC 9110 §15.3.5"}},
        {301, {"it has moved for good", "RFC 9110 §15.4.2"}},
        {302, {"it is elsewhere for now", "RFC 9110 §15.4.3"}},
        {304, {"you have the newest already", "RFC 9110 §15.4.5"}},
        {400, {"the request can't be understood", "RFC 9110 §15.5.1"}},
        {401, {"say who you are", "RFC 9110 §15.5.2"}},
        {403, {"understood, and refused", "RFC 9110 §15.5.4"}},
        {404, {"there is nothing of that name", "RFC 9110 §15.5.5"}},
        {405, {"not with this method", "RFC 9110 §15.5.6"}},
        {426,
         {"not by this protocol: the Upgrade field names the one it takes", "RFC 9110 §15.5.22"}},
        {429, {"too many requests", "RFC 6585 §4"}},
        {500, {"something went wrong in the server", "RFC 9110 §15.6.1"}},
        {502, {"a proxy could make nothing of its server's answer", "RFC 9110 §15.6.3"}},
        {503, {"not now", "RFC 9110 §15.6.4"}},
        {504, {"a proxy got no answer in time", "RFC 9110 §15.6.5"}},
    };

    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
        if (statuses[i].number == status)
            return statuses[i].word;
    return status_class(status);
}

/* ---- WebSocket ---- */

const char *explain_opcode_name(uint8_t opcode)
{
    static const char *const names[16] = {
        [WS_CONTINUATION] = "continuation",
        [WS_TEXT] = "text",
        [WS_BINARY] = "binary",
        [WS_CLOSE] = "close",
        [WS_PING] = "ping",
        [WS_PONG] = "pong",
    };

    return names[opcode & 15] != NULL ? names[opcode & 15] : "reserved";
}

struct explain_word explain_opcode(uint8_t opcode)
{
    static const struct numbered_row opcodes[] = {
        {WS_CONTINUATION, {"more of the message before", "RFC 6455 §5.4"}},
        {WS_TEXT, {"a message of UTF-8 text", "RFC 6455 §5.6"}},
        {WS_BINARY, {"a message of bytes", "RFC 6455 §5.6"}},
        {WS_CLOSE, {"this side sends nothing more", "RFC 6455 §5.5.1"}},
        {WS_PING, {"are you there? The answer is a pong with the same payload", "RFC 6455 §5.5.2"}},
        {WS_PONG, {"I am here: the ping's payload comes back", "RFC 6455 §5.5.3"}},
    };

    FIND_NUMBER(opcodes, opcode, OTHERWISE("not defined", "RFC 6455 §5.2"));
}

struct explain_word explain_close_code(uint16_t code)
{
    static const struct numbered_row codes[] = {
        {WS_CLOSE_NORMAL, {"the purpose is fulfilled", "RFC 6455 §7.4.1"}},
        {WS_CLOSE_GOING_AWAY,
         {"going away: the server stops, or the page is left", "RFC 6455 §7.4.1"}},
        {WS_CLOSE_PROTOCOL_ERROR, {"the other side broke the protocol", "RFC 6455 §7.4.1"}},
        {WS_CLOSE_UNSUPPORTED_DATA, {"a kind of data that is not taken", "RFC 6455 §7.4.1"}},
        {WS_CLOSE_NO_STATUS, {"no code was given", "RFC 6455 §7.4.1"}},
        {WS_CLOSE_INVALID_PAYLOAD,
         {"data that is not what it says, such as bad UTF-8", "RFC 6455 §7.4.1"}},
        {WS_CLOSE_POLICY_VIOLATION, {"against the server's rules", "RFC 6455 §7.4.1"}},
        {WS_CLOSE_MESSAGE_TOO_BIG, {"the message was too big", "RFC 6455 §7.4.1"}},
        {1010, {"the server did not agree to a needed extension", "RFC 6455 §7.4.1"}},
        {WS_CLOSE_INTERNAL_ERROR, {"something went wrong in the server", "RFC 6455 §7.4.1"}},
        {1012,
         {"service restart: the server comes back, so come again", "IANA WebSocket registry"}},
        {WS_CLOSE_TRY_AGAIN_LATER,
         {"try again later: the server is overloaded", "IANA WebSocket registry"}},
        {1014,
         {"bad gateway: a proxy got nothing usable from its server", "IANA WebSocket registry"}},
    };

    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (codes[i].number == code)
            return codes[i].word;
    if (code >= 4000 && code <= 4999)
        return (struct explain_word){"the application's own", "RFC 6455 §7.4.2"};
    if (code >= 3000 && code <= 3999)
        return (struct explain_word){"a library's or framework's, registered", "RFC 6455 §7.4.2"};
    return (struct explain_word){"must not be sent", "RFC 6455 §7.4.2"};
}
