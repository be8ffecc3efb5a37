/*
 * Renewing a session (RFC 9700 §4.14.2: rotation). One conditional UPDATE decides, so of many at once one renews; for
 * REFRESH_GRACE_S the others, and later tabs, get the same successor again. What is older was stolen or lost: its use ends
 * the session.
 *
 * Both return ERR_OK, ERR_TOKEN, ERR_NO_MEMORY, or what db_run does.
 */
#ifndef PARLEY_DOMAIN_SESSION_REFRESH_H
#define PARLEY_DOMAIN_SESSION_REFRESH_H

#include "parley/core/ctx.h"
#include "parley/core/str.h"
#include "parley/domain/trust/session_token.h"

/* Takes a refresh token for a new pair. */
enum err session_refresh(struct ctx *ctx, struct str refresh_token, struct session_tokens *ret_tokens) MUST_CHECK;
/* Takes the value of a browser's cookie for the next one and an access token. */
enum err session_refresh_cookie(struct ctx *ctx, struct str cookie, struct session_tokens *ret_tokens) MUST_CHECK;

#endif
