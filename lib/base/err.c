#include "lib/base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *pl_strerror(int code)
{
    static const char *const phrases[] = {
        [-PL_OK] = "success",
        [-PL_ENOMEM] = "out of memory",
        [-PL_EPROTO] = "protocol violation",
        [-PL_ELIMIT] = "over a limit",
        [-PL_EINVAL] = "invalid argument",
        [-PL_EUTF8] = "text that is not UTF-8",
        [-PL_EOF] = "unexpected end of input",
        [-PL_EAWAY] = "out of reach for now",
        [-PL_EINTR] = "interrupted",
    };

    if (code == PL_ESYS)
        return strerror(errno);
    return code <= PL_OK && code >= PL_EINTR ? phrases[-code] : "unknown error";
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
