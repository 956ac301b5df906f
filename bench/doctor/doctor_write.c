#include "bench/doctor/doctor_write.h"

#include <stdio.h>

#include "bench/base/json.h"
#include "bench/base/writer.h"

static void write_finding(struct writer *w, const struct doctor_finding *d, bool colour)
{
    static const char *const colours[] = {"\033[32m", "\033[33m", "\033[31m"};

    writer_printf(w, "  %s%-8s%s %-13s %s: %s\n", colour ? colours[d->verdict] : "",
                  doctor_verdict_words[d->verdict], colour ? "\033[0m" : "", d->check->name,
                  d->check->purpose, d->found);
    if (d->fix[0] != '\0')
        writer_printf(w, "%24s fix: %s\n", "", d->fix);
}

static void write_group(struct writer *w, const char *title, bool main_job,
                        const struct doctor_facts *f, bool colour)
{
    struct doctor_finding finding;

    writer_printf(w, "%s\n", title);
    for (size_t i = 0; doctor_examine(i, f, &finding); i++)
        if (finding.check->main_job == main_job)
            write_finding(w, &finding, colour);
    writer_puts(w, "\n");
}

/* "make bench is missing: tun, gnuplot." */
static void write_summary(struct writer *w, const struct doctor_facts *f)
{
    const char *before = "make bench is missing: ";
    struct doctor_finding finding;

    if (doctor_is_fit(f)) {
        writer_puts(w, "make bench has all it needs.\n");
        return;
    }
    for (size_t i = 0; doctor_examine(i, f, &finding); i++) {
        if (!finding.check->main_job || finding.verdict != DOCTOR_MISSING)
            continue;
        writer_printf(w, "%s%s", before, finding.check->name);
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

static cJSON *finding_json(const struct doctor_finding *d)
{
    cJSON *o = cJSON_CreateObject();

    cJSON_AddStringToObject(o, "name", d->check->name);
    cJSON_AddStringToObject(o, "verdict", doctor_verdict_words[d->verdict]);
    cJSON_AddBoolToObject(o, "main_job", d->check->main_job);
    cJSON_AddStringToObject(o, "purpose", d->check->purpose);
    json_add_text(o, "found", d->found);
    if (d->fix[0] != '\0')
        json_add_text(o, "fix", d->fix);
    else
        cJSON_AddNullToObject(o, "fix");
    return o;
}

cJSON *doctor_write_json(const struct doctor_facts *f)
{
    cJSON *o = cJSON_CreateObject(), *checks;
    struct doctor_finding finding;

    cJSON_AddStringToObject(o, "pushlab", PUSHLAB_VERSION);
    cJSON_AddBoolToObject(o, "fit", doctor_is_fit(f));
    checks = cJSON_AddArrayToObject(o, "checks");
    for (size_t i = 0; doctor_examine(i, f, &finding); i++)
        cJSON_AddItemToArray(checks, finding_json(&finding));
    return o;
}
