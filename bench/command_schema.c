/* `pushlab schema`: the JSON Schemas of the files that pushlab reads and writes. */
#include "bench/commands.h"

#include <string.h>

#include "bench/result/run_schema.h"
#include "bench/scenario/scenario.h"

static const char *const kinds[] = {"scenario", "run", NULL};
static const struct opt opts[] = {{.name = NULL}};

static const struct opt_program program = {
    .name = "pushlab schema",
    .usage = "scenario | run",
    .about =
        "Print the JSON Schema (draft 2020-12) of scenario files, or of run.json: for editors, "
        "and for programs that write the one or read the other.",
    .footer = "Example:\n"
              "  pushlab schema scenario >scenario.schema.json\n\n"
              "A scenario may name it as \"$schema\": \"./scenario.schema.json\".\n",
    .opts = opts,
    .operands = "KIND",
    .operand_words = kinds,
};

int command_schema(int argc, char **argv)
{
    cJSON *schema;
    int code, rc;

    if (!command_parse(&program, NULL, argc, argv, "kind of file", NULL, &code))
        return code;
    schema = strcmp(argv[1], kinds[0]) == 0 ? scenario_schema() : run_schema();
    rc = command_print_json(schema);
    cJSON_Delete(schema);
    return rc < 0 ? command_fail(PL_EXIT_FAILURE, "the schema could not be printed") : PL_EXIT_OK;
}
