#include "lib/base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/visible.h"

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

void err_set_v(struct err_text *e, const char *fmt, va_list ap)
{
    vsnprintf(e->text, sizeof e->text, fmt, ap);
    visible_make(e->text);
}

int err_set(struct err_text *e, int code, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    if (e != NULL)
        err_set_v(e, fmt, ap);
    va_end(ap);
    return code;
}
