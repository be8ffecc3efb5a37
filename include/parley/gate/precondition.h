/*
 * Entity tags (RFC 9110 §8.8, §13). The gate gives one to every answer whose handler sets reply->version: JSON that names
 * one thing has the tag "v<version>-<hash of the body>", so it moves with the row and with whatever else the body shows (a
 * renamed author, a digest that was computed). Readers (If-None-Match) are compared with all of it, writers (If-Match) with
 * the version only: a writer is late when somebody else has changed the thing, not when its author got a new name. A proxy
 * that compresses makes our tags weak (W/"…"); those count as ours for both. An answer in pieces has the tag "v<version>"
 * alone, good for If-Match and never fresh: it goes out before all of its body is known.
 */
#ifndef PARLEY_GATE_PRECONDITION_H
#define PARLEY_GATE_PRECONDITION_H

#include <stdint.h>

#include "parley/core/ctx.h"
#include "parley/gate/route.h"

/*
 * If-Match against the row's present version, for PUT, PATCH and DELETE. Without the header, and with `*`: ERR_OK. It is
 * a first look only: where two writers may meet, the UPDATE names the version too.
 * Returns ERR_OK, ERR_PRECONDITION (412), or ERR_BAD_REQUEST for a header that is no list of tags.
 */
enum err precondition_check(struct ctx *ctx, const struct call *call, int64_t version) MUST_CHECK;

/* Does If-None-Match of a GET or HEAD name the tag (without its quotes), or `*`? The answer is 304 then. */
bool precondition_is_fresh(const struct call *call, struct str tag);

/*
 * For the gate, after the handler: where reply->version is set, ETag and `Cache-Control: private, no-cache`, and the
 * whole answer becomes a 304 where the client has it already.
 */
void precondition_reply(struct ctx *ctx, const struct call *call, struct reply *reply);

#endif
