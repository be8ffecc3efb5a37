/* Other web apps' right to call the API from a browser (Fetch standard, CORS protocol): ALLOWED_ORIGINS. */
#ifndef PARLEY_APP_GATE_CORS_H
#define PARLEY_APP_GATE_CORS_H

#include "parley/core/ctx.h"
#include "parley/gate/dialect.h"
#include "parley/gate/route.h"
#include "parley/http/reply.h"
#include "parley/http/request.h"

enum { CORS_METHODS_ALL = 1 << GET | 1 << HEAD | 1 << POST | 1 << PUT | 1 << PATCH | 1 << DELETE };

/* Headers of every answer. */
void cors_headers(const struct ctx *ctx, const struct http_request *req, struct reply *reply);
/*
 * What needs no credential needs no preflight either, so a page of any site could send it from its visitor's browser, and
 * use up the first set-up of a server in the visitor's network: ERR_CROSS_SITE for what changes something without a
 * credential (a signed address is one). Ours are the origins of PUBLIC_URL, of the name under which the request came, and
 * those that are allowed. Browsers that leave Origin out say it in Sec-Fetch-Site (W3C Fetch Metadata); who says neither
 * is no browser.
 */
enum err cors_cross_site_check(struct ctx *ctx, const struct call *call) MUST_CHECK;
/* This server's own: of PUBLIC_URL, or of the name under which the request came. */
bool cors_is_own(const struct ctx *ctx, const struct http_request *req, struct str origin);
/* The answer to OPTIONS: 204 with Allow, and what a browser asks for before it sends. methods: bits 1 << enum method. */
void cors_preflight(const struct ctx *ctx, const struct http_request *req, unsigned methods,
                    const struct dialects *dialects, struct reply *reply);
/*
 * Does a page that may call us ask whether it may send? For a path that is none the answer is yes, too (CORS_METHODS_ALL): what
 * it sends then gets a 404 that the page can read, where a refused question would be a network error to it.
 */
bool cors_is_preflight(const struct ctx *ctx, const struct http_request *req);
/* "GET, HEAD, POST", in the arena. */
const char *cors_methods(struct arena *a, unsigned methods);

#endif
