/* What the index says is proved on the messages themselves. Private to the folder. */
#ifndef PARLEY_APP_DOMAIN_SEARCH_PROOF_H
#define PARLEY_APP_DOMAIN_SEARCH_PROOF_H

#include "search_walk.h"

enum { PROVED_AT_ONCE = 32 };

/*
 * Adds those of up to PROVED_AT_ONCE messages of a workspace that are hits at this moment, the newest first, until there are
 * limit + 1. Texts that are none cost no memory of the arena. One statement.
 */
enum err search_prove(struct ctx *ctx, const struct search_opts *opts, int64_t workspace_id, const int64_t *ids,
                      size_t count, struct list *found) MUST_CHECK;

#endif
