/* A link in full, as the words of link_spec.h. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "bench/link/link_spec.h"

struct text_out {
    char *text;
    size_t len;
    const char *prefix;
};

static void write_word(struct text_out *t, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void write_word(struct text_out *t, const char *fmt, ...)
{
    size_t room = LINK_TEXT_CHARS - t->len;
    va_list ap;
    int n = snprintf(t->text + t->len, room, "%s%s", t->len > 0 ? "," : "", t->prefix);

    if (n < 0 || (size_t)n >= room)
        return;
    t->len += (size_t)n;
    room -= (size_t)n;
    va_start(ap, fmt);
    n = vsnprintf(t->text + t->len, room, fmt, ap);
    va_end(ap);
    t->len += n > 0 && (size_t)n < room ? (size_t)n : room - 1;
}

static void write_loss(struct text_out *t, const struct loss_model *m)
{
    if (m->good_to_bad > 0)
        write_word(t, "gilbert=%.10g%%/%.10g%%/%.10g%%/%.10g%%", 100 * m->good_to_bad,
                   100 * m->bad_to_good, 100 * m->bad_loss, 100 * m->good_loss);
    else if (m->good_loss > 0)
        write_word(t, "loss=%.10g%%", 100 * m->good_loss);
}

static void write_path(struct text_out *t, const struct link_model *m)
{
    write_word(t, "delay=%.10gms", (double)m->delay.delay_ns / 1e6);
    if (m->delay.jitter_ns > 0) {
        write_word(t, "jitter=%.10gms", (double)m->delay.jitter_ns / 1e6);
        write_word(t, "jitter-shape=%s", m->delay.shape == JITTER_NORMAL ? "normal" : "uniform");
        write_word(t, "reorder=%s", m->delay.reorder ? "yes" : "no");
    }
    write_loss(t, &m->loss);
    if (m->rate_bps > 0) {
        write_word(t, "rate=%.10gkbit", (double)m->rate_bps / 1e3);
        write_word(t, "queue=%lluB", (unsigned long long)m->queue_bytes);
    }
}

void link_spec_format(const struct link_spec *spec, char out[LINK_TEXT_CHARS])
{
    char text[LINK_DIRECTIONS][LINK_TEXT_CHARS] = {"", ""};
    struct text_out both = {.text = out, .prefix = ""};

    for (int i = 0; i < LINK_DIRECTIONS; i++)
        write_path(&(struct text_out){.text = text[i], .prefix = ""}, &spec->path[i]);
    out[0] = '\0';
    if (spec->path[LINK_UP].lines > 1)
        write_word(&both, "lines=%lld", (long long)spec->path[LINK_UP].lines);
    if (strcmp(text[LINK_UP], text[LINK_DOWN]) == 0) {
        write_path(&both, &spec->path[LINK_UP]);
        return;
    }
    both.prefix = "up.";
    write_path(&both, &spec->path[LINK_UP]);
    both.prefix = "down.";
    write_path(&both, &spec->path[LINK_DOWN]);
}
