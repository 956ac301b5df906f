/* The JSON Schema (2020-12) of run.json, made from the tables of metrics, scenario keys and
 * transports: what every run of this version has, and the type of each figure. It allows more than
 * it names: newer versions of one schema number add members. */
#pragma once

#include <cjson/cJSON.h>

/* A new object, the caller's. */
cJSON *run_schema(void);
