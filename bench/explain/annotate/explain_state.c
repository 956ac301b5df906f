#include "bench/explain/annotate/explain_state.h"

#include <stdarg.h>

enum { HEAD_MAX_BYTES = 65536, TARGET_MAX_BYTES = 16384 };

/* ---- notes ---- */

__attribute__((format(printf, 4, 0))) static void add(struct explain *x,
                                                      const struct explain_note *shape,
                                                      struct explain_word word, const char *wire,
                                                      va_list ap)
{
    explain_note(x->notes, shape);
    if (wire != NULL)
        explain_set_wire_v(x->notes, wire, ap);
    if (word.meaning != NULL && word.meaning[0] != '\0')
        explain_set_meaning(x->notes, "%s", word.meaning);
    explain_set_ref(x->notes, word.ref);
}

void explain_say(const struct explain_side *s, enum explain_kind kind, unsigned depth,
                 struct explain_word word, const char *wire, ...)
{
    const struct explain_note shape = {.kind = kind,
                                       .way = s->up ? EXPLAIN_UP : EXPLAIN_DOWN,
                                       .depth = depth,
                                       .connection = s->c->number,
                                       .at_ns = s->c->x->now_ns,
                                       .far_ns = EXPLAIN_NEVER};
    va_list ap;

    va_start(ap, wire);
    add(s->c->x, &shape, word, wire, ap);
    va_end(ap);
}

void explain_say_beside(struct explain *x, const struct explain_connection *c,
                        enum explain_kind kind, struct explain_word word, const char *wire, ...)
{
    const struct explain_note shape = {.kind = kind,
                                       .connection = c == NULL ? 0 : c->number,
                                       .at_ns = x->now_ns,
                                       .far_ns = EXPLAIN_NEVER};
    va_list ap;

    va_start(ap, wire);
    add(x, &shape, word, wire, ap);
    va_end(ap);
}

void explain_give_up(struct explain_side *s, const char *key)
{
    struct explain_word word = explain_word("%s", key);

    s->opaque = true;
    explain_say(s, EXPLAIN_INSIDE, 0, (struct explain_word){.ref = word.ref}, "(not understood)");
    explain_set_meaning(s->c->x->notes, "%s; what follows in this direction is not explained",
                        word.meaning);
}

/* ---- what has been explained often enough ---- */

struct explain_word explain_usual(struct explain_side *s, unsigned thing, struct explain_word word)
{
    if (s->explained[thing] == EXPLAIN_FULL_TIMES)
        return (struct explain_word){NULL, NULL, NULL};
    s->explained[thing]++;
    return word;
}

/* Counts this time. Words are constants: told apart by their address. */
static unsigned times_used(struct explain *x, const char *meaning)
{
    for (size_t i = 0; i < EXPLAIN_BRIEF_WORDS; i++) {
        if (x->brief_words[i].meaning == NULL)
            x->brief_words[i].meaning = meaning;
        if (x->brief_words[i].meaning == meaning)
            return x->brief_words[i].times++;
    }
    return 0;
}

struct explain_word explain_brief(struct explain *x, struct explain_word word)
{
    if (x->options.brief && times_used(x, word.meaning) >= EXPLAIN_FULL_TIMES)
        return (struct explain_word){NULL, NULL, NULL};
    return word;
}

bool explain_is_new(uint16_t *known, unsigned value)
{
    bool new = (*known >> value & 1) == 0;

    *known |= (uint16_t)(1u << value);
    return new;
}

/* ---- memory ---- */

int explain_keep(const struct explain_side *s, struct buf *to, const uint8_t *data, size_t len)
{
    size_t room = to->len < EXPLAIN_KEPT_BYTES ? EXPLAIN_KEPT_BYTES - to->len : 0;

    if (len > 0 && buf_add(to, data, len < room ? len : room) < 0)
        return s->c->x->notes->rc = PL_ENOMEM;
    return PL_OK;
}

void explain_side_init(struct explain_side *s, struct explain_connection *c, bool up)
{
    const struct http_limits limits = {TARGET_MAX_BYTES, HEAD_MAX_BYTES, SIZE_MAX};

    s->c = c;
    s->up = up;
    s->head_open = true;
    http_reader_init(&s->http, up ? HTTP_REQUESTS : HTTP_RESPONSES, &limits);
    sse_parser_init(&s->events, EXPLAIN_KEPT_BYTES);
}

void explain_side_free(struct explain_side *s)
{
    http_reader_free(&s->http);
    sse_parser_free(&s->events);
    buf_free(&s->head);
    buf_free(&s->framing);
    buf_free(&s->body);
    buf_free(&s->line);
    buf_free(&s->frame.payload);
    buf_free(&s->records.record);
}
