/* Other web apps' right to call the API from a browser (Fetch standard, CORS protocol): ALLOWED_ORIGINS. */
#ifndef PARLEY_APP_GATE_CORS_H
#define PARLEY_APP_GATE_CORS_H

#include "parley/core/ctx.h"
#include "parley/gate/dialect.h"
#include "parley/http/reply.h"
#include "parley/http/request.h"

/* Headers of every answer. */
void cors_headers(const struct ctx *ctx, const struct http_request *req, struct reply *reply);
/* The answer to OPTIONS: 204 with Allow, and what a browser asks for before it sends. methods: bits 1 << enum method. */
void cors_preflight(const struct ctx *ctx, const struct http_request *req, unsigned methods,
                    const struct dialects *dialects, struct reply *reply);
/* "GET, HEAD, POST", in the arena. */
const char *cors_methods(struct arena *a, unsigned methods);

#endif
