#include "lib/base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *lab_strerror(int code)
{
    switch (code) {
    case LAB_OK:
        return "success";
    case LAB_ENOMEM:
        return "out of memory";
    case LAB_ESYS:
        return strerror(errno);
    case LAB_EPROTO:
        return "protocol violation";
    case LAB_ELIMIT:
        return "over a limit";
    case LAB_EINVAL:
        return "invalid argument";
    case LAB_EUTF8:
        return "text that is not UTF-8";
    case LAB_EOF:
        return "unexpected end of input";
    case LAB_EAWAY:
        return "out of reach for now";
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
