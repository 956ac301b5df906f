/* The files of the live page (servers/web/), put into the program by servers/web/embed.sh. */
#pragma once

#include <stddef.h>

struct web_asset {
    const char *path; /* "/", "/web/style.css" */
    const char *type; /* Content-Type */
    const char *etag; /* with its quotes; of the content */
    const unsigned char *data;
    size_t len;
};

extern const struct web_asset web_assets[]; /* last: path NULL */
