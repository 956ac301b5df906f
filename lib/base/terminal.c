#include "lib/base/terminal.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/ioctl.h>

size_t terminal_columns(FILE *stream)
{
    struct winsize size = {0};

    return ioctl(fileno(stream), TIOCGWINSZ, &size) < 0 ? 0 : size.ws_col;
}

size_t terminal_width(FILE *stream)
{
    const char *text = getenv("COLUMNS");
    long wanted = text != NULL ? strtol(text, NULL, 10) : 0;
    size_t width = wanted >= TERMINAL_WIDTH_MIN ? (size_t)wanted : terminal_columns(stream);

    if (width == 0)
        width = TERMINAL_WIDTH_USUAL;
    return width < TERMINAL_WIDTH_MAX ? width : TERMINAL_WIDTH_MAX;
}

bool terminal_rewrites(FILE *stream)
{
    const char *term = getenv("TERM");

    return term != NULL && term[0] != '\0' && strcmp(term, "dumb") != 0 &&
           isatty(fileno(stream)) == 1;
}

bool terminal_wants_colour(FILE *stream)
{
    const char *no_color = getenv("NO_COLOR");

    return (no_color == NULL || no_color[0] == '\0') && terminal_rewrites(stream);
}
