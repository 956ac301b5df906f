/* What the server answers besides updates: one table, one file per endpoint. */
#ifndef PUSHLAB_ENDPOINTS_H
#define PUSHLAB_ENDPOINTS_H

#include "servers/route.h"

extern const struct route endpoints[]; /* ends with path NULL */

void endpoint_page(struct peer *p, const struct http_request *req);
void endpoint_publish(struct peer *p, const struct http_request *req);
void endpoint_stats(struct peer *p, const struct http_request *req);
void endpoint_metrics(struct peer *p, const struct http_request *req);
void endpoint_time(struct peer *p, const struct http_request *req);
void endpoint_healthz(struct peer *p, const struct http_request *req);
void endpoint_echo(struct peer *p, const struct http_request *req);
void endpoint_control(struct peer *p, const struct http_request *req);
void endpoint_pages(struct peer *p, const struct http_request *req);

#endif
