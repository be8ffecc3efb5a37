/* Errors as answers: RFC 9457 application/problem+json, or what a dialect has in its place. */
#ifndef PARLEY_APP_GATE_PROBLEM_REPLY_H
#define PARLEY_APP_GATE_PROBLEM_REPLY_H

#include "parley/core/ctx.h"
#include "parley/http/reply.h"
#include "router.h"

/*
 * Replaces whatever the reply holds by the problem: status, body, WWW-Authenticate with 401, Retry-After where trying
 * again later helps. The detail and the faults are those in ctx->problem where it is about this error.
 *   match  as far as the route was found; says the dialect
 */
void problem_reply(struct ctx *ctx, const struct route_match *match, enum err e, struct reply *reply);

#endif
