/*
 * The SHA-256 of files that came in parts, which the store does not know: read once, compared with what was promised. A
 * file that is not the promised one is removed, and its message gets a new version without it.
 */
#ifndef PARLEY_DOMAIN_ATTACHMENT_DIGEST_H
#define PARLEY_DOMAIN_ATTACHMENT_DIGEST_H

#include <stdint.h>

#include "parley/core/ctx.h"
#include "parley/core/keepalive.h"

/*
 * Reads the next file without a digest behind integer key after_id.
 *   keepalive      called every few hundred KiB; its error ends the reading and is returned
 *   ret_id     its key, to go on behind; 0: there is none
 * ERR_STORAGE: the store is away. A file that the store does not know is passed over: that is for reconciling to tell.
 * For the job, one at a time.
 */
enum err attachment_digest_step(struct ctx *ctx, int64_t after_id, keepalive_fn keepalive, void *keepalive_arg,
                                int64_t *ret_id) MUST_CHECK;

#endif
