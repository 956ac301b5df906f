#include "bench/result/disturbed.h"

#include <stdarg.h>
#include <stdio.h>

#include "bench/base/json.h"

bool disturbed_is(const cJSON *row)
{
    return cJSON_GetArraySize(json_at(row, "disturbed")) > 0;
}

void disturbed_add(cJSON *row, const char *fmt, ...)
{
    cJSON *reasons = cJSON_GetObjectItemCaseSensitive(row, "disturbed");
    char reason[300];
    va_list ap;

    if (reasons == NULL)
        reasons = cJSON_AddArrayToObject(row, "disturbed");
    va_start(ap, fmt);
    vsnprintf(reason, sizeof reason, fmt, ap);
    va_end(ap);
    json_append_text(reasons, reason);
}
