#include "clients/client/refusals.h"

#include "lib/base/err.h"

void refusals_add(struct refusals *r, int status)
{
    size_t i = 0;

    while (i < r->n && r->of[i].status != status)
        i++;
    if (i == REFUSALS_MAX)
        return;
    if (i == r->n)
        r->of[r->n++].status = status;
    r->of[i].count++;
}

int refusals_json(const struct refusals *r, struct buf *out)
{
    int rc = buf_printf(out, "{");

    for (size_t i = 0; rc == PL_OK && i < r->n; i++)
        rc = buf_printf(out, "%s\"%d\":%llu", i > 0 ? "," : "", r->of[i].status,
                        (unsigned long long)r->of[i].count);
    return rc < 0 ? rc : buf_printf(out, "}");
}
