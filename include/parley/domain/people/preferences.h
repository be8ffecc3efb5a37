/*
 * What an app keeps for its person between devices: one object of JSON, whose members mean nothing here. It goes with the
 * account.
 *
 * Errors of all functions, besides those named: what db_run and db_one return.
 */
#ifndef PARLEY_DOMAIN_PREFERENCES_H
#define PARLEY_DOMAIN_PREFERENCES_H

#include <stdint.h>

#include "parley/core/ctx.h"
#include "parley/core/str.h"

struct preferences {
    struct str text; /* JSON, an object; {} where nothing was kept yet. In the request arena */
    int64_t version; /* moves with each change; 1 where nothing was kept yet */
};

/* One statement. */
enum err preferences_get(struct ctx *ctx, int64_t user_id, struct preferences *ret_preferences) MUST_CHECK;
/*
 * Puts an object into the place of what was kept.
 *   text        JSON, an object of at most PREFERENCES_MAX_BYTES; the caller has looked
 *   if_version  0: whatever was there
 * ERR_PRECONDITION: another version was there; ERR_USER_NOT_FOUND: the account has gone meanwhile.
 */
enum err preferences_put(struct ctx *ctx, int64_t user_id, struct str text, int64_t if_version,
                         struct preferences *ret_preferences) MUST_CHECK;
/* Inside the db_run that deletes an account. */
enum err preferences_forget(struct ctx *ctx, int64_t user_id) MUST_CHECK;

#endif
