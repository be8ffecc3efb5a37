/*
 * The SHA-256 of files that came in parts, which the store does not know: read once, compared with what was promised. A
 * file that is not the promised one is removed, and its message gets a new version without it. A large file takes minutes,
 * so that it is read in pieces: between two steps the reader remembers how far it has come.
 */
#ifndef PARLEY_DOMAIN_ATTACHMENT_DIGEST_H
#define PARLEY_DOMAIN_ATTACHMENT_DIGEST_H

#include <stdint.h>

#include "parley/core/ctx.h"
#include "parley/core/keepalive.h"

/* One pass over all files without a digest. One thread at a time. */
struct attachment_digest;
struct attachment_digest *attachment_digest_new(void);       /* NULL without memory */
void attachment_digest_free(struct attachment_digest *pass); /* NULL is fine */

struct attachment_digest_opts {
    int64_t until_us;       /* clock_monotonic_us at which the reading pauses; some of the file is read in any case */
    keepalive_fn keepalive; /* called every few hundred KiB; its error ends the reading and is returned */
    void *keepalive_arg;
};

/*
 * Goes on with the file that the last step has left, or reads the next one.
 *   ret_more  false: there is none left
 * ERR_STORAGE: the store is away. A file that the store does not know is passed over: that is for reconciling to tell.
 * After an error the pass is good for attachment_digest_free only. For the job, one at a time.
 */
enum err attachment_digest_step(struct ctx *ctx, struct attachment_digest *pass,
                                const struct attachment_digest_opts *opts, bool *ret_more) MUST_CHECK;

#endif
