/* Errors as answers: RFC 9457 application/problem+json. */
#ifndef PARLEY_APP_GATE_PROBLEM_REPLY_H
#define PARLEY_APP_GATE_PROBLEM_REPLY_H

#include "parley/core/ctx.h"
#include "parley/http/reply.h"

/*
 * Replaces whatever the reply holds by the problem: status, body, WWW-Authenticate with 401, Retry-After where trying
 * again later helps. The detail and the faults are those in ctx->problem where it is about this error.
 */
void problem_reply(struct ctx *ctx, enum err err, struct reply *reply);

#endif
