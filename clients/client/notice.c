#include "clients/client/notice.h"

#include <stdbool.h>
#include <string.h>

static bool scan_value(uint64_t *out, const char *text, size_t len)
{
    uint64_t value = 0;

    if (len == 0)
        return false;
    for (size_t i = 0; i < len; i++) {
        unsigned digit = (unsigned)(text[i] - '0');

        if (digit > 9 || value > (UINT64_MAX - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    *out = value;
    return true;
}

struct notice notice_scan(const char *text, size_t len)
{
    static const struct {
        const char *head;
        enum notice_kind kind;
    } forms[] = {{"{\"hello\":", NOTICE_HELLO}, {"{\"missed\":", NOTICE_MISSED}};
    struct notice n = {NOTICE_NONE, 0};

    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        size_t head_len = strlen(forms[i].head);

        if (len < head_len + 2 || memcmp(text, forms[i].head, head_len) != 0)
            continue;
        if (text[len - 1] == '}' && scan_value(&n.value, text + head_len, len - head_len - 1))
            n.kind = forms[i].kind;
        return n;
    }
    return n;
}
