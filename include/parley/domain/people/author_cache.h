/*
 * Who writes messages, as read last. An entry is a guess: it holds while people_version, which moves with each change of
 * anybody's name, is what it was. Whoever uses one has the statement that does the work give or prove that version, so a
 * new name shows at once on any number of processes. Any thread.
 */
#ifndef PARLEY_DOMAIN_AUTHOR_CACHE_H
#define PARLEY_DOMAIN_AUTHOR_CACHE_H

#include "parley/core/ctx.h"
#include "parley/core/keyed_cache.h"
#include "parley/domain/people/display_name.h"

/* NULL without memory. */
struct keyed_cache *author_cache_new(void);
/* The author, the name in the arena, and the version of all names at which that was read. False: nothing is known. */
bool author_recall(struct ctx *ctx, int64_t user_id, struct message_author *ret_author, int64_t *ret_people_version);
/* people_version: read by the same statement as the author, or before. A very long name is not kept. */
void author_remember(struct ctx *ctx, const struct message_author *author, int64_t people_version);
/* In the transaction that changes a name or erases an account. */
enum err people_touch(struct ctx *ctx) MUST_CHECK;

#endif
