#include "bench/doctor/doctor_write.h"

#include <stdio.h>

#include "bench/base/json.h"
#include "bench/base/writer.h"

static void write_check(struct writer *w, const struct doctor_check *c,
                        const struct doctor_facts *f, bool colour)
{
    static const char *const colours[] = {"\033[32m", "\033[33m", "\033[31m"};
    struct doctor_finding finding;

    doctor_examine(c, f, &finding);
    writer_printf(w, "  %s%-8s%s %-13s %s: %s\n", colour ? colours[finding.verdict] : "",
                  doctor_verdict_words[finding.verdict], colour ? "\033[0m" : "", c->name,
                  c->purpose, finding.found);
    if (finding.fix[0] != '\0')
        writer_printf(w, "%24s fix: %s\n", "", finding.fix);
}

static void write_group(struct writer *w, const char *title, bool main_job,
                        const struct doctor_facts *f, bool colour)
{
    writer_printf(w, "%s\n", title);
    for (const struct doctor_check *c = doctor_checks; c->name != NULL; c++)
        if (c->main_job == main_job)
            write_check(w, c, f, colour);
    writer_puts(w, "\n");
}

/* "make bench can't run at its best: gnuplot, tun." */
static void write_summary(struct writer *w, const struct doctor_facts *f)
{
    const char *before = "make bench can't run at its best: ";
    struct doctor_finding finding;

    if (doctor_is_fit(f)) {
        writer_puts(w, "make bench has all it needs.\n");
        return;
    }
    for (const struct doctor_check *c = doctor_checks; c->name != NULL; c++) {
        doctor_examine(c, f, &finding);
        if (!c->main_job || finding.verdict != DOCTOR_MISSING)
            continue;
        writer_printf(w, "%s%s", before, c->name);
        before = ", ";
    }
    writer_puts(w, ".\n");
}

int doctor_write_text(struct buf *out, const struct doctor_facts *f, bool colour)
{
    struct writer w = {.out = out};

    write_group(&w, "For make bench:", true, f, colour);
    write_group(&w, "For more:", false, f, colour);
    write_summary(&w, f);
    return w.rc;
}

static cJSON *check_json(const struct doctor_check *c, const struct doctor_facts *f)
{
    cJSON *o = cJSON_CreateObject();
    struct doctor_finding finding;

    doctor_examine(c, f, &finding);
    cJSON_AddStringToObject(o, "name", c->name);
    cJSON_AddStringToObject(o, "verdict", doctor_verdict_words[finding.verdict]);
    cJSON_AddBoolToObject(o, "main_job", c->main_job);
    cJSON_AddStringToObject(o, "purpose", c->purpose);
    json_add_text(o, "found", finding.found);
    if (finding.fix[0] != '\0')
        json_add_text(o, "fix", finding.fix);
    else
        cJSON_AddNullToObject(o, "fix");
    return o;
}

cJSON *doctor_write_json(const struct doctor_facts *f)
{
    cJSON *o = cJSON_CreateObject(), *checks;

    cJSON_AddStringToObject(o, "pushlab", PUSHLAB_VERSION);
    cJSON_AddBoolToObject(o, "fit", doctor_is_fit(f));
    checks = cJSON_AddArrayToObject(o, "checks");
    for (const struct doctor_check *c = doctor_checks; c->name != NULL; c++)
        cJSON_AddItemToArray(checks, check_json(c, f));
    return o;
}
