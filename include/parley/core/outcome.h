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
#include "parley/core/err.h"

struct audit_event;
struct ctx;

/* Bits: what there is more of now, so that who works on it looks at once and not at the end of a pause. */
enum outcome_topic {
    OUTCOME_MAIL = 1 << 0, /* mail to send, links to make for it */
    OUTCOME_DATA = 1 << 1, /* objects or rows to delete */
};

/* A user whose sessions, keys, role or state have changed. */
struct outcome_revocation {
    int64_t user_id;
    const struct outcome_revocation *next; /* the one before */
};

struct outcome {
    const struct audit_event *audited;        /* newest first; domain/record/audit.h adds */
    const struct outcome_revocation *revoked; /* newest first */
    unsigned topics;                          /* of enum outcome_topic */
};

/* What became of the transaction. */
enum outcome_commit {
    OUTCOME_COMMITTED,
    OUTCOME_UNKNOWN, /* ERR_COMMIT_UNKNOWN: it may have been */
};

/*
 * What is done after a commit; runtime puts it together. Runs on the thread that called db_run, outside of any transaction
 * and without a lock or a connection held, before db_run returns; so it may use the database. It must be quick: a request
 * waits for it. ctx's own outcome is empty while it runs.
 */
struct after_commit {
    void (*fn)(void *arg, struct ctx *ctx, const struct outcome *outcome, enum outcome_commit commit);
    void *arg;
};

/* Where ctx's outcome stands now, and back to it: what has been added since then is forgotten. One thread at a time. */
struct outcome outcome_mark(const struct ctx *ctx);
void outcome_undo(struct ctx *ctx, const struct outcome *mark);

/*
 * Inside the transaction that ends a user's sessions or changes their keys, role or state: after the commit this process
 * forgets at once what it remembers of the user's tokens; others do within CACHE_MAX_MS. ERR_NO_MEMORY.
 */
enum err outcome_revoke(struct ctx *ctx, int64_t user_id) MUST_CHECK;
/* Inside the transaction that makes work. */
void outcome_wake(struct ctx *ctx, enum outcome_topic topic);

/* Empties the outcome and hands what was in it to app->after_commit, where there is one. For db_run, after the commit. */
void outcome_settle(struct ctx *ctx, enum outcome_commit commit);

#endif
