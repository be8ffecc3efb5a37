/*
 * The second factor of a user: an authenticator that makes codes (TOTP, RFC 6238), and ten recovery codes for the day on
 * which it is lost. It is set up, then switched on by showing a first code; from then on a password alone signs nobody in
 * (account.h), and changing anything about it needs a fresh code (second_factor_code.h).
 *
 * Every function here: any thread, outside of db_run unless said; errors besides those named: what db_run returns.
 */
#ifndef PARLEY_DOMAIN_SECOND_FACTOR_H
#define PARLEY_DOMAIN_SECOND_FACTOR_H

#include "parley/core/ctx.h"
#include "parley/core/ids.h"
#include "parley/core/list.h"
#include "parley/core/str.h"
#include "parley/domain/record/principal.h"
#include "parley/domain/trust/second_factor_code.h"

/* For the authenticator, shown once. Texts in the request arena. */
struct second_factor_setup {
    struct str secret;           /* base32, to be typed */
    struct str provisioning_uri; /* otpauth://… */
    struct str qr_svg;           /* the same as a QR code */
};

/*
 * Makes a secret for the caller, in the place of one that was never switched on. Nothing is asked for at sign-in yet.
 * ERR_SECOND_FACTOR_ON: there is one already.
 */
enum err second_factor_setup(struct ctx *ctx, const struct principal *principal,
                             struct second_factor_setup *ret_setup) MUST_CHECK;

/*
 * Switches the caller's second factor on by a first code, which is used up. *ret_codes: the recovery codes (struct str),
 * which are told this once. ERR_SECOND_FACTOR_UNSET, ERR_SECOND_FACTOR_ON, ERR_CODE_REFUSED.
 */
enum err second_factor_verify(struct ctx *ctx, const struct principal *principal, struct str code,
                              struct list *ret_codes) MUST_CHECK;

/*
 * Switches it off. ERR_SECOND_FACTOR_OFF: there is none; ERR_CODE_REFUSED, ERR_LOCKED; ERR_INVALID: not exactly one of the
 * two codes.
 */
enum err second_factor_disable(struct ctx *ctx, const struct principal *principal,
                               const struct second_factor_code *code) MUST_CHECK;
/* New recovery codes; the old ones are dead. Errors as above. */
enum err second_factor_new_codes(struct ctx *ctx, const struct principal *principal,
                                 const struct second_factor_code *code, struct list *ret_codes) MUST_CHECK;

/*
 * Takes somebody's away without a code, for an ADMIN and for the command line, and ends all sessions of that user.
 * ERR_USER_NOT_FOUND, ERR_SECOND_FACTOR_OFF.
 */
enum err second_factor_remove(struct ctx *ctx, const struct uuid *user) MUST_CHECK;
/* ERR_SECOND_FACTOR when the user has none that is on, by the row itself. One statement. */
enum err second_factor_ask(struct ctx *ctx, int64_t user_id) MUST_CHECK;
/* Removes everything about it of a user who is being deleted. Inside db_run. */
enum err second_factor_forget(struct ctx *ctx, int64_t user_id) MUST_CHECK;

#endif
