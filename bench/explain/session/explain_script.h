/* The steps that the scripts in explain_topics.c are made of: connect, request, wait for a
 * response, publish. */
#pragma once

#include "bench/explain/annotate/explain_words.h"
#include "bench/explain/session/explain_peer.h"
#include "bench/explain/session/explain_perform.h"
#include "lib/proto/http_reader.h"
#include "lib/proto/sse.h"
#include "lib/proto/ws_handshake.h"
#include "lib/proto/ws_reader.h"

enum {
    SCRIPT_PIECES_MAX = 20, /* stop waiting after so many messages or parts of content */
    SCRIPT_ID_CHARS = 64,
};

/* After a step has failed (rc < 0, with the line in e), further steps do nothing. */
struct explain_script {
    const struct explain_plan *plan;
    struct explain_recorder recorder;
    struct tls *tls; /* NULL: in the clear */
    struct tls_memory memory;
    struct err_text *e;
    int rc;
    char host[300];           /* for Host: */
    char prefix[256];         /* of all targets */
    char cursor[32];          /* from the last response that had one; "": none yet */
    struct explain_peer peer; /* the connection that is open */
    int64_t connect_ns;       /* how long connecting took: at least a round trip */
    unsigned asked;           /* requests on it */
    bool answered;            /* the last response is complete */
    struct buf request;       /* the last one */
    struct http_reader http;
    struct sse_parser events;
    char event_id[SCRIPT_ID_CHARS]; /* of the last server-sent event; "": it had none */
    char key[WS_KEY_CHARS + 1];     /* of the last offered upgrade */
    struct ws_reader ws;
    unsigned pings;     /* from the server, each answered */
    struct buf content; /* of the response, not examined yet */
};

/* The heading and the sentence of "step NAME" in bench/explain/words/steps.txt. */
void script_step(struct explain_script *s, const char *name);
/* Record that something unexpected happened. */
void script_remark(struct explain_script *s, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* A remark if got is not the wanted status; meant says what that means. got 0: no response, which
 * has been noted. */
void script_expect(struct explain_script *s, int want, int got, const char *meant);

void script_connect(struct explain_script *s);
/* Send FIN, wait for the server's, and close. */
void script_finish(struct explain_script *s);

/* GET the target (or the plan's path instead), with further field lines, each with its CRLF. If the
 * connection can't take another request, open another and note that. */
void script_get(struct explain_script *s, const char *target, const char *fields);
/* Wait for the response: all of it, or the headers of a streamed one. Returns its status; 0: none.
 * An invalid 101 ends the script. */
int script_answer(struct explain_script *s);
/* Wait hold_ms longer than a response needs. True: none has arrived, which is noted. */
bool script_hold(struct explain_script *s, int64_t hold_ms);
/* Read content until it contains text. False: it did not arrive, which is noted. */
bool script_content(struct explain_script *s, const char *text, const char *what);
/* Publish the message over another connection, which is not recorded. False: it was refused, which
 * is noted. */
bool script_publish(struct explain_script *s);

/* GET with an offer to upgrade to WebSocket. */
void script_upgrade(struct explain_script *s, const char *target, const char *version);
void script_frame(struct explain_script *s, uint8_t opcode, const void *payload, size_t len);
/* Wait for a frame with that opcode. False: none arrived, which is noted. */
bool script_await_frame(struct explain_script *s, uint8_t opcode, const char *what);
/* Can the client still send messages? */
bool script_can_send(const struct explain_script *s);
/* Close frames in both directions, then FIN. */
void script_close_websocket(struct explain_script *s);

/* ---- for those ---- */

void script_send(struct explain_script *s, const void *data, size_t len);
/* True: there is more in s->peer.in. */
bool script_receive(struct explain_script *s, int64_t until_ns);
/* Note that it has not arrived. */
void script_missing(struct explain_script *s, const char *what);
/* The deadline for something that is awaited from now on. */
int64_t script_deadline_ns(const struct explain_script *s);
/* Note that SCRIPT_PIECES_MAX parts have arrived without what was awaited. */
void script_enough(struct explain_script *s, const char *what);
