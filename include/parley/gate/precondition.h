/*
 * Versions of rows as entity tags (RFC 9110 §8.8, §13): ETag "v<version>", If-Match for writers, If-None-Match for
 * readers. Tags are strong and compared as such; weak ones (W/) count for If-None-Match only.
 */
#ifndef PARLEY_GATE_PRECONDITION_H
#define PARLEY_GATE_PRECONDITION_H

#include <stdint.h>

#include "parley/core/ctx.h"
#include "parley/gate/route.h"

/*
 * If-Match against the row's present version, for PUT, PATCH and DELETE. Without the header, and with `*`: ERR_OK. It is
 * a first look only: where two writers may meet, the UPDATE names the version too (precondition_version).
 * Returns ERR_OK, ERR_PRECONDITION (412), or ERR_BAD_REQUEST for a header that is no list of tags.
 */
enum err precondition_check(struct ctx *ctx, const struct call *call, int64_t version) MUST_CHECK;

/*
 * The version that If-Match names, for `WHERE version = ?`; 0 when the request names none (no header, `*`, or several
 * tags: check those with precondition_check inside the transaction). Errors: ERR_BAD_REQUEST, and ERR_PRECONDITION for a
 * single tag that can be no version of ours.
 */
enum err precondition_version(struct ctx *ctx, const struct call *call, int64_t *ret_version) MUST_CHECK;

/* What precondition_reply found. */
enum freshness { FRESHNESS_SEND, FRESHNESS_NOT_MODIFIED };

/*
 * Puts ETag and `Cache-Control: private, no-cache` into the reply. FRESHNESS_NOT_MODIFIED: If-None-Match names this
 * version; the reply is a complete 304 then and the handler returns ERR_OK without writing a body.
 */
enum freshness precondition_reply(struct ctx *ctx, const struct call *call, int64_t version, struct reply *reply);

#endif
