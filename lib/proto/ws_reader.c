#include "lib/proto/ws_reader.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/base/utf8.h"

struct ws_assembly {
    uint8_t head[WS_HEADER_MAX_BYTES]; /* a header cut by the end of the input */
    uint8_t head_len;
    bool in_frame;
    uint8_t message_opcode; /* 0 outside a message */
    struct utf8 utf8;       /* of a text message */
    uint32_t framing_bytes; /* of the message */
    struct ws_frame frame;  /* the frame being read, when in_frame */
    uint64_t frame_got_bytes;
    struct buf message; /* payload of the message so far */
    struct buf control; /* payload of the control frame so far */
};

void ws_reader_init(struct ws_reader *r, enum ws_role role, size_t max_message_bytes)
{
    *r = (struct ws_reader){.max_message_bytes = max_message_bytes, .role = (uint8_t)role};
}

void ws_reader_free(struct ws_reader *r)
{
    if (r->assembly == NULL)
        return;
    buf_free(&r->assembly->message);
    buf_free(&r->assembly->control);
    free(r->assembly);
    r->assembly = NULL;
}

static struct ws_assembly *assembly_get(struct ws_reader *r)
{
    if (r->assembly == NULL)
        r->assembly = calloc(1, sizeof *r->assembly);
    return r->assembly;
}

/* Free what the last event pointed to, and the whole assembly when nothing is unfinished. Events
 * come at the end of a frame: inside one, or inside a header, there is nothing to release. */
static void assembly_release_delivered(struct ws_reader *r)
{
    struct ws_assembly *a = r->assembly;

    if (a == NULL || a->in_frame || a->head_len > 0)
        return;
    if (a->message_opcode == 0)
        ws_reader_free(r);
    else
        buf_free(&a->control);
}

static bool in_message(const struct ws_reader *r)
{
    return r->assembly != NULL && r->assembly->message_opcode != 0;
}

static bool opcode_known(uint8_t opcode)
{
    return opcode <= WS_BINARY || (opcode >= WS_CLOSE && opcode <= WS_PONG);
}

/* May this header stand here? (§5.1 masking, §5.2 reserved bits and opcodes, §5.4
 * fragmentation, §5.5 control frames, §10.4 size limits) */
static int header_check(const struct ws_reader *r, const struct ws_frame *f)
{
    size_t assembled_bytes = in_message(r) ? r->assembly->message.len : 0;

    if (f->rsv != 0 || !opcode_known(f->opcode))
        return PL_EPROTO;
    if (f->masked != (r->role == WS_SERVER))
        return PL_EPROTO;
    if (ws_is_control(f->opcode))
        return f->fin && f->payload_bytes <= WS_CONTROL_MAX_BYTES ? PL_OK : PL_EPROTO;
    if (in_message(r) != (f->opcode == WS_CONTINUATION))
        return PL_EPROTO;
    return f->payload_bytes <= r->max_message_bytes - assembled_bytes ? PL_OK : PL_ELIMIT;
}

/* Decode a header that may have begun in earlier input. Returns bytes consumed or a negative
 * error; f->header_bytes stays 0 while the header is unfinished. */
static ssize_t head_read(struct ws_reader *r, struct ws_frame *f, const uint8_t *data, size_t len)
{
    struct ws_assembly *a = r->assembly;
    size_t before, take;
    ssize_t n;

    f->header_bytes = 0;
    if (a == NULL || a->head_len == 0) {
        n = ws_frame_decode(f, data, len);
        if (n != 0)
            return n;
        a = assembly_get(r);
        if (a == NULL)
            return PL_ENOMEM;
    }
    before = a->head_len;
    take = len < sizeof a->head - before ? len : sizeof a->head - before;
    memcpy(a->head + before, data, take);
    n = ws_frame_decode(f, a->head, before + take);
    if (n < 0)
        return n;
    a->head_len = n == 0 ? (uint8_t)(before + take) : 0;
    return n == 0 ? (ssize_t)take : n - (ssize_t)before;
}

static int control_deliver(struct ws_reader *r, const struct ws_frame *f, const uint8_t *payload,
                           struct ws_event *ev)
{
    size_t len = (size_t)f->payload_bytes;
    int err;

    ev->type = f->opcode == WS_PING ? WS_EVENT_PING : WS_EVENT_PONG;
    ev->opcode = f->opcode;
    ev->data = payload;
    ev->len = len;
    ev->framing_bytes = f->header_bytes;
    if (f->opcode != WS_CLOSE)
        return PL_OK;

    err = ws_close_decode(&ev->close_code, payload, len);
    if (err < 0)
        return err;
    r->closed = true;
    ev->type = WS_EVENT_CLOSE;
    if (len > 0) {
        ev->data += 2; /* the reason, after the code */
        ev->len -= 2;
    }
    return PL_OK;
}

/* The common case: a frame that is a whole event and lies whole in the input. */
static int whole_frame_deliver(struct ws_reader *r, const struct ws_frame *f, uint8_t *payload,
                               struct ws_event *ev)
{
    struct utf8 utf8 = {0};
    size_t len = (size_t)f->payload_bytes;

    if (f->masked)
        ws_mask(payload, len, f->masking_key, 0);
    if (ws_is_control(f->opcode))
        return control_deliver(r, f, payload, ev);
    if (f->opcode == WS_TEXT && (!utf8_feed(&utf8, payload, len) || !utf8_done(&utf8)))
        return PL_EUTF8;
    ev->type = WS_EVENT_MESSAGE;
    ev->opcode = f->opcode;
    ev->data = payload;
    ev->len = len;
    ev->framing_bytes = f->header_bytes;
    return PL_OK;
}

/* A frame that has to be put together, alone or as a fragment of a message. */
static int frame_begin(struct ws_reader *r, const struct ws_frame *f)
{
    struct ws_assembly *a = assembly_get(r);

    if (a == NULL)
        return PL_ENOMEM;
    a->frame = *f;
    a->frame_got_bytes = 0;
    a->in_frame = true;
    if (ws_is_control(f->opcode))
        return PL_OK;
    if (f->opcode != WS_CONTINUATION)
        a->message_opcode = f->opcode; /* in an assembly that is new and therefore zero */
    a->framing_bytes += f->header_bytes;
    return PL_OK;
}

/* data of an empty payload: a pointer that may be read zero bytes from. */
static const uint8_t *buf_bytes(const struct buf *b)
{
    return b->data != NULL ? b->data : (const uint8_t *)"";
}

static int frame_end(struct ws_reader *r, struct ws_event *ev)
{
    struct ws_assembly *a = r->assembly;

    a->in_frame = false;
    if (ws_is_control(a->frame.opcode))
        return control_deliver(r, &a->frame, buf_bytes(&a->control), ev);
    if (!a->frame.fin)
        return PL_OK;
    if (!utf8_done(&a->utf8))
        return PL_EUTF8;
    ev->type = WS_EVENT_MESSAGE;
    ev->opcode = a->message_opcode;
    ev->data = buf_bytes(&a->message);
    ev->len = a->message.len;
    ev->framing_bytes = a->framing_bytes;
    a->message_opcode = 0;
    return PL_OK;
}

/* Take what the input holds of the frame being read. Returns bytes consumed or an error. */
static ssize_t piece_read(struct ws_reader *r, uint8_t *data, size_t len, struct ws_event *ev)
{
    struct ws_assembly *a = r->assembly;
    bool control = ws_is_control(a->frame.opcode);
    uint64_t missing = a->frame.payload_bytes - a->frame_got_bytes;
    size_t n = missing < len ? (size_t)missing : len;
    int err;

    if (a->frame.masked)
        ws_mask(data, n, a->frame.masking_key, a->frame_got_bytes);
    if (!control && a->message_opcode == WS_TEXT && !utf8_feed(&a->utf8, data, n))
        return PL_EUTF8;
    if (buf_add(control ? &a->control : &a->message, data, n) < 0)
        return PL_ENOMEM;
    a->frame_got_bytes += n;
    if (n < missing)
        return (ssize_t)n;
    err = frame_end(r, ev);
    return err < 0 ? err : (ssize_t)n;
}

/* Between frames: a header, and with it as much payload as there is. */
static ssize_t frame_read(struct ws_reader *r, uint8_t *data, size_t len, struct ws_event *ev)
{
    struct ws_frame f;
    ssize_t head = head_read(r, &f, data, len), n;
    bool whole_event;
    int err;

    if (head < 0 || f.header_bytes == 0)
        return head;
    err = header_check(r, &f);
    if (err < 0)
        return err;
    data += head;
    len -= (size_t)head;

    whole_event = f.fin && f.opcode != WS_CONTINUATION;
    if (whole_event && f.payload_bytes <= len) {
        err = whole_frame_deliver(r, &f, data, ev);
        return err < 0 ? err : head + (ssize_t)f.payload_bytes;
    }
    err = frame_begin(r, &f);
    if (err < 0)
        return err;
    n = piece_read(r, data, len, ev);
    return n < 0 ? n : head + n;
}

/* The close code that tells the peer why (§7.4.1). */
static uint16_t close_code_of(int err)
{
    switch (err) {
    case PL_EUTF8:
        return WS_CLOSE_INVALID_PAYLOAD;
    case PL_ELIMIT:
        return WS_CLOSE_MESSAGE_TOO_BIG;
    case PL_ENOMEM:
        return WS_CLOSE_INTERNAL_ERROR;
    default:
        return WS_CLOSE_PROTOCOL_ERROR;
    }
}

static ssize_t reader_fail(struct ws_reader *r, int err, struct ws_event *ev)
{
    r->error = (int8_t)err;
    r->error_close_code = close_code_of(err);
    ws_reader_free(r);
    *ev = (struct ws_event){.type = WS_EVENT_NONE};
    return err;
}

ssize_t ws_reader_feed(struct ws_reader *r, uint8_t *data, size_t len, struct ws_event *ev)
{
    size_t at = 0;
    ssize_t n;

    *ev = (struct ws_event){.type = WS_EVENT_NONE};
    if (r->error < 0)
        return r->error;
    assembly_release_delivered(r);
    if (r->closed)
        return (ssize_t)len;
    while (at < len && ev->type == WS_EVENT_NONE) {
        if (r->assembly != NULL && r->assembly->in_frame)
            n = piece_read(r, data + at, len - at, ev);
        else
            n = frame_read(r, data + at, len - at, ev);
        if (n < 0)
            return reader_fail(r, (int)n, ev);
        at += (size_t)n;
    }
    return (ssize_t)at;
}
