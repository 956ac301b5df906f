/* What the scripts of explain_topics.c are made of: say, ask, wait for an answer, publish. */
#ifndef PUSHLAB_EXPLAIN_SCRIPT_H
#define PUSHLAB_EXPLAIN_SCRIPT_H

#include "bench/explain/annotate/explain_words.h"
#include "bench/explain/session/explain_peer.h"
#include "bench/explain/session/explain_perform.h"
#include "lib/proto/http_reader.h"
#include "lib/proto/sse.h"
#include "lib/proto/ws_handshake.h"
#include "lib/proto/ws_reader.h"

enum {
    SCRIPT_PIECES_MAX = 20, /* so many messages or pieces of content, and no more is waited for */
    SCRIPT_ID_CHARS = 64,
};

/* A step that fails for good leaves its line in e, and all further ones do nothing. */
struct explain_script {
    const struct explain_plan *plan;
    struct explain_recorder recorder;
    struct tls *tls; /* NULL: in the clear */
    struct tls_memory memory;
    struct err_text *e;
    int rc;
    char host[300];           /* for Host: */
    char prefix[256];         /* of all targets */
    char cursor[24];          /* from the newest answer that told one; "": none yet */
    struct explain_peer peer; /* the connection that is open */
    int64_t connect_ns;       /* what connecting took: a round trip, at least */
    unsigned asked;           /* requests on it */
    bool answered;            /* the newest of them, to its end */
    struct buf request;       /* that one */
    struct http_reader http;
    struct sse_parser events;
    char event_id[SCRIPT_ID_CHARS]; /* of the newest server-sent event; "": it had none */
    char key[WS_KEY_CHARS + 1];     /* of the newest offer */
    struct ws_reader ws;
    unsigned pings;     /* of the server, each answered */
    struct buf content; /* of the response, and not looked at yet */
};

/* The heading and the sentence of "step NAME" in bench/explain/words/steps.txt. */
void script_step(struct explain_script *s, const char *name);
/* What was expected did not happen. */
void script_remark(struct explain_script *s, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* A remark, unless that status was wanted, which meant that. got 0: that no answer came has been
 * noted. */
void script_expect(struct explain_script *s, int want, int got, const char *meant);

void script_connect(struct explain_script *s);
/* FIN, and the server's; then the connection is no more. */
void script_finish(struct explain_script *s);

/* GET the target (or the plan's path for it) with further field lines, each with its CRLF. Where
 * the connection takes no further request another one is made, and that is noted. */
void script_get(struct explain_script *s, const char *target, const char *fields);
/* The answer: the whole of it, or of one without an end its head. Returns its status; 0: none.
 * A 101 that is not to be believed ends the script. */
int script_answer(struct explain_script *s);
/* Wait so long after an answer could have come; true, and noted: it has not. */
bool script_hold(struct explain_script *s, int64_t hold_ms);
/* More content, until text is in it. False: it did not come, which is noted. */
bool script_content(struct explain_script *s, const char *text, const char *what);
/* The client itself publishes over another connection, which is no part of the picture. False: it
 * was not taken, which is noted. */
bool script_publish(struct explain_script *s);

/* GET with an offer to speak WebSocket. */
void script_upgrade(struct explain_script *s, const char *target, const char *version);
void script_frame(struct explain_script *s, uint8_t opcode, const void *payload, size_t len);
/* Until a frame of that opcode has come. False: it did not come, which is noted. */
bool script_await_frame(struct explain_script *s, uint8_t opcode, const char *what);
/* Is there anybody to go on talking to? */
bool script_talks(const struct explain_script *s);
/* Close frames in both directions, then FIN. */
void script_close_websocket(struct explain_script *s);

/* ---- for those ---- */

void script_send(struct explain_script *s, const void *data, size_t len);
/* True: there is more in s->peer.in. */
bool script_receive(struct explain_script *s, int64_t until_ns);
/* Note that it has not come. */
void script_missing(struct explain_script *s, const char *what);
/* For something that is to come from now on. */
int64_t script_deadline_ns(const struct explain_script *s);
/* So much has come, and not what was waited for: note that. */
void script_enough(struct explain_script *s, const char *what);

#endif
