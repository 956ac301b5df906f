#include "lib/base/name.h"

bool name_valid(const char *text, size_t len)
{
    if (len == 0 || len > NAME_MAX_BYTES)
        return false;
    for (size_t i = 0; i < len; i++) {
        char c = text[i], lower = (char)(c | 0x20);

        if (!((lower >= 'a' && lower <= 'z') || (c >= '-' && c <= ':') || c == '_'))
            return false;
    }
    return true;
}
