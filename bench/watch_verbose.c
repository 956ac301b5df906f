#include "bench/watch_verbose.h"

#include "bench/explain/write/explain_write.h"
#include "lib/base/terminal.h"
#include "lib/proto/transcript.h"

static struct explain_report report(const struct watch_verbose *v)
{
    return (struct explain_report){
        .notes = &v->notes,
        .explain = v->explain,
        .times = EXPLAIN_TIMES_UNSEEN,
        .begin_ns = v->begin_ns,
        .columns = v->columns,
        .colour = v->colour,
    };
}

static int print(struct watch_verbose *v, unsigned parts)
{
    const struct explain_report r = report(v);
    struct buf text = {0};
    int rc = explain_write_text(&text, &r, parts);

    if (rc == PL_OK && text.len > 0)
        fwrite(text.data, 1, text.len, v->out);
    fflush(v->out);
    buf_free(&text);
    return rc;
}

int watch_verbose_begin(struct watch_verbose *v, FILE *out)
{
    const struct explain_options options = {.brief = true};

    *v = (struct watch_verbose){.out = out,
                                .columns = explain_columns_for(terminal_columns(out)),
                                .colour = terminal_wants_colour(out)};
    v->explain = explain_new(&options, &v->notes);
    return v->explain == NULL ? PL_ENOMEM : print(v, EXPLAIN_TEXT_LEGEND);
}

int watch_verbose_take(struct watch_verbose *v, char *line)
{
    struct transcript_event e;
    int rc = transcript_decode(&e, line);

    if (rc < 0)
        return rc;
    if (v->begin_ns == 0)
        v->begin_ns = e.at_ns;
    explain_event(v->explain, &e);
    rc = v->notes.rc < 0 ? v->notes.rc : print(v, EXPLAIN_TEXT_NOTES);
    explain_notes_clear(&v->notes);
    return rc;
}

void watch_verbose_end(struct watch_verbose *v)
{
    if (v->begin_ns != 0)
        print(v, EXPLAIN_TEXT_SUM);
    explain_free(v->explain);
    explain_notes_free(&v->notes);
}
