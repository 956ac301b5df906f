/* The one error idiom: functions return 0 (or a count) or a negative enum lab_err.
 *
 * Lower layers return; they do not print. Where a person must be told which option or
 * file was wrong, the function also takes a struct err_text and fills it with one line
 * ("--rate: 'fast' is not a number; accepted: 0 to 1000000"); main() prints it once.
 */
#ifndef PUSHLAB_ERR_H
#define PUSHLAB_ERR_H

enum lab_err {
    LAB_OK = 0,
    LAB_ENOMEM = -1, /* out of memory */
    LAB_ESYS = -2,   /* a system call failed: errno says why */
    LAB_EPROTO = -3, /* the peer broke the protocol */
    LAB_ELIMIT = -4, /* a configured limit was passed */
    LAB_EINVAL = -5, /* an option, a file or an argument is wrong */
    LAB_EUTF8 = -6,  /* text that is not UTF-8 */
    LAB_EOF = -7,    /* the input ended in the middle of something */
    LAB_EAWAY = -8,  /* what it needs can't be reached now: it may be tried again */
};

struct err_text {
    char text[320];
};

/* Exit codes of every program: usage errors are told from failures. */
enum { LAB_EXIT_OK = 0, LAB_EXIT_FAILURE = 1, LAB_EXIT_USAGE = 2 };

/* A constant phrase for code (one of enum lab_err); never NULL. LAB_ESYS: strerror(errno). */
const char *lab_strerror(int code);

/* Format the line into e (which may be NULL) and return code, so that
 * `return err_set(e, LAB_EINVAL, "...")` is the whole error path. */
int err_set(struct err_text *e, int code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif
