/* Whether event streams may stay open: what the hub (live/hub.h) asks. */
#ifndef PARLEY_DOMAIN_STREAM_RIGHTS_H
#define PARLEY_DOMAIN_STREAM_RIGHTS_H

#include <stddef.h>

#include "parley/core/ctx.h"
#include "parley/live/stream_rights.h"

/*
 * Looks at the rows as they are now, never into a cache, and fills in the answers: at most four statements for each 20
 * streams. A stream goes on while its session or key is alive and its user may act; of a workspace while the user is a
 * member who has the second factor that it may ask for; of a chat while the user may read it. `workspaces` of a user's own
 * stream are those of which this holds: malloc'ed, the caller's, also after an error.
 * ERR_DATABASE, ERR_NO_MEMORY. Any thread.
 */
enum err stream_rights_look(struct ctx *ctx, struct stream_check *const *checks, size_t count) MUST_CHECK;

#endif
