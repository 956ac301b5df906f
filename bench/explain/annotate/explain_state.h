/* What the annotator remembers of each connection, and how its parts (explain_parts.h) make notes.
 * Private to this folder: explain.h is the interface. */
#pragma once

#include "lib/base/buf.h"
#include "bench/explain/annotate/explain.h"
#include "bench/explain/annotate/explain_words.h"
#include "lib/proto/http_reader.h"
#include "lib/proto/sse.h"
#include "lib/proto/ws_frame.h"
#include "bench/wire/tls_record.h"

enum {
    EXPLAIN_KEPT_BYTES = 65536, /* of a chunk, a line, a message; the rest is ignored */
    EXPLAIN_SHOWN_BYTES = 320,  /* of any text */
    EXPLAIN_VALUE_CHARS = 128,
};

enum explain_content { EXPLAIN_OTHER, EXPLAIN_LINES, EXPLAIN_EVENTS };

/* What repeats on a stream: its meaning is given a few times only. */
enum explain_thing {
    EXPLAIN_CHUNK,
    EXPLAIN_UPDATE,
    EXPLAIN_JSON_LINE,
    EXPLAIN_EMPTY_LINE,
    EXPLAIN_EVENT,
    EXPLAIN_NO_EVENT,
    EXPLAIN_COMMENT,
    EXPLAIN_FIELD, /* of an event: the first of its kinds */
    EXPLAIN_FRAME = EXPLAIN_FIELD + 5,
    EXPLAIN_THINGS = EXPLAIN_FRAME + 16 /* by opcode */
};

enum { EXPLAIN_FULL_TIMES = 3, EXPLAIN_BRIEF_WORDS = 64 };

struct explain_frame { /* being received */
    uint8_t header[WS_HEADER_MAX_BYTES];
    size_t header_bytes;
    bool in_payload;
    struct ws_frame ws;
    uint64_t got;       /* of the payload */
    struct buf payload; /* as it is on the wire; the first EXPLAIN_KEPT_BYTES */
};

/* Which values of a side's frame fields have been explained, as bits. */
struct explain_frames_known {
    uint16_t opcodes, fin, rsv, masked, lengths;
};

/* A frame's shape: opcode, FIN, RSV, MASK, and which form its length has. */
enum { EXPLAIN_SHAPES = 16 * 2 * 8 * 2 * 3 };

struct explain_side { /* one direction of a connection */
    struct explain_connection *c;
    bool up;
    uint8_t explained[EXPLAIN_THINGS]; /* how often, up to EXPLAIN_FULL_TIMES */
    bool opaque;                       /* it can't be understood, and a note says so */
    /* HTTP */
    struct http_reader http;
    struct buf head;
    bool head_open; /* the head has not been noted yet */
    bool chunked;
    struct buf framing;   /* bytes before the next chunk */
    uint64_t chunk_bytes; /* of the chunk being received */
    uint64_t chunk_left;
    uint64_t body_bytes;
    struct buf body;       /* of the chunk, or without chunks of the message */
    uint64_t unseen_bytes; /* received after body was full (EXPLAIN_KEPT_BYTES) */
    enum explain_content content;
    struct buf line;     /* not complete */
    uint64_t line_bytes; /* of it, including those not kept */
    bool line_after_cr;
    bool line_seen; /* the first line, which may begin with a byte order mark */
    struct sse_parser events;
    /* WebSocket */
    struct explain_frame frame;
    struct explain_frames_known known;
    uint8_t drawn[EXPLAIN_SHAPES]; /* how often, up to EXPLAIN_FULL_TIMES */
    /* TLS */
    struct tls_records records;
    bool records_opaque, encrypted;
    bool alert_explained; /* it was not encrypted, and its record is explained already */
};

struct explain_connection {
    struct explain *x;
    unsigned number;
    struct explain_side side[2];
    bool websocket;
    bool asked_upgrade;
    bool asked_close;              /* the request says that it is the last one */
    bool accept_wrong;             /* the server's answer to the key below is wrong */
    bool own_ping;                 /* sent, not answered yet */
    bool close_sent, close_seen;   /* WebSocket close frames */
    char key[EXPLAIN_VALUE_CHARS]; /* Sec-WebSocket-Key */
    struct explain_tally tally;
    bool timestamps[2]; /* their SYN has offered them */
    bool syn_answered;
    uint64_t read_bytes; /* from the server, that the client has read from TCP */
    bool fin_held;       /* the server's FIN has arrived, and has not been noted */
    bool fin_noted;
    struct wire_segment fin;
    bool kernel_noted; /* what the kernel says about the handshake has been noted */
    bool tls_1_3_offered, tls_retried;
    unsigned tls_version; /* that the server has chosen: 0x0303, 0x0304; 0: not yet */
    int64_t opened_ns;
};

struct explain {
    struct explain_options options;
    struct explain_notes *notes;
    int64_t now_ns;              /* of the event that is being explained */
    bool parts_explained;        /* the parts of a request line have been explained */
    bool phrase_explained;       /* so has the reason phrase */
    uint16_t versions_explained; /* minor ones, of responses, as bits */
    uint16_t classes_explained;  /* of status codes, as bits */
    int64_t shown_ns;            /* the latest time of a note */
    struct explain_connection *connections[EXPLAIN_CONNECTIONS_MAX];
    unsigned count;
    struct {
        const char *meaning; /* a constant: told apart by its address */
        unsigned times;
    } brief_words[EXPLAIN_BRIEF_WORDS]; /* in brief */
    struct explain_tally gone;          /* of connections that are no longer kept */
};

/* Add a note on what s does, at the time of the event: its wire text as by printf() (NULL: to be
 * set by explain_set_*()), and the word's meaning and reference. */
void explain_say(const struct explain_side *s, enum explain_kind kind, unsigned depth,
                 struct explain_word word, const char *wire, ...)
    __attribute__((format(printf, 5, 6)));

/* The same of something that belongs to a connection (NULL: none) and to neither direction. */
void explain_say_beside(struct explain *x, const struct explain_connection *c,
                        enum explain_kind kind, struct explain_word word, const char *wire, ...)
    __attribute__((format(printf, 5, 6)));

/* s can't be understood any more: note why, and ignore it from now on. */
void explain_give_up(struct explain_side *s, const char *key);

/* The word, or an empty one if that thing has been explained often enough on s. */
struct explain_word explain_usual(struct explain_side *s, unsigned thing, struct explain_word word);

/* The same of a word that may occur on any connection, such as a header field's. This applies to
 * brief output only: polls repeat the same headers. */
struct explain_word explain_brief(struct explain *x, struct explain_word word);

/* Is value (below 16) the first of its kind? known has a bit for each that there was. */
bool explain_is_new(uint16_t *known, unsigned value);

/* Append data, up to EXPLAIN_KEPT_BYTES in all. 0 or PL_ENOMEM, which is also set in the notes'
 * rc. */
int explain_keep(const struct explain_side *s, struct buf *to, const uint8_t *data, size_t len);

/* Begin and end. */
void explain_side_init(struct explain_side *s, struct explain_connection *c, bool up);
void explain_side_free(struct explain_side *s);
