/* `pushlab doctor`: what this machine can measure, and how to fix the rest. */
#include "bench/commands.h"

#include <stddef.h>
#include <stdio.h>

#include "bench/doctor/doctor_probe.h"
#include "bench/doctor/doctor_write.h"
#include "lib/base/terminal.h"

#define OPT_CONFIG struct config
#include "lib/opt/opt_rows.h"

struct config {
    bool json;
    const char *results;
};

static const struct opt opts[] = {
    TEXT("results", "DIR", results, "results", "the folder for the runs"),
    FLAG("json", json, "print JSON"),
    {.name = NULL},
};

static const struct opt_program program = {
    .name = "pushlab doctor",
    .usage = "[options]",
    .about = "Check what this machine can measure. Say what each check is needed for, and what to "
             "type where something is missing. Nothing is changed.",
    .footer = "Exit code: 0 when make bench has all it needs, 1 when not, 2 when an option is\n"
              "wrong.\n",
    .opts = opts,
};

int command_doctor(int argc, char **argv)
{
    struct config c = {0};
    struct doctor_facts facts;
    struct err_text e = {""};
    struct buf text = {0};
    cJSON *json = NULL;
    int code, rc;

    if (!command_parse(&program, &c, argc, argv, NULL, NULL, &code))
        return code;
    if (doctor_probe(&facts, c.results, &e) < 0)
        return command_fail(PL_EXIT_FAILURE, e.text);
    if (c.json)
        json = doctor_write_json(&facts);
    rc = c.json ? command_print_json(json)
                : command_print(&text,
                                doctor_write_text(&text, &facts, terminal_wants_colour(stdout)));
    cJSON_Delete(json);
    if (rc < 0)
        return command_fail(PL_EXIT_FAILURE, pl_strerror(rc));
    return doctor_is_fit(&facts) ? PL_EXIT_OK : PL_EXIT_FAILURE;
}
