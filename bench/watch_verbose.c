#include "watch_verbose.h"

#include "explain_write.h"
#include "transcript.h"

int watch_verbose_begin(struct watch_verbose *v, bool colour)
{
    const struct explain_options options = {.brief = true};

    *v = (struct watch_verbose){.colour = colour};
    v->explain = explain_new(&options, &v->notes);
    return v->explain == NULL ? LAB_ENOMEM : LAB_OK;
}

static int print_notes(struct watch_verbose *v, FILE *out)
{
    const struct explain_report r = {
        .notes = &v->notes, .explain = v->explain, .begin_ns = v->begin_ns};
    struct buf text = {0};
    int rc = explain_write_text_notes(&text, &r, v->colour, 0);

    if (rc == LAB_OK)
        fwrite(text.data, 1, text.len, out);
    fflush(out);
    buf_free(&text);
    return rc;
}

int watch_verbose_take(struct watch_verbose *v, char *line, FILE *out)
{
    struct transcript_event e;
    int rc = transcript_decode(&e, line);

    if (rc < 0)
        return rc;
    if (v->begin_ns == 0)
        v->begin_ns = e.at_ns;
    explain_event(v->explain, &e);
    rc = v->notes.rc < 0 ? v->notes.rc : print_notes(v, out);
    explain_notes_clear(&v->notes);
    return rc;
}

void watch_verbose_end(struct watch_verbose *v)
{
    explain_free(v->explain);
    explain_notes_free(&v->notes);
}
