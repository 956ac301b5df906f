#include "bench/base/gnuplot.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "lib/base/clock.h"

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

/* Until it has ended, been interrupted or run out of time. 0 or what supervisor_wait() said. */
static int wait_for_end(struct supervisor *sup, const struct child *c, int64_t deadline_ns)
{
    int interrupts_before = sup->interrupts;
    int rc = 1;

    while (rc > 0 && !c->ended && sup->interrupts == interrupts_before)
        rc = supervisor_wait(sup, deadline_ns);
    return rc < 0 ? rc : PL_OK;
}

static int explain_end(struct supervisor *sup, struct child *c, int64_t deadline_ns,
                       struct err_text *e)
{
    char text[1024];
    const char *said;
    size_t len;

    if (!c->ended) {
        supervisor_stop(sup, c, NS_PER_S);
        if (clock_now_ns() >= deadline_ns)
            return err_set(e, PL_ESYS, "%s: not done after %d s", c->name, GNUPLOT_LIMIT_S);
        return err_set(e, PL_ESYS, "%s: interrupted", c->name);
    }
    if (child_succeeded(c))
        return PL_OK;
    if (!WIFEXITED(c->status))
        return child_fail(c, e);
    said = child_text(c, CHILD_ERR);
    len = strlen(said);
    /* The cause comes last, so the end of a long complaint is the part to keep. */
    snprintf(text, sizeof text, "%s", len < sizeof text ? said : said + len - sizeof text + 1);
    return err_set(e, PL_ESYS, "%s: %.250s", c->name, gnuplot_error_line(text));
}

int gnuplot_run(struct supervisor *sup, char *const argv[], struct err_text *e)
{
    int64_t deadline_ns = clock_now_ns() + GNUPLOT_LIMIT_S * NS_PER_S;
    struct child c = {0};
    int rc = supervisor_spawn(sup, &c, argv[0], argv, CHILD_READ_OUT | CHILD_READ_ERR, e);

    if (rc == PL_ESYS && errno == ENOENT)
        return err_set(
            e, rc, "%s: not found; it draws the charts (Debian: apt install gnuplot-nox)", argv[0]);
    if (rc < 0)
        return rc;
    rc = wait_for_end(sup, &c, deadline_ns);
    if (rc < 0) {
        supervisor_stop(sup, &c, 0);
        err_set(e, rc, "%s: %s", argv[0], pl_strerror(rc));
    } else {
        rc = explain_end(sup, &c, deadline_ns, e);
    }
    child_free(sup, &c);
    return rc;
}
