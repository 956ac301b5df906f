#include <stdio.h>
#include <stdlib.h>
#include <cjson/cJSON.h>

#include "bench/commands.h"
#include "lib/base/err.h"
#include "lib/base/proc.h"

/* Out of memory ends the program, here and not in every caller of cJSON: the
 * children die with it, and the rows that were finished are already on disk. */
static void *allocate_or_end(size_t size)
{
    void *p = malloc(size);

    if (p == NULL)
        exit(command_fail(PL_EXIT_FAILURE, pl_strerror(PL_ENOMEM)));
    return p;
}

int main(int argc, char **argv)
{
    int code;

    proc_open_standard_fds();
    proc_hear_stop_signals();
    cJSON_InitHooks(&(cJSON_Hooks){.malloc_fn = allocate_or_end, .free_fn = free});
    code = command_dispatch(argc, argv);
    if (proc_finish_output() < 0 && code == PL_EXIT_OK)
        code = command_fail(PL_EXIT_FAILURE, "write to stdout failed");
    return code;
}
