/* Security events as lines of the log, for those who watch it. Part of what is done after a commit. */
#ifndef PARLEY_DOMAIN_SECURITY_LOG_H
#define PARLEY_DOMAIN_SECURITY_LOG_H

#include "parley/core/ctx.h"

/*
 * One line for each event of the outcome, in the order in which they were audited, at the level that the table of actions
 * gives it. With `commit` OUTCOME_UNKNOWN each says outcome "unknown": it may have happened. Any thread.
 */
void security_log(const struct ctx *ctx, const struct outcome *outcome, enum outcome_commit commit);

#endif
