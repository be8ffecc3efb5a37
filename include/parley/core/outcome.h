/*
 * What a transaction leaves to be done once it is surely committed: security events to log, users whose remembered tokens
 * are to be forgotten, workers to wake. Domain code adds to it inside the transaction and does nothing after it; db_run
 * takes back what belongs to a run that is rolled back or repeated, and hands the rest to app->after_commit. Everything in
 * it is in the arena of its ctx, and nothing in it is ever changed, so that a copy of the struct is a mark to go back to.
 */
#ifndef PARLEY_CORE_OUTCOME_H
#define PARLEY_CORE_OUTCOME_H

#include <stdint.h>

#include "parley/core/attrs.h"
#include "parley/core/ctx.h"
#include "parley/core/err.h"

/* Where ctx's outcome stands now, and back to it: what has been added since then is forgotten. One thread at a time. */
struct outcome outcome_mark(const struct ctx *ctx);
void outcome_undo(struct ctx *ctx, const struct outcome *mark);

/*
 * Inside the transaction that ends a user's sessions or changes their keys, role or state: after the commit this process
 * forgets at once what it remembers of the user's tokens; others do within CACHE_MAX_MS. ERR_NO_MEMORY.
 */
enum err outcome_revoke(struct ctx *ctx, int64_t user_id) MUST_CHECK;
/* Inside the transaction that asks for an answer: after the commit this process begins to write it. ERR_NO_MEMORY. */
enum err outcome_answer(struct ctx *ctx, int64_t generation_id) MUST_CHECK;
/* Inside the transaction that makes work. */
void outcome_wake(struct ctx *ctx, enum outcome_topic topic);

/* Empties the outcome and hands what was in it to app->after_commit, where there is one. For db_run, after the commit. */
void outcome_settle(struct ctx *ctx, enum outcome_commit commit);

#endif
