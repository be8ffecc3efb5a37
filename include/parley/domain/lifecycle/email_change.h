/*
 * Another mail address for an account. Its owner asks for it with the password or a fresh code; a link is mailed to the new
 * address, a notice to the present one, and the account has the new address once the link is used: so nobody takes an
 * address that is not theirs. The answer is the same, after the same statements, where another account has that address; its
 * owner is told of it by mail instead. ADMINs and the command line change an address at once (domain/lifecycle/user_change.h).
 *
 * Sign-in sessions stay, open invitations to the old address go to the new one, links that were mailed to the old one end,
 * and whoever reads there gets a notice, where mail is sent. A link works once, for EMAIL_CHANGE_LIFE_S; it ends with a new
 * password, and when the account is switched off.
 *
 * Every function here: any thread; errors besides those named: what db_run returns.
 */
#ifndef PARLEY_DOMAIN_EMAIL_CHANGE_H
#define PARLEY_DOMAIN_EMAIL_CHANGE_H

#include <stdint.h>

#include "parley/core/ctx.h"
#include "parley/core/str.h"
#include "parley/domain/people/user.h"
#include "parley/domain/trust/second_factor_code.h"

/* What the owner sends. One of password, code.code and code.recovery_code is there. Texts are borrowed. */
struct email_change_ask {
    struct str email; /* sane */
    struct str password;
    struct second_factor_code code;
};
/*
 * Asks for a link to another address of the caller's account. ERR_MAIL_OFF (no mail server is set), ERR_INVALID (not
 * exactly one proof, or the account has that address), ERR_PASSWORD_WRONG, ERR_CODE_REFUSED, ERR_LOCKED,
 * ERR_SECOND_FACTOR_OFF, ERR_LIMIT (EMAIL_CHANGES_OPEN_MAX links are open), ERR_BUSY. No connection may be checked out.
 */
enum err email_change_ask(struct ctx *ctx, const struct principal *principal,
                          const struct email_change_ask *ask) MUST_CHECK;

/*
 * Gives the account the address that the link was mailed to. Of many at once exactly one succeeds. ERR_EMAIL_CHANGE
 * (unknown, used, expired, ended, or the user switched off), ERR_EMAIL_TAKEN (another account has it by now; whoever has
 * the link reads the mail there, so this tells them nothing new).
 */
enum err email_change_confirm(struct ctx *ctx, struct str token) MUST_CHECK;

/* Who wants it, for the audit log: whoever acts, or somebody who had a link. */
enum email_change_by { EMAIL_CHANGE_BY_ACTOR, EMAIL_CHANGE_BY_LINK };
/*
 * Inside db_run, the user's row locked: gives it the address, with all that follows from it; *user becomes as its row is
 * then. email: normalised. ERR_EMAIL_TAKEN.
 */
enum err email_change_apply(struct ctx *ctx, struct user *user, struct str email, enum email_change_by by) MUST_CHECK;

/* Deletes rows of links that have expired, at most `limit`; *ret_count: how many. For the clean-up job. */
enum err email_change_expire(struct ctx *ctx, int64_t limit, int64_t *ret_count) MUST_CHECK;

#endif
