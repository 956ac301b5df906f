/* `pushlab doctor`: what this machine can do, and how to make it do the rest. */
#include "bench/commands.h"

#include <stddef.h>
#include <stdio.h>

#include "bench/doctor/doctor_probe.h"
#include "bench/doctor/doctor_write.h"
#include "bench/table/table.h"

struct config {
    bool json;
    const char *results;
};

#define FIELD(name) offsetof(struct config, name)

static const struct opt opts[] = {
    {"results", OPT_TEXT, "DIR", FIELD(results), "results", 0, 0, NULL,
     "the folder that runs are to go to"},
    {"json", OPT_FLAG, NULL, FIELD(json), NULL, 0, 0, NULL, "print JSON"},
    {.name = NULL},
};

static const struct opt_program program = {
    .name = "pushlab doctor",
    .usage = "[options]",
    .about = "Say what this machine can do for pushlab, what each thing is needed for, and what "
             "to type where something is missing. Nothing is changed.",
    .footer = "Exit code: 0 when make bench has all it needs, 1 when not, 2 when an option is\n"
              "wrong.\n",
    .opts = opts,
};

static int print_text(const struct doctor_facts *f)
{
    struct buf text = {0};
    int rc = doctor_write_text(&text, f, table_wants_colour(stdout));

    if (rc == PL_OK)
        fwrite(text.data, 1, text.len, stdout);
    buf_free(&text);
    return rc;
}

static int print_json(const struct doctor_facts *f)
{
    cJSON *o = doctor_write_json(f);
    char *text = cJSON_Print(o);
    int rc = text == NULL ? PL_ENOMEM : PL_OK;

    if (rc == PL_OK)
        printf("%s\n", text);
    cJSON_free(text);
    cJSON_Delete(o);
    return rc;
}

int command_doctor(int argc, char **argv)
{
    struct config c = {0};
    struct doctor_facts facts;
    struct err_text e = {""};
    int rc = opt_parse(&program, &c, argc, argv, NULL, &e);

    if (rc == OPT_EXIT)
        return PL_EXIT_OK;
    if (rc < 0)
        return command_fail(PL_EXIT_USAGE, e.text);
    if (doctor_probe(&facts, c.results, &e) < 0)
        return command_fail(PL_EXIT_FAILURE, e.text);
    rc = c.json ? print_json(&facts) : print_text(&facts);
    if (rc < 0)
        return command_fail(PL_EXIT_FAILURE, pl_strerror(rc));
    return doctor_is_fit(&facts) ? PL_EXIT_OK : PL_EXIT_FAILURE;
}
