/*
 * Setting a new password without the old one, by a link. Whoever forgot it asks with an address; a job looks whose that
 * is and mails a link, so that the asking tells nobody who has an account, neither by the answer nor by its time. An
 * ADMIN can hand a link over where no mail is sent. A link works once, for RESET_LIFE_S. Where a second
 * factor is on it signs nobody in: the next sign-in asks for that as always. Bots and visitors have no password, and whoever is switched off gets
 * none. A new password, however it is set, ends all links.
 *
 * Every function here: any thread; errors besides those named: what db_run returns.
 */
#ifndef PARLEY_DOMAIN_PASSWORD_RESET_H
#define PARLEY_DOMAIN_PASSWORD_RESET_H

#include <stdint.h>

#include "parley/core/ctx.h"
#include "parley/core/ids.h"
#include "parley/core/str.h"
#include "parley/domain/trust/sign_in.h"

/*
 * Somebody without a credential asks for a link by mail. The same statements whether the address is known or not. Where
 * no mail server is set it is only written down in the audit log.
 */
enum err password_reset_ask(struct ctx *ctx, struct str email) MUST_CHECK;
/*
 * The job's side: looks whose the address is for which was asked first, and queues a mail, unless the user has
 * RESETS_OPEN_MAX links already. *ret_count 0: nobody has asked.
 */
enum err password_reset_step(struct ctx *ctx, int64_t *ret_count) MUST_CHECK;

/* For the one it is meant for; told once. In the request arena. */
struct password_reset_link {
    struct str url;
    int64_t expires_us;
};
/*
 * Makes a link for an ADMIN to hand over; earlier ones of the user end. ERR_USER_NOT_FOUND, ERR_USER_INACTIVE,
 * ERR_NO_PASSWORD (not somebody who signs in), ERR_KEY_BOUNDS (for a bounded key, whoever the user is).
 */
enum err password_reset_issue(struct ctx *ctx, const struct uuid *user,
                              struct password_reset_link *ret_link) MUST_CHECK;

/*
 * Sets the password of the user whom the token is for, and ends all their sessions, sign-ins under way and links. Of many
 * at once exactly one succeeds. ERR_RESET (unknown, used, expired, ended, or the user switched off), ERR_PASSWORD_RULES,
 * ERR_BUSY. no connection may be checked out.
 *   origin      where the session comes from that begins with it; NULL: none begins
 *   ret_result  without tokens where nobody was signed in
 */
enum err password_reset_redeem(struct ctx *ctx, struct str token, struct str password,
                               const struct session_origin *origin, struct sign_in_result *ret_result) MUST_CHECK;

/* Deletes rows of links that have expired, at most `limit`; *ret_count: how many. For the clean-up job. */
enum err password_reset_expire(struct ctx *ctx, int64_t limit, int64_t *ret_count) MUST_CHECK;

#endif
