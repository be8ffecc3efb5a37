/* Using an API key (domain/trust/api_key.h) as the credential of a request. */
#ifndef PARLEY_DOMAIN_API_KEY_USE_H
#define PARLEY_DOMAIN_API_KEY_USE_H

#include "parley/core/ctx.h"
#include "parley/core/str.h"
#include "parley/domain/record/principal.h"

/*
 * Who acts with this key: its owner, in its workspace, within its scopes. Remembered for CACHE_MAX_MS per key and
 * address; then one statement and no allocation. Its last use is written down every API_KEY_TOUCH_S; that a key was
 * refused goes into the audit log as often.
 *   text  the key as it was sent, any bytes, any length; found by its SHA-256
 * ERR_KEY: unknown, switched off, or nobody to act for (the owner is switched off or gone, is no longer a member of its
 * workspace, or that is gone). ERR_KEY_EXPIRED, ERR_KEY_ADDRESS (ctx->ip is not in its list). Any thread.
 */
enum err api_key_authenticate(struct ctx *ctx, struct str text, struct principal *ret_principal) MUST_CHECK;

#endif
