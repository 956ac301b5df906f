/* Masked output, which can be compared: fixed values for what differs from one exchange to the
 * next. Keys are not masked: the client uses known ones instead. */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "bench/explain/annotate/explain_parts.h"

static const char time_key[] = "\"t\":", any_time[] = "81234567890123";
static const char any_date[] = "Sun, 06 Nov 1994 08:49:37 GMT"; /* RFC 9110 §5.6.7 */

static size_t count_digits(const uint8_t *at, const uint8_t *end)
{
    size_t n = 0;

    while (at + n < end && isdigit(at[n]))
        n++;
    return n;
}

int explain_mask_times(const struct explain_side *s, struct buf *text)
{
    const uint8_t *at = text->data, *end = at + text->len, *found;
    struct buf masked = {0};
    int rc = PL_OK;

    if (!s->c->x->options.mask || text->len == 0)
        return PL_OK;
    while (rc == PL_OK &&
           (found = memmem(at, (size_t)(end - at), time_key, sizeof time_key - 1)) != NULL) {
        found += sizeof time_key - 1;
        rc = buf_add(&masked, at, (size_t)(found - at));
        at = found + count_digits(found, end);
        if (rc == PL_OK && at > found)
            rc = buf_add(&masked, any_time, sizeof any_time - 1);
    }
    if (rc == PL_OK)
        rc = buf_add(&masked, at, (size_t)(end - at));
    if (rc < 0) {
        buf_free(&masked);
        return s->c->x->notes->rc = rc;
    }
    buf_free(text);
    *text = masked;
    return PL_OK;
}

/* The length of updates varies: now and then a number has one digit more. */
static bool is_length_of_update(const struct explain_side *s, const char *name)
{
    const char *type = http_message_field(&s->http.msg, "Content-Type");

    return !s->up && s->http.msg.status == 200 && strcasecmp(name, "Content-Length") == 0 &&
           type != NULL && strcasecmp(type, "application/json") == 0;
}

int explain_put_value(const struct explain_side *s, struct buf *out, const char *name,
                      const char *value)
{
    const char *colon = strrchr(value, ':');

    if (!s->c->x->options.mask)
        return buf_printf(out, "%s", value);
    if (strcasecmp(name, "Date") == 0)
        return buf_printf(out, "%s", any_date);
    if (strcasecmp(name, "Host") == 0 && colon != NULL)
        return buf_printf(out, "%.*s:PORT", (int)(colon - value), value);
    if (is_length_of_update(s, name))
        return buf_printf(out, "LENGTH");
    return buf_printf(out, "%s", value);
}
