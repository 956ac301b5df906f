/* `pushlab predict`: what the model says of a scenario, and what its clients would take. */
#include "bench/commands.h"

#include <stdio.h>
#include <stdlib.h>

#include "lib/base/terminal.h"
#include "bench/model/plan.h"
#include "bench/overrides.h"
#include "bench/result/run_file.h"
#include "bench/table/prediction.h"

#define OPT_CONFIG struct config
#include "lib/opt/opt_rows.h"

#define MANY_CLIENTS 1e6

struct config {
    struct overrides overrides;
    const char *measured;
    bool json, markdown;
};

static const struct opt opts[] = {
    OVERRIDE_OPTS(overrides, "predict"),

    HEADING("Capacity plan, for the scenario's clients and for 1,000,000"),
    TEXT("measured", "RUN", measured, NULL,
         "take the server's CPU time and memory from this run's rows"),

    HEADING("Output"),
    FLAG("json", json, "as JSON"),
    FLAG("markdown", markdown, "as Markdown"),
    {.name = NULL},
};

static const struct opt_program program = {
    .name = "pushlab predict",
    .usage = "SCENARIO [options]",
    .about =
        "Print what the model predicts for each row of a scenario, without measuring anything, "
        "and what its clients, and 1,000,000 clients, would need: requests, handshakes, "
        "packets and bandwidth.",
    .footer = "Examples:\n"
              "  pushlab predict standard\n"
              "  pushlab predict standard --link 4g --clients 20000 --measured results/latest\n\n"
              "Exit code: 0, 1 when something can't be read or printed, 2 when an option or the\n"
              "scenario is wrong.\n",
    .opts = opts,
    .operands = "SCENARIO",
};

static int print(const struct prediction *p, const struct config *c)
{
    struct buf text = {0};
    cJSON *o;
    int rc;

    if (!c->json)
        return command_print(
            &text,
            prediction_write(&text, p, c->markdown ? TABLE_MARKDOWN : terminal_width(stdout)));
    o = prediction_json(p);
    rc = command_print_json(o);
    cJSON_Delete(o);
    return rc;
}

/* On the scenario's present link. */
static int predict_link(const struct scenario *s, const struct config *c, const cJSON *measured,
                        struct err_text *e)
{
    double clients = (double)s->clients;
    struct prediction p = {.clients = {clients, MANY_CLIENTS},
                           .n = clients == MANY_CLIENTS ? 1 : 2,
                           .measured = measured,
                           .measured_path = c->measured};
    cJSON *run;
    int rc = plan_new(&run, s, e);

    if (rc < 0)
        return rc;
    if (measured != NULL)
        plan_take_costs(run, measured);
    p.run = run;
    rc = print(&p, c);
    cJSON_Delete(run);
    return rc < 0 ? err_set(e, rc, "the prediction could not be printed: %s", pl_strerror(rc)) : rc;
}

static int predict_links(struct scenario *s, const struct config *c, struct err_text *e)
{
    cJSON *measured = NULL;
    int rc = c->measured != NULL ? run_file_read(&measured, c->measured, e) : PL_OK;

    for (s->link = 0; rc == PL_OK && s->link < s->links.n; s->link++) {
        if (s->link > 0 && !c->json)
            printf("\n");
        rc = predict_link(s, c, measured, e);
    }
    cJSON_Delete(measured);
    return rc < 0 ? command_fail(PL_EXIT_FAILURE, e->text) : PL_EXIT_OK;
}

int command_predict(int argc, char **argv)
{
    struct config c = {0};
    struct err_text e = {""};
    struct scenario *s;
    int rc, code;

    if (!command_parse(&program, &c, argc, argv, "scenario", SCENARIO_ACCEPTED, &code))
        return code;
    s = calloc(1, sizeof *s);
    if (s == NULL)
        return command_fail(PL_EXIT_FAILURE, pl_strerror(PL_ENOMEM));
    rc = overrides_load(s, &c.overrides, argv[1], &e);
    if (rc == PL_OK) {
        code = predict_links(s, &c, &e);
        scenario_free(s);
    } else {
        code = command_fail(rc == PL_ENOMEM ? PL_EXIT_FAILURE : PL_EXIT_USAGE, e.text);
    }
    free(s);
    return code;
}
