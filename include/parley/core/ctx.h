/*
 * The two structures that are passed everywhere. struct app: the parts of the running process, put together once in
 * main.c and borrowed by all. struct ctx: what belongs to one request (or one job's step): its arena, its problem, its
 * transaction. A ctx is used by one thread at a time; the gate begins a request's, task.h whatever runs outside of one.
 */
#ifndef PARLEY_CORE_CTX_H
#define PARLEY_CORE_CTX_H

#include <stdint.h>

#include "parley/core/arena.h"
#include "parley/core/config.h"
#include "parley/core/ids.h"
#include "parley/core/problem.h"

struct db;
struct db_conn;
struct keys;
struct hasher;
struct hub;
struct ephemeral;
struct store;
struct mailer;
struct push;
struct ai_probe;
struct recorder;
struct bus;
struct keyed_cache;
struct principal;
struct stats_source;

/* ---- what a transaction leaves to be done: core/outcome.h ---- */

struct audit_event;
struct ctx;

/* Bits: what there is more of now, so that who works on it looks at once and not at the end of a pause. */
enum outcome_topic {
    OUTCOME_MAIL = 1 << 0,   /* mail to send, links to make for it */
    OUTCOME_DATA = 1 << 1,   /* objects or rows to delete */
    OUTCOME_EVENTS = 1 << 2, /* events to tell */
    OUTCOME_WORDS = 1 << 3,  /* texts whose words are to be found */
};

/* A user whose sessions, keys, role or state have changed. */
struct outcome_revocation {
    int64_t user_id;
    const struct outcome_revocation *next; /* the one before */
};

/* An answer that is to be written: a row of generations. */
struct outcome_answer {
    int64_t generation_id;
    const struct outcome_answer *next; /* the one before */
};

struct outcome {
    const struct audit_event *audited;        /* newest first; domain/record/audit.h adds */
    const struct outcome_revocation *revoked; /* newest first */
    const struct outcome_answer *answers;     /* newest first */
    unsigned topics;                          /* of enum outcome_topic */
    uint64_t events_due;       /* bits of kinds that the transaction has still to tell: db/transaction.h */
    const char *events_due_of; /* a statement that made one due, for the log; static */
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

/* ---- the two structures ---- */

struct app {
    struct config_box *config; /* the present snapshot; config_get */
    struct db *db;
    struct keys *keys;                /* signing keys */
    struct hasher *hasher;            /* password hashing threads */
    struct store *store;              /* objects */
    struct mailer *mailer;            /* NULL: no mail server is set */
    struct push *push;                /* to browsers; NULL: none are told (a subcommand) */
    struct ai_probe *ai_probe;        /* asks providers for their models; NULL: nobody does (a subcommand) */
    struct recorder *recorder;        /* writes answers; NULL: nobody answers (a subcommand) */
    struct bus *bus;                  /* wake-ups between processes */
    struct hub *hub;                  /* connections that wait; NULL: none may (a subcommand) */
    struct ephemeral *ephemeral;      /* who is there, and who types; NULL: nobody is told (a subcommand) */
    struct keyed_cache *cache;        /* verified tokens and live sessions, ≤ CACHE_MAX_MS old */
    struct keyed_cache *typing_cache; /* of whom it was told lately that they write */
    struct keyed_cache *access_cache; /* guesses at who may do what in a chat; NULL: none are made */
    struct keyed_cache *author_cache; /* what users were called last; NULL: nothing is remembered */
    const struct stats_source *stats; /* what /metrics shows: core/stats.h; NULL: nothing (a subcommand) */
    size_t stats_count;
    const struct after_commit *after_commit; /* NULL: nothing is done (a subcommand); core/outcome.h */
};

enum { REQUEST_ID_BYTES = 37 };

struct ctx {
    const struct app *app;
    const struct config *config; /* the snapshot that this request began with */
    struct arena *arena;
    struct problem *problem;
    struct db_conn *conn;          /* set inside db_run and db_read, else NULL; only db/ touches it */
    int64_t now_us;                /* wall clock at the start of the request */
    const struct principal *actor; /* who asks; NULL: nobody is signed in, or this is no request */
    struct str ip;                 /* of the client; absent where this is no request */
    struct outcome outcome;        /* what the transaction leaves to be done; empty outside of one */
    char request_id[REQUEST_ID_BYTES];
    uint32_t statement_count;
};

/*
 * Begins a ctx in the caller's storage: the present configuration (held until ctx_end), the time, everything else empty.
 * app, arena and problem (an empty one) are borrowed for as long as the ctx is used. Any thread.
 */
void ctx_begin(struct ctx *ctx, const struct app *app, struct arena *arena, struct problem *problem);
/* Lets go of the configuration; the rest can still be read (for the log). Once more, or on a zeroed one, does nothing. */
void ctx_end(struct ctx *ctx);

/* return fail(ctx, ERR_X): the error with its own sentence; failf: with a detail (never with the client's bytes). */
#define fail(ctx, err) problem_fail((ctx)->problem, (ctx)->arena, (err), NULL)
#define failf(ctx, err, ...) problem_fail((ctx)->problem, (ctx)->arena, (err), __VA_ARGS__)

#endif
