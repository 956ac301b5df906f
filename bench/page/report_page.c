#include "bench/page/report_page.h"

#include "bench/page/html.h"
#include "lib/proto/transport_info.h"

/* One palette for everything: the rows' colours come from the transports' table. */
static void put_colours(struct writer *w)
{
    for (size_t i = 0; i < TRANSPORT_COUNT; i++)
        writer_printf(w, ".t-%s{--c:#%06x}\n", transport_names[i],
                      (unsigned)transport_infos[i].rgb);
    writer_puts(w, ".t-other{--c:#77797d}\n");
}

void report_page_open(struct writer *w, const char *title, const char *css)
{
    writer_puts(w, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                   "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                   "<meta name=\"color-scheme\" content=\"light dark\">\n"
                   "<meta name=\"generator\" content=\"pushlab " PUSHLAB_VERSION "\">\n<title>");
    html_text(w, title);
    writer_puts(w, " – pushlab</title>\n<style>\n");
    writer_puts(w, css);
    put_colours(w);
}

void report_page_body(struct writer *w)
{
    writer_puts(w, "</style>\n</head>\n<body>\n");
}

void report_page_close(struct writer *w, const char *version)
{
    writer_puts(w, "<footer><p>Written by pushlab ");
    html_text(w, version);
    writer_puts(w, ". This file needs nothing but itself.</p></footer>\n</body>\n</html>\n");
}
