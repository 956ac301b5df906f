/* For a program: the tree of notes, and the totals (explain_write.h). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cjson/cJSON.h>

#include "lib/base/clock.h"
#include "bench/explain/write/explain_write.h"
#include "bench/base/json.h"
#include "bench/wire/packet.h"

enum { DEPTH_MAX = 8 };

static void add_time(cJSON *o, const struct explain_report *r, const char *name, int64_t at_ns)
{
    if (at_ns == EXPLAIN_NEVER)
        return;
    if (r->mask)
        json_add_text(o, name, "TIME");
    else
        json_add_number(o, name, (double)(at_ns - r->begin_ns) / (double)NS_PER_MS);
}

static void add_text(cJSON *o, const struct explain_report *r, const char *name, size_t text)
{
    if (text != 0)
        json_add_text(o, name, explain_text(r->notes, text));
}

/* ---- facts ---- */

static void add_frame(cJSON *o, const struct explain_note_frame *f)
{
    cJSON *frame = cJSON_AddObjectToObject(o, "frame");
    char key[9];

    cJSON_AddBoolToObject(frame, "fin", f->fin);
    json_add_number(frame, "rsv", f->rsv);
    json_add_number(frame, "opcode", f->opcode);
    cJSON_AddBoolToObject(frame, "mask", f->masked);
    snprintf(key, sizeof key, "%02x%02x%02x%02x", f->masking_key[0], f->masking_key[1],
             f->masking_key[2], f->masking_key[3]);
    if (f->masked)
        json_add_text(frame, "masking_key", key);
    json_add_number(frame, "payload_length", (double)f->payload_bytes);
}

static void add_flags(cJSON *packet, uint8_t flags)
{
    cJSON *list = cJSON_AddArrayToObject(packet, "flags");

    for (size_t i = 0; explain_flags[i].name != NULL; i++)
        if ((flags & explain_flags[i].bit) != 0)
            cJSON_AddItemToArray(list, cJSON_CreateString(explain_flags[i].name));
}

static void add_packet(cJSON *o, const struct explain_report *r,
                       const struct explain_note_packet *p)
{
    cJSON *packet = cJSON_AddObjectToObject(o, "packet");

    add_flags(packet, p->flags);
    cJSON_AddBoolToObject(packet, "lost", p->lost);
    cJSON_AddBoolToObject(packet, "sent_again", p->again);
    if (r->mask)
        return;
    json_add_number(packet, "seq", p->sequence);
    if ((p->flags & PACKET_ACK) != 0)
        json_add_number(packet, "ack", p->acknowledgment);
    json_add_number(packet, "payload_bytes", p->payload_bytes);
}

static cJSON *describe(const struct explain_report *r, const struct explain_note *n)
{
    static const char *const kinds[] = {"step", "wire", "inside", "drawing", "remark"};
    static const char *const ways[] = {NULL, "up", "down"};
    cJSON *o = cJSON_CreateObject();

    json_add_text(o, "kind", kinds[n->kind]);
    if (n->way != EXPLAIN_NO_WAY)
        json_add_text(o, "way", ways[n->way]);
    if (n->connection > 0)
        json_add_number(o, "connection", n->connection);
    if (n->kind != EXPLAIN_STEP)
        add_time(o, r, "at_ms", n->at_ns);
    if (n->estimated)
        cJSON_AddBoolToObject(o, "estimated", true);
    add_time(o, r, n->way == EXPLAIN_DOWN ? "sent_ms" : "arrived_ms", n->far_ns);
    add_text(o, r, "wire", n->wire);
    add_text(o, r, "meaning", n->meaning);
    if (*n->ref != '\0')
        json_add_text(o, "ref", n->ref);
    if (n->fact == EXPLAIN_FACT_FRAME)
        add_frame(o, &n->frame);
    else if (n->fact == EXPLAIN_FACT_PACKET)
        add_packet(o, r, &n->packet);
    return o;
}

static cJSON *children_of(cJSON *note)
{
    cJSON *notes = cJSON_GetObjectItemCaseSensitive(note, "notes");

    return notes != NULL ? notes : cJSON_AddArrayToObject(note, "notes");
}

/* The parent of a note is the last note before it that is less deep; for depth 0 the step. */
static void add_notes(cJSON *root, const struct explain_report *r)
{
    cJSON *newest[DEPTH_MAX + 2] = {root};
    size_t known = 1; /* of newest */

    for (size_t i = 0; i < r->notes->count; i++) {
        const struct explain_note *n = &r->notes->all[i];
        size_t depth = n->kind == EXPLAIN_STEP ? 0 : n->depth + 1;
        cJSON *o = describe(r, n);

        if (depth >= known)
            depth = known - 1;
        if (depth > DEPTH_MAX)
            depth = DEPTH_MAX;
        cJSON_AddItemToArray(children_of(newest[depth]), o);
        newest[depth + 1] = o;
        known = depth + 2;
    }
}

static bool is_shown(const struct explain_report *r, enum explain_tally_when when)
{
    return when == EXPLAIN_TALLY_ALWAYS ||
           (!r->mask &&
            (when == EXPLAIN_TALLY_DIFFERS || (when == EXPLAIN_TALLY_CAPTURED) == r->wire));
}

/* Of a connection, or 0: of all. */
static cJSON *count(const struct explain_report *r, unsigned connection)
{
    struct explain_tally t = explain_tally(r->explain, connection);
    cJSON *o = cJSON_CreateObject();

    for (const struct explain_tally_field *f = explain_tally_fields; f->name != NULL; f++) {
        const void *value = (const char *)&t + f->offset;

        if (is_shown(r, f->when) && f->by_direction) {
            cJSON *pair = cJSON_AddObjectToObject(o, f->name);

            json_add_number(pair, "up", (double)((const uint64_t *)value)[true]);
            json_add_number(pair, "down", (double)((const uint64_t *)value)[false]);
        } else if (is_shown(r, f->when)) {
            json_add_number(o, f->name, *(const unsigned *)value);
        }
    }
    return o;
}

int explain_write_json(struct buf *out, const struct explain_report *r)
{
    cJSON *root = cJSON_CreateObject(), *each;
    char *text;
    int rc;

    json_add_text(root, "pushlab", PUSHLAB_VERSION);
    json_add_text(root, "topic", r->topic);
    json_add_text(root, "about", r->about);
    json_add_text(root, "road", r->network);
    json_add_text(root, "packets_from", r->wire ? "wire" : "kernel");
    add_notes(root, r);
    cJSON_AddItemToObject(root, "counts", count(r, 0));
    each = cJSON_AddArrayToObject(root, "connections");
    for (unsigned i = 1; i <= explain_connections(r->explain); i++)
        cJSON_AddItemToArray(each, count(r, i));
    text = cJSON_Print(root);
    rc = text == NULL ? PL_ENOMEM : buf_printf(out, "%s\n", text);
    cJSON_free(text);
    cJSON_Delete(root);
    return rc;
}
