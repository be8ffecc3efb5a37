/*
 * Changing, replacing and ending API keys (domain/trust/api_key.h). What is changed counts at once in this process, in others
 * within CACHE_MAX_MS. No change leaves the server without a working administrator (domain/people/administrator.h).
 *
 * Every function here: any thread; errors besides those named: what db_run returns.
 */
#ifndef PARLEY_DOMAIN_API_KEY_CHANGE_H
#define PARLEY_DOMAIN_API_KEY_CHANGE_H

#include "parley/core/ctx.h"
#include "parley/core/str.h"
#include "parley/domain/trust/api_key.h"

/* What is changed, as bits of api_key_change.what. */
enum api_key_change_what {
    API_KEY_CHANGE_NAME = 1,
    API_KEY_CHANGE_DESCRIPTION = 2,
    API_KEY_CHANGE_SCOPES = 4,
    API_KEY_CHANGE_ACTIVE = 8,
    API_KEY_CHANGE_EXPIRY = 16,
    API_KEY_CHANGE_IPS = 32,
};
struct api_key_change {
    unsigned what;
    struct str name, description; /* as in struct api_key_new */
    unsigned scopes;
    bool is_active; /* from false to true: that the key was replaced is forgotten */
    int64_t expires_us;
    struct str allowed_ips;
};
/*
 * ERR_KEY_NOT_FOUND, ERR_INVALID (as for api_key_create), ERR_KEY_BOUNDS, ERR_KEY_IN_USE (a key that switches itself off),
 * ERR_LAST_ADMIN. What is the same as before is no change and not audited.
 */
enum err api_key_change(struct ctx *ctx, int64_t id, const struct api_key_change *change,
                        struct api_key *ret_key) MUST_CHECK;
/* Switches off; a key that is off stays off. ERR_KEY_NOT_FOUND, ERR_KEY_IN_USE, ERR_LAST_ADMIN. */
enum err api_key_deactivate(struct ctx *ctx, int64_t id, struct api_key *ret_key) MUST_CHECK;
/* The row goes; what the audit log says of it stays. ERR_KEY_NOT_FOUND, ERR_KEY_IN_USE, ERR_LAST_ADMIN. */
enum err api_key_delete(struct ctx *ctx, int64_t id) MUST_CHECK;

/*
 * Makes a key with the same owner, workspace, description, scopes, expiry and addresses, named "<name> (rotated)" (cut
 * where it would be too long), and ends the old one: at once, or lets it expire grace_s seconds later. Of many at once
 * exactly one does.
 *   prefix   of the new key
 *   grace_s  0 … API_KEY_GRACE_MAX_S
 * ERR_KEY_NOT_FOUND; ERR_KEY_BOUNDS; ERR_KEY_OVER: switched off, expired, or replaced already.
 */
enum err api_key_rotate(struct ctx *ctx, int64_t id, enum api_key_prefix prefix, int64_t grace_s,
                        struct api_key_made *ret_made) MUST_CHECK;

/* Switches off all keys that have expired; *ret_count: how many. One audit row where there were any. */
enum err api_key_cleanup(struct ctx *ctx, int64_t *ret_count) MUST_CHECK;

/*
 * Deletes the keys that act for a user whose account is being deleted. Inside that transaction, under
 * administrator_lock.
 */
enum err api_key_forget_user(struct ctx *ctx, int64_t user_id) MUST_CHECK;
/* Tells open streams that no key of the user is good any more. Inside the transaction that made it so. */
enum err api_key_tell_user(struct ctx *ctx, int64_t user_id) MUST_CHECK;

#endif
