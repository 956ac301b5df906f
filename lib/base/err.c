#include "lib/base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *pl_strerror(int code)
{
    switch (code) {
    case PL_OK:
        return "success";
    case PL_ENOMEM:
        return "out of memory";
    case PL_ESYS:
        return strerror(errno);
    case PL_EPROTO:
        return "protocol violation";
    case PL_ELIMIT:
        return "over a limit";
    case PL_EINVAL:
        return "invalid argument";
    case PL_EUTF8:
        return "text that is not UTF-8";
    case PL_EOF:
        return "unexpected end of input";
    case PL_EAWAY:
        return "out of reach for now";
    case PL_EINTR:
        return "interrupted";
    default:
        return "unknown error";
    }
}

int err_set(struct err_text *e, int code, const char *fmt, ...)
{
    va_list ap;

    if (e == NULL)
        return code;
    va_start(ap, fmt);
    vsnprintf(e->text, sizeof e->text, fmt, ap);
    va_end(ap);
    return code;
}
