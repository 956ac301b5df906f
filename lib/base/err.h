/* The one error idiom: functions return 0 (or a count) or a negative enum pl_err.
 *
 * Lower layers return; they do not print. Where a person must be told which option or
 * file was wrong, the function also takes a struct err_text and fills it with one line
 * ("--rate: 'fast' is not a number; accepted: 0 to 1000000"); main() prints it once.
 */
#pragma once

#include <stdarg.h>

enum pl_err {
    PL_OK = 0,
    PL_ENOMEM = -1, /* out of memory */
    PL_ESYS = -2,   /* a system call failed: errno says why */
    PL_EPROTO = -3, /* the peer broke the protocol */
    PL_ELIMIT = -4, /* a configured limit was passed */
    PL_EINVAL = -5, /* an option, a file or an argument is wrong */
    PL_EUTF8 = -6,  /* text that is not UTF-8 */
    PL_EOF = -7,    /* the input ended in the middle of something */
    PL_EAWAY = -8,  /* what it needs cannot be reached now; it may be tried again */
    PL_EINTR = -9,  /* interrupted by the user (Ctrl-C): nothing to explain */
};

struct err_text {
    char text[480];
};

/* Exit codes of every program: usage errors are told from failures, and both from a comparison that
 * worked and shows a change for the worse. */
enum { PL_EXIT_OK = 0, PL_EXIT_FAILURE = 1, PL_EXIT_USAGE = 2, PL_EXIT_WORSE = 3 };

/* A constant phrase for code (one of enum pl_err); never NULL. PL_ESYS: strerror(errno). */
const char *pl_strerror(int code);

/* Format the line into e (which may be NULL) and return code, so that
 * `return err_set(e, PL_EINVAL, "...")` is the whole error path. What it quotes may be anybody's:
 * the line is made safe to print (lib/base/visible.h). */
int err_set(struct err_text *e, int code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void err_set_v(struct err_text *e, const char *fmt, va_list ap)
    __attribute__((format(printf, 2, 0)));
