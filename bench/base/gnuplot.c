#include "bench/base/gnuplot.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

const char *gnuplot_error_line(char *text)
{
    const char *last = "";
    char *save = NULL;

    for (char *line = strtok_r(text, "\n", &save); line != NULL;
         line = strtok_r(NULL, "\n", &save)) {
        line += strspn(line, " \t");
        if (line[0] != '\0' && line[0] != '^')
            last = line;
    }
    return last;
}

void gnuplot_text(struct writer *w, const char *text)
{
    for (; *text != '\0'; text++)
        writer_printf(w, "%c",
                      strchr("'\"`\\", *text) != NULL || (unsigned char)*text < 0x20 ? '?' : *text);
}

static int explain_end(struct child *c, struct err_text *e)
{
    char text[1024];
    const char *said = child_text(c, CHILD_ERR);
    size_t len = strlen(said);

    if (child_succeeded(c))
        return PL_OK;
    if (!WIFEXITED(c->status))
        return child_fail(c, e);
    /* The cause comes last, so the end of a long complaint is the part to keep. */
    snprintf(text, sizeof text, "%s", len < sizeof text ? said : said + len - sizeof text + 1);
    return err_set(e, PL_ESYS, "%s: %.250s", c->name, gnuplot_error_line(text));
}

int gnuplot_run(struct supervisor *sup, char *const argv[], struct err_text *e)
{
    static const char *const settings[] = {"GNUTERM", "GNUPLOT_LIB", "GNUPLOT_PS_DIR",
                                           "LC_NUMERIC"};
    struct child c = {0};
    int rc;

    /* A chart is the same whatever its user's other charts are like. */
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        unsetenv(settings[i]);
    rc = supervisor_run(sup, &c, argv, GNUPLOT_LIMIT_S, e);

    if (rc == PL_ESYS && c.pid == 0 && errno == ENOENT)
        err_set(e, rc, "%s: not found; it draws the charts (Debian: apt install gnuplot-nox)",
                argv[0]);
    if (rc == PL_OK)
        rc = explain_end(&c, e);
    child_free(sup, &c);
    return rc;
}
