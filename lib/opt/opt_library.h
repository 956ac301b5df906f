/* Rows of struct opt_library, one for each library that a program may be linked with. What a row
 * names is declared by the library's own header, which whoever uses the row includes. */
#pragma once

#include <string.h>

#include "lib/opt/opt.h"

#define OPT_LIBRARY_TEXT(x)   #x
#define OPT_LIBRARY_NUMBER(x) OPT_LIBRARY_TEXT(x) /* what the macro x stands for */
#define OPT_LIBRARY_NUMBERS(a, b, c)                                                               \
    OPT_LIBRARY_NUMBER(a) "." OPT_LIBRARY_NUMBER(b) "." OPT_LIBRARY_NUMBER(c)

/* <event2/event.h>, <openssl/crypto.h> and <openssl/opensslv.h>, <cjson/cJSON.h>, <zlib.h> */
#define OPT_LIBEVENT                                                                               \
    {                                                                                              \
        "libevent", LIBEVENT_VERSION, event_get_version()                                          \
    }
#define OPT_OPENSSL                                                                                \
    {                                                                                              \
        "OpenSSL", OPENSSL_VERSION_STR, OpenSSL_version(OPENSSL_VERSION_STRING)                    \
    }
#define OPT_CJSON                                                                                  \
    {                                                                                              \
        "cJSON",                                                                                   \
            OPT_LIBRARY_NUMBERS(CJSON_VERSION_MAJOR, CJSON_VERSION_MINOR, CJSON_VERSION_PATCH),    \
            cJSON_Version()                                                                        \
    }
#define OPT_ZLIB                                                                                   \
    {                                                                                              \
        "zlib", ZLIB_VERSION, zlibVersion()                                                        \
    }
/* <gsl/gsl_version.h> */
#define OPT_GSL                                                                                    \
    {                                                                                              \
        "GSL", GSL_VERSION, gsl_version                                                            \
    }
/* <llhttp.h> and <hiredis/hiredis.h>: they don't say what they are when they run */
#define OPT_LLHTTP                                                                                 \
    {                                                                                              \
        "llhttp",                                                                                  \
            OPT_LIBRARY_NUMBERS(LLHTTP_VERSION_MAJOR, LLHTTP_VERSION_MINOR, LLHTTP_VERSION_PATCH), \
            NULL                                                                                   \
    }
#define OPT_HIREDIS                                                                                \
    {                                                                                              \
        "hiredis", OPT_LIBRARY_NUMBERS(HIREDIS_MAJOR, HIREDIS_MINOR, HIREDIS_PATCH), NULL          \
    }

/* The function that opt_program.libraries takes, of these rows. */
#define OPT_LIBRARIES(function, ...)                                                               \
    static void function(struct opt_library *out)                                                  \
    {                                                                                              \
        const struct opt_library all[] = {__VA_ARGS__};                                            \
                                                                                                   \
        memcpy(out, all, sizeof all);                                                              \
    }
