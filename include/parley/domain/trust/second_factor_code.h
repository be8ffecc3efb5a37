/*
 * Proof of the second factor: a code of the authenticator, or a recovery code in its place. What is right is spent in the
 * same step, so it opens one door once; what is wrong counts against the user, wherever it comes from, and
 * SECOND_FACTOR_WRONG_MAX of them lock the authenticator's codes for SECOND_FACTOR_LOCK_S. While locked, no code of the
 * authenticator is looked at, so further ones neither count nor lengthen the lock; recovery codes still open.
 */
#ifndef PARLEY_DOMAIN_SECOND_FACTOR_CODE_H
#define PARLEY_DOMAIN_SECOND_FACTOR_CODE_H

#include "parley/auth/totp.h"
#include "parley/core/ctx.h"
#include "parley/core/str.h"
#include "parley/domain/people/user.h"

/* As typed; exactly one of them is there. */
struct second_factor_code {
    struct str code;
    struct str recovery_code;
};

enum code_outcome {
    CODE_ACCEPTED,     /* and spent */
    CODE_WRONG,        /* and counted */
    CODE_USED,         /* right, but spent before: told as wrong, but not counted, since it is no guess */
    CODE_LOCKED,       /* not looked at */
    CODE_NOT_REQUIRED, /* the user has no second factor */
};

/* ERR_INVALID unless exactly one of the two is there. */
enum err second_factor_code_check(struct ctx *ctx, const struct second_factor_code *code) MUST_CHECK;

/*
 * Checks and consumes. Inside db_run, the user's row locked; the transaction must be committed whatever the outcome, for
 * the count. ERR_UNAVAILABLE: this host cannot open the user's secret (its sealing key is another).
 *   ret_retry_after_s  CODE_LOCKED: until the lock ends
 */
enum err second_factor_code_consume(struct ctx *ctx, const struct user *user, const struct second_factor_code *code,
                                    enum code_outcome *ret_outcome, int *ret_retry_after_s) MUST_CHECK;

/* The secret of a user from its row, to be wiped by the caller. ERR_UNAVAILABLE as above. */
enum err second_factor_code_open_secret(struct ctx *ctx, const struct uuid *user, struct str sealed,
                                        uint8_t ret_secret[TOTP_SECRET_BYTES]) MUST_CHECK;

/*
 * ERR_OK for CODE_ACCEPTED; otherwise the error that tells the outcome, written into the problem. `wrong`: which one tells
 * of a wrong code (ERR_CODE_WRONG where somebody signs in, ERR_CODE_REFUSED where somebody is signed in).
 */
enum err second_factor_code_report(struct ctx *ctx, enum code_outcome outcome, int retry_after_s,
                                   enum err wrong) MUST_CHECK;

#endif
