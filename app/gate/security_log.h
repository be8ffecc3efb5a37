/* The security events of a request, as lines of the log. */
#ifndef PARLEY_APP_GATE_SECURITY_LOG_H
#define PARLEY_APP_GATE_SECURITY_LOG_H

#include "parley/core/ctx.h"

/* One line for each event in ctx->audited, at the level that the table of actions gives it. */
void security_log(const struct ctx *ctx);

#endif
