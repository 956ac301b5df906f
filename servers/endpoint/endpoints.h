/* What the server answers besides updates: one function per path (servers/route.c), each answers
 * the request before it returns or, after POST /publish, when the post is numbered. */
#pragma once

#include "servers/http/http_session.h"

void endpoint_page(struct peer *p, const struct http_request *req);
void endpoint_publish(struct peer *p, const struct http_request *req);
void endpoint_stats(struct peer *p, const struct http_request *req);
void endpoint_metrics(struct peer *p, const struct http_request *req);
void endpoint_time(struct peer *p, const struct http_request *req);
void endpoint_healthz(struct peer *p, const struct http_request *req);
void endpoint_echo(struct peer *p, const struct http_request *req);
/* With --demo only. */
void endpoint_control(struct peer *p, const struct http_request *req);
void endpoint_pages(struct peer *p, const struct http_request *req);
