#include "bench/base/json.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench/base/file.h"
#include "lib/base/json_line.h"
#include "lib/base/utf8.h"
#include "lib/base/visible.h"

/* What stands at at, as a message quotes it: one line, without what a terminal would obey. */
static void quote(char *out, size_t cap, const char *at, const char *end)
{
    size_t n = 0;

    while (at + n < end && n + 1 < cap && at[n] != '\n' && at[n] != '\r') {
        out[n] = (unsigned char)at[n] < 0x20 || (unsigned char)at[n] >= 0x7f ? '?' : at[n];
        n++;
    }
    out[n] = '\0';
}

static int error_at(const char *name, const char *text, size_t len,
                    const struct json_line_fault *fault, struct err_text *e)
{
    size_t line = 1, column = 1;
    char found[32];

    for (const char *p = text; p < fault->at; p++) {
        column = *p == '\n' ? 1 : column + ((*p & 0xc0) != 0x80);
        line += *p == '\n';
    }
    quote(found, sizeof found, fault->at, text + len);
    if (found[0] == '\0')
        return err_set(e, PL_EINVAL, "%s:%zu:%zu: not valid JSON: expected %s before the end", name,
                       line, column, fault->expected);
    return err_set(e, PL_EINVAL, "%s:%zu:%zu: not valid JSON: expected %s before '%s'", name, line,
                   column, fault->expected, found);
}

/* Depth is bounded by cJSON (CJSON_NESTING_LIMIT). */
void json_clean(cJSON *item)
{
    cJSON *child;

    if (item == NULL)
        return;
    if (item->string != NULL)
        visible_make(item->string);
    if (cJSON_IsString(item))
        visible_make(item->valuestring);
    cJSON_ArrayForEach(child, item)
    {
        json_clean(child);
    }
}

int json_parse(cJSON **out, const char *name, const char *text, size_t len, struct err_text *e)
{
    struct json_line_fault fault;
    char *compact = malloc(len + 1);
    ssize_t n = compact == NULL ? PL_ENOMEM : json_line_check(compact, text, len, &fault);

    free(compact);
    *out = NULL;
    if (n < 0 && n != PL_ENOMEM)
        return error_at(name, text, len, &fault, e);
    if (n > 0)
        *out = cJSON_ParseWithLengthOpts(text, len + 1, NULL, true);
    return *out != NULL ? PL_OK : err_set(e, PL_ENOMEM, "%s: %s", name, pl_strerror(PL_ENOMEM));
}

int json_read_file(cJSON **out, const char *path, size_t max_bytes, struct err_text *e)
{
    struct buf text = {0};
    int rc = file_read(&text, path, max_bytes, e);

    *out = NULL;
    if (rc == PL_OK)
        rc = json_parse(out, path, (const char *)text.data, text.len, e);
    buf_free(&text);
    return rc;
}

const cJSON *json_at(const cJSON *root, const char *path)
{
    char name[64];

    while (root != NULL && *path != '\0') {
        size_t len = strcspn(path, ".");

        if (len >= sizeof name)
            return NULL;
        memcpy(name, path, len);
        name[len] = '\0';
        root = cJSON_GetObjectItemCaseSensitive(root, name);
        path += len + (path[len] == '.');
    }
    return root;
}

double json_number(const cJSON *root, const char *path)
{
    const cJSON *item = json_at(root, path);

    return cJSON_IsNumber(item) ? item->valuedouble : NAN;
}

const char *json_text(const cJSON *root, const char *path)
{
    const cJSON *item = json_at(root, path);

    return cJSON_IsString(item) ? item->valuestring : "";
}

bool json_true(const cJSON *root, const char *path)
{
    return cJSON_IsTrue(json_at(root, path));
}

void json_add_number(cJSON *object, const char *name, double value)
{
    char text[40];

    if (!isfinite(value)) {
        cJSON_AddNullToObject(object, name);
        return;
    }
    if (value != trunc(value) || fabs(value) > 9e15) {
        snprintf(text, sizeof text, "%.6g", value);
        value = strtod(text, NULL);
    }
    cJSON_AddNumberToObject(object, name, value);
}

/* A copy of text with every byte that breaks UTF-8 replaced. NULL when out of memory. */
static char *utf8_copy(const char *text)
{
    char *copy = strdup(text);
    struct utf8 state = {0};
    size_t start = 0; /* of the code point being read */

    for (size_t i = 0; copy != NULL && copy[i] != '\0'; i++) {
        bool ok = utf8_feed(&state, (const uint8_t *)copy + i, 1);

        if (!ok || (copy[i + 1] == '\0' && !utf8_done(&state))) {
            copy[start] = '?';
            i = start; /* what followed the bad byte is read again */
            state = (struct utf8){0};
        }
        if (utf8_done(&state))
            start = i + 1;
    }
    return copy;
}

void json_add_text(cJSON *object, const char *name, const char *text)
{
    char *copy = utf8_copy(text);

    cJSON_AddStringToObject(object, name, copy != NULL ? copy : "");
    free(copy);
}

void json_append_text(cJSON *array, const char *text)
{
    char *copy = utf8_copy(text);

    cJSON_AddItemToArray(array, cJSON_CreateString(copy != NULL ? copy : ""));
    free(copy);
}

void json_add_words(cJSON *object, const char *name, char *const *words, size_t n)
{
    cJSON *array = cJSON_AddArrayToObject(object, name);

    for (size_t i = 0; i < n; i++)
        json_append_text(array, words[i]);
}

cJSON *json_object(const char *members, ...)
{
    cJSON *object = cJSON_CreateObject();
    char name[64];
    va_list ap;

    va_start(ap, members);
    for (size_t len; *members != '\0'; members += len + 2 + (members[len + 2] == ' ')) {
        len = strcspn(members, ":");
        snprintf(name, sizeof name, "%.*s", (int)len, members);
        switch (members[len + 1]) {
        case 's':
            json_add_text(object, name, va_arg(ap, const char *));
            break;
        case 'd':
            cJSON_AddNumberToObject(object, name, va_arg(ap, int));
            break;
        case 'n':
            json_add_number(object, name, va_arg(ap, double));
            break;
        case 'b':
            cJSON_AddBoolToObject(object, name, va_arg(ap, int));
            break;
        default:
            if (!cJSON_AddItemReferenceToObject(object, name, va_arg(ap, cJSON *)))
                cJSON_AddNullToObject(object, name);
            break;
        }
    }
    va_end(ap);
    return object;
}

cJSON *json_time_now(void)
{
    char text[32];
    time_t now = time(NULL);
    struct tm utc;

    gmtime_r(&now, &utc);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
    return cJSON_CreateString(text);
}

void json_append_printf(cJSON *array, const char *fmt, ...)
{
    char text[640];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    json_append_text(array, text);
}

bool json_any_quotes(const cJSON *array, const char *text)
{
    const cJSON *item;

    cJSON_ArrayForEach(item, array)
    {
        if (cJSON_IsString(item) && strstr(item->valuestring, text) != NULL)
            return true;
    }
    return false;
}

void json_append_count(cJSON *array, const cJSON *o, const char *path, const char *one,
                       const char *many)
{
    double n = json_number(o, path);

    if (n > 0)
        json_append_printf(array, "%.0f %s", n, n == 1 ? one : many);
}

static bool is_time(const char *name)
{
    size_t len = strlen(name);

    return len > 3 && strcmp(name + len - 3, "_ns") == 0;
}

void json_sum(cJSON *into, const cJSON *more)
{
    cJSON *item;

    cJSON_ArrayForEach(item, into)
    {
        const cJSON *other = cJSON_GetObjectItemCaseSensitive(more, item->string);

        if (cJSON_IsNumber(item) && cJSON_IsNumber(other) && !is_time(item->string))
            cJSON_SetNumberHelper(item, item->valuedouble + other->valuedouble);
        else if (cJSON_IsObject(item) && cJSON_IsObject(other))
            json_sum(item, other);
    }
}
