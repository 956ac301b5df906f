/* Any bytes, in any split, are explained: nothing is read that is not there, the notes are the
 * same for every split, nothing a terminal obeys comes through, and each form can be written.
 * Input: records of a byte (its low four bits: what happened; the fifth: the other connection),
 * a length, and so many bytes. */
#include <stdlib.h>
#include <string.h>
#include <cjson/cJSON.h>

#include "tests/unit/bench/explain/annotate/explain_fixture.h"
#include "bench/explain/write/explain_picture.h"
#include "bench/explain/write/explain_write.h"

enum { EVENTS_MAX = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
    if (!condition)
        abort();
}

static size_t read_events(struct transcript_event *events, const uint8_t *data, size_t size)
{
    size_t count = 0;

    while (size >= 2 && count < EVENTS_MAX) {
        size_t len = data[1] < size - 2 ? data[1] : size - 2;

        events[count] = (struct transcript_event){
            .what = (enum transcript_what)((data[0] & 15) % TRANSCRIPT_WHATS),
            .connection = 1 + (data[0] >> 4 & 1),
            .at_ns = (int64_t)count * 1000,
            .data = data + 2,
            .len = len,
        };
        data += 2 + len;
        size -= 2 + len;
        count++;
    }
    return count;
}

/* Text comes whole; bytes of a stream may be cut anywhere. */
static bool is_stream(enum transcript_what what)
{
    return what == TRANSCRIPT_SENT || what == TRANSCRIPT_RECEIVED ||
           what == TRANSCRIPT_RECORD_SENT || what == TRANSCRIPT_RECORD_RECEIVED;
}

static void play(struct explained *x, const struct transcript_event *events, size_t count,
                 size_t piece)
{
    for (size_t i = 0; i < count; i++) {
        const struct transcript_event *e = &events[i];
        size_t step = is_stream(e->what) && piece > 0 ? piece : e->len;

        x->now_ns = e->at_ns;
        for (size_t at = 0; at < e->len || (at == 0 && e->len == 0); at += step > 0 ? step : 1)
            explained_event(x, e->what, e->connection, e->data + at,
                            step < e->len - at ? step : e->len - at);
    }
}

static void require_texts_sane(const struct explain_notes *n)
{
    for (size_t i = 0; i < n->count; i++) {
        const struct explain_note *note = &n->all[i];

        require(note->wire < n->text.len && note->meaning < n->text.len);
        for (const char *c = explain_text(n, note->wire); *c != '\0'; c++)
            require((unsigned char)*c >= ' ' || (note->kind == EXPLAIN_DRAWING && *c == '\n'));
        for (const char *c = explain_text(n, note->meaning); *c != '\0'; c++)
            require((unsigned char)*c >= ' ');
    }
}

static void require_written(const struct explained *x)
{
    const struct explain_report r = {.topic = "sse",
                                     .about = "a",
                                     .network = "r",
                                     .times = "t",
                                     .notes = &x->notes,
                                     .explain = x->explain,
                                     .colour = true};
    struct buf out = {0};
    cJSON *json;

    require(explain_write_text(&out, &r, EXPLAIN_TEXT_ALL) == PL_OK);
    out.len = 0;
    require(explain_write_markdown(&out, &r) == PL_OK);
    out.len = 0;
    require(explain_write_json(&out, &r) == PL_OK);
    json = cJSON_ParseWithLength((const char *)out.data, out.len);
    require(json != NULL);
    cJSON_Delete(json);
    buf_free(&out);
}

static void require_lines_come_back(const struct transcript_event *events, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct transcript_event back;
        struct buf line = {0};

        require(transcript_encode(&line, &events[i]) == PL_OK);
        line.data[line.len - 1] = '\0';
        require(transcript_decode(&back, (char *)line.data) == PL_OK);
        require(back.what == events[i].what && back.connection == events[i].connection &&
                back.at_ns == events[i].at_ns && back.len == events[i].len &&
                memcmp(back.data, events[i].data, back.len) == 0);
        buf_free(&line);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct explain_options options = {.mask = size > 0 && (data[0] & 32) != 0,
                                            .brief = size > 0 && (data[0] & 64) != 0};
    struct transcript_event events[EVENTS_MAX];
    size_t count = read_events(events, data, size);
    struct explained whole, cut;
    struct err_text e = {""};
    struct ladder ladder;

    require_lines_come_back(events, count);
    explained_begin(&whole, &options);
    play(&whole, events, count, 0);
    explained_begin(&cut, &options);
    play(&cut, events, count, 1 + size % 5);
    require(strcmp(explained_text(&whole), explained_text(&cut)) == 0);
    require_texts_sane(&whole.notes);
    require_written(&whole);
    explained_end(&whole);
    explained_end(&cut);
    if (explain_picture_ladder(&ladder, events, count, &e) == PL_OK)
        ladder_free(&ladder);
    return 0;
}
