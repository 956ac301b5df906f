#include "upstream_result.h"

int upstream_json(const struct fleet *f, struct buf *out)
{
    (void)f;
    return buf_printf(out, "\"upstream\":null,\"documents\":null,");
}

void upstream_print(const struct fleet *f, FILE *out)
{
    (void)f;
    (void)out;
}

const char *upstream_fault(const struct fleet *f)
{
    (void)f;
    return NULL;
}
