/*
 * Rate limits. Each class of route has a bucket of tokens for every principal, or, where nobody is signed in, for every
 * address; a request takes one. Figures are settings, taken again on SIGHUP; RATE_LIMIT=off switches all of it off.
 *
 * Credentials that fail are counted separately, so that guessing is stopped before hashing takes the processors:
 *
 *   token    a request with a token or key that is not (or no longer) good takes one of RATE_CREDENTIAL a minute of its
 *            address; when there is none left the answer is 429. A good credential is never refused for that, or
 *            one client could lock out all others behind the same address.
 *   guess    on routes of the class RATE_CREDENTIAL a token of the address (RATE_CREDENTIAL a minute) and, where an
 *            account is named, of the account (RATE_CREDENTIAL_ACCOUNT a minute) is taken before anything is hashed, and
 *            given back when the credential was right. However many arrive at once, no more are tried than there are tokens.
 *   mail     on routes of the class RATE_MAIL such a token is taken and not given back.
 *   account  so a single address has RATE_CREDENTIAL guesses a minute at an account, and all addresses together have
 *            RATE_CREDENTIAL_ACCOUNT. The latter does not hold for an address from which somebody has signed in to this
 *            account within 30 days: guessing at an account from many places does not lock its owner out.
 *
 * In the process (rate_table.h), and through Redis for all processes where it is set: a bucket's first token, and then each
 * thirty-second part of the bucket, is synchronised there, so that requests cost few round trips, and n processes together give
 * out at most n/32 more than a bucket holds (buckets of fewer than 64 are synchronised token by token). Without Redis each process
 * counts for itself, and knows who has signed in where as long as it runs. Any thread.
 */
#ifndef PARLEY_APP_GATE_LIMITER_H
#define PARLEY_APP_GATE_LIMITER_H

#include "parley/core/ctx.h"
#include "parley/gate/route.h"
#include "parley/http/reply.h"
#include "rate_key.h"

struct limiter;

/* NULL without memory. */
struct limiter *limiter_new(void);
void limiter_free(struct limiter *limiter);

/* The bucket that decided, as the headers of the reply show it. */
struct limiter_quota {
    int64_t limit; /* tokens of a full bucket; 0: no limit applies */
    int64_t remaining;
    int64_t until_full_us;
};

/* What is asked for. */
struct limiter_asked {
    enum rate class;
    struct str token; /* RATE_HOOK: the one in the path, good or not */
};
/*
 * One request of ctx->actor, or of ctx->ip where nobody is signed in; in the class RATE_HOOK, of the token. ERR_RATE_LIMITED
 * with the time to wait.
 */
enum err limiter_request(struct limiter *limiter, struct ctx *ctx, const struct limiter_asked *asked,
                         struct limiter_quota *ret_quota) MUST_CHECK;
/* Gives back what limiter_request has taken for the same: the request itself comes later, and takes one. */
void limiter_request_undo(struct limiter *limiter, const struct ctx *ctx, const struct limiter_asked *asked);

/* Counts a token or key that failed. ERR_RATE_LIMITED: answer with that; else ERR_OK. */
enum err limiter_bad_token(struct limiter *limiter, struct ctx *ctx, struct limiter_quota *ret_quota) MUST_CHECK;

/* Do routes of the class try a credential, or count as if they did? */
bool limiter_is_guess(enum rate class);
/* A credential that is being tried. */
struct limiter_guess {
    struct str account; /* the e-mail address that it is for, normalised; absent: none is named */
    int account_count;  /* tokens of the account that are taken for it */
};
/* Before. ERR_RATE_LIMITED: it may not be tried. Without limiter_guess_end it counts as one that failed. */
enum err limiter_guess_begin(struct limiter *limiter, struct ctx *ctx, struct limiter_guess *guess,
                             struct limiter_quota *ret_quota) MUST_CHECK;
/* Afterwards. outcome: what the handler said of it. */
void limiter_guess_end(struct limiter *limiter, struct ctx *ctx, const struct limiter_guess *guess, enum err outcome);

/* RateLimit-Limit, -Remaining and -Reset (seconds until the bucket is full); nothing where no limit applies. */
void limiter_headers(const struct ctx *ctx, const struct limiter_quota *quota, struct reply *reply);

#endif
