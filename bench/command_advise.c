/* `pushlab advise`: which transport to choose, from what was measured. */
#include "bench/commands.h"

#include <stdio.h>

#include "lib/base/terminal.h"
#include "bench/advise/advise_options.h"
#include "bench/advise/advise_book.h"
#include "bench/report/matrix.h"
#include "bench/sweep/sweep_cells.h"
#include "bench/sweep/sweep_map.h"
#include "lib/opt/opt.h"

static int print_book(struct advise_book *b, const struct advise_options *o, struct err_text *e)
{
    struct buf text = {0};
    const struct advise_form form = {.output = o->markdown ? OUTPUT_MARKDOWN : OUTPUT_TERMINAL,
                                     .figures = o->figures,
                                     .columns = terminal_width(stdout)};
    int rc = o->json ? advise_book_write_json(&text, b) : advise_book_write(&text, b, &form);

    rc = command_print(&text, rc);
    return rc < 0 ? err_set(e, rc, "the advice could not be printed: %s", pl_strerror(rc)) : PL_OK;
}

/* Is there an answer for every run? */
static bool is_answered(const struct advise_book *b)
{
    for (int i = 0; i < b->n; i++)
        if (!advise_answers(b->entries[i].advise))
            return false;
    return true;
}

static int advise(struct advise_book *b, const struct advise_options *o, int nargs, char **argv,
                  struct err_text *e)
{
    int rc = PL_OK;

    for (int i = 1; rc == PL_OK && i <= nargs; i++)
        rc = advise_book_find(b, argv[i], o->results, e);
    if (rc < 0)
        return rc;
    rc = advise_book_make(b, &o->ask);
    if (rc < 0)
        return err_set(e, rc, "%s", pl_strerror(rc));
    if (!o->matrix)
        return print_book(b, o, e);
    rc = matrix_write(o->out, b, e);
    if (rc == PL_OK)
        printf("%s\n", o->out);
    return rc;
}

/* The map of a sweep's folder. */
static int make_map(const char *dir, const struct advise_ask *ask, struct err_text *e)
{
    const struct map_ask map = {.percentile = ask->percentile, .anyway = ask->anyway};
    struct sweep_cells cells;
    struct sweep sweep;
    struct buf text = {0};
    int rc = sweep_read(&sweep, dir, e);

    if (rc < 0)
        return rc;
    rc = sweep_cells_read(&cells, &sweep, e);
    if (rc == PL_OK) {
        rc = sweep_map_make(&text, &cells, &map, e);
        if (rc < 0)
            buf_free(&text);
        else if (command_print(&text, rc) < 0)
            rc = err_set(e, PL_ESYS, "the map could not be printed");
        sweep_cells_free(&cells);
    }
    sweep_free(&sweep);
    if (rc == PL_OK)
        printf("\n%s/charts/map.svg\n", dir);
    return rc;
}

int command_advise(int argc, char **argv)
{
    struct advise_options o;
    struct advise_book b = {0};
    struct err_text e = {""};
    int nargs = 0, code, rc = advise_options_parse(&o, argc, argv, &nargs, &e);

    if (rc == OPT_EXIT)
        return PL_EXIT_OK;
    if (rc < 0)
        return command_fail(PL_EXIT_USAGE, e.text);
    rc = o.map ? make_map(argv[1], &o.ask, &e) : advise(&b, &o, nargs, argv, &e);
    if (rc < 0)
        code = command_fail(rc == PL_EINVAL ? PL_EXIT_USAGE : PL_EXIT_FAILURE, e.text);
    else
        code = o.matrix || o.map || is_answered(&b) ? PL_EXIT_OK : PL_EXIT_FAILURE;
    advise_book_free(&b);
    return code;
}
